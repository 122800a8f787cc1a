//! The main job in one process: a service is started, called in every way, and answers and errors are printed.
//!
//! It uses the local transport, so it needs no Redis: `cargo run -p quickstart`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod service;

use std::error::Error;

use serde_json::json;
use soa_client::{ActionResponse, CallError, Client};
use soa_server::LocalTransport;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::builder().transport("numbers", LocalTransport::new(service::numbers()?)).build()?;

    println!("call_action: one action");
    let answer = client.call_action("numbers", "square", json!({"number": 7})).await?;
    show("square 7", &answer);

    println!("\ncall: one action, typed");
    let squared: service::Squared = client.call("numbers", "square", &service::Number { number: 12 }).await?;
    println!("  square 12    → the number {}", squared.square);

    println!("\ncall_actions: several actions in one job, run in order");
    let actions = [("square", json!({"number": 3})), ("root", json!({"number": 81}))];
    for answer in client.call_actions("numbers", actions).await?.actions {
        show(&answer.action, &answer);
    }

    println!("\ncall_actions_parallel: a job each, at the same time, answers in the order of the calls");
    let actions = (1..=5).map(|number| ("square", json!({"number": number})));
    for (number, answer) in (1..).zip(client.call_actions_parallel("numbers", actions).await?) {
        show(&format!("square {number}"), &answer);
    }

    println!("\nerrors");
    for (action, body) in
        [("root", json!({"number": -4})), ("square", json!({"number": "seven"})), ("cube", json!({"number": 2}))]
    {
        match client.call_action("numbers", action, body).await {
            Ok(answer) => show(action, &answer),
            Err(error @ CallError::Action { .. }) => println!("  {error}"),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn show(what: &str, answer: &ActionResponse) {
    println!("  {what:<12} → {}", soa_common::json::to_json(&answer.body.to_value()));
}
