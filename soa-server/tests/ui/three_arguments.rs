use soa_server::{ActionContext, ActionError, Service};

async fn order(_: ActionContext, _: (), _: ()) -> Result<(), ActionError> {
    Ok(())
}

fn main() {
    let _ = Service::builder("shop").action("order", order);
}
