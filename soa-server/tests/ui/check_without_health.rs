use soa_server::{ActionContext, ActionError, Service};

async fn database(_: ActionContext) -> Result<(), ActionError> {
    Ok(())
}

fn main() {
    let _ = Service::builder("shop").check("database", database);
}
