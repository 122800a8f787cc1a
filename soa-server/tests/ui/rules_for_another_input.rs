use soa_common::{Body, Map};
use soa_server::{ActionError, Definition, Service};

async fn order(_: Body) -> Result<(), ActionError> {
    Ok(())
}

fn rules(_: &Map) -> Result<(), ActionError> {
    Ok(())
}

fn main() {
    let _ = Service::builder("shop").action("order", Definition::of(order).validate(rules));
}
