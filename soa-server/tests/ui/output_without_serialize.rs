use soa_server::{ActionError, Service};

struct Receipt;

async fn order(_: ()) -> Result<Receipt, ActionError> {
    Ok(Receipt)
}

fn main() {
    let _ = Service::builder("shop").action("order", order);
}
