use soa_server::{ActionError, Service};

fn order(_: ()) -> Result<(), ActionError> {
    Ok(())
}

fn main() {
    let _ = Service::builder("shop").action("order", order);
}
