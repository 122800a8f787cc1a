//! Code that calls a service, and its tests, which need no service: see `tests/greeting.rs`.

use serde::Deserialize;
use serde_json::json;
use soa_client::{CallError, Client};

#[derive(Deserialize)]
struct User {
    name: String,
}

/// Greets a user of the service `users` by name.
///
/// # Errors
/// When the service does not answer or has no such user.
pub async fn greeting(client: &Client, user_id: u64) -> Result<String, CallError> {
    let user: User = client.call("users", "get_user", json!({"user_id": user_id})).await?;
    Ok(format!("Hello, {}!", user.name))
}
