//! `soa call`

use crate::{args::CallArgs, ask::ask, failure::Failure, input, output};

pub(crate) fn run(args: CallArgs) -> Result<(), Failure> {
    let body = input::body(&args.body)?;
    let json = args.options.json;
    output::body(&ask(&args.service, &args.action, body, args.options)?, json)
}
