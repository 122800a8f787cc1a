use soa_server::{ActionError, Service};

#[derive(serde::Deserialize)]
struct Order {}

async fn order(_: Order) -> Result<(), ActionError> {
    Ok(())
}

fn main() {
    let _ = Service::builder("shop").action("order", order);
}
