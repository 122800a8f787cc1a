use soa_server::{Action, ActionContext, ActionError, Service};

struct App;

struct Order;

impl Action<App> for Order {
    type Input = ();
    type Output = ();

    async fn run(&self, _: ActionContext<App>, _: ()) -> Result<(), ActionError> {
        Ok(())
    }
}

fn main() {
    let _ = Service::builder("shop").action("order", Order);
}
