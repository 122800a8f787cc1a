//! A service that calls a service: `greeting` asks `users` for a name, with the context of its own request.
//!
//! Both run in this process over the local transport, as they would over Redis: `cargo run -p chained`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use soa_client::Client;
use soa_server::{ActionContext, ActionError, LocalTransport, Service};

#[derive(Deserialize, Serialize, JsonSchema)]
struct Id {
    user_id: u64,
}

#[derive(Deserialize, Serialize, JsonSchema)]
struct User {
    name: String,
    /// The services this request came through, as its context says.
    asked_by: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Greeting {
    text: String,
}

async fn get_user(context: ActionContext<()>, input: Id) -> Result<User, ActionError> {
    let asked_by = context.context().calling_service().map(str::to_owned);
    match input.user_id {
        7 => Ok(User { name: "Ada".to_owned(), asked_by }),
        _ => Err(ActionError::new("NOT_FOUND", "No such user").field("user_id")),
    }
}

async fn greet(context: ActionContext<()>, input: Id) -> Result<Greeting, ActionError> {
    let user: User = context.client().call("users", "get_user", &input).await?;
    let asked_by = user.asked_by.unwrap_or_default();
    Ok(Greeting { text: format!("Hello, {}! (users was asked by {asked_by})", user.name) })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let users = Service::builder("users").action("get_user", get_user).build()?;
    let to_users = Client::builder().transport("users", LocalTransport::new(users)).build()?;
    let greeting = Service::builder("greeting").client(to_users).action("greet", greet).build()?;

    let client = Client::builder().transport("greeting", LocalTransport::new(greeting)).build()?;
    for user_id in [7, 8] {
        match client.call_action("greeting", "greet", json!({"user_id": user_id})).await {
            Ok(answer) => println!("{user_id}: {}", answer.body),
            Err(error) => println!("{user_id}: {error}"),
        }
    }
    Ok(())
}
