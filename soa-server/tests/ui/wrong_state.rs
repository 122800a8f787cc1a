use soa_server::{ActionContext, ActionError, Service};

struct App;

struct Other;

async fn order(_: ActionContext<Other>, _: ()) -> Result<(), ActionError> {
    Ok(())
}

fn main() {
    let _ = Service::builder("shop").state(App).action("order", order);
}
