use std::rc::Rc;

use soa_server::{ActionError, Service};

async fn order(_: ()) -> Result<(), ActionError> {
    let count = Rc::new(1);
    std::future::ready(()).await;
    drop(count);
    Ok(())
}

fn main() {
    let _ = Service::builder("shop").action("order", order);
}
