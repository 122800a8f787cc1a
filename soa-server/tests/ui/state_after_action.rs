use soa_server::{ActionContext, ActionError, Service};

struct App;

async fn order(_: ActionContext<App>, _: ()) -> Result<(), ActionError> {
    Ok(())
}

fn main() {
    let _ = Service::builder("shop").action("order", order).state(App);
}
