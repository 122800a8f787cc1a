//! The demonstration service, with every flag of a service.

use std::process::ExitCode;

fn main() -> ExitCode {
    soa_server::main(async |_settings| Ok(soa_server::demo::service()))
}
