use soa_common::Body;
use soa_server::{ActionContext, ActionError, Service};

async fn order(_: Body, _: ActionContext) -> Result<(), ActionError> {
    Ok(())
}

fn main() {
    let _ = Service::builder("shop").action("order", order);
}
