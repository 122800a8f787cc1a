use soa_server::Service;

async fn order(_: ()) -> Result<(), String> {
    Ok(())
}

fn main() {
    let _ = Service::builder("shop").action("order", order);
}
