//! For tests of code that calls services: [`Stubs`] answer in their place, without Redis and without a server.
//!
//! A stub is handed to the code under test as part of a client. Nothing is patched globally, so tests may run at the
//! same time.
//!
//! ```
//! use serde_json::json;
//! use soa_client::{CallError, Client};
//! use soa_test::Stubs;
//!
//! async fn greeting(client: &Client, user_id: u64) -> Result<String, CallError> {
//!     let user = client.call_action("users", "get_user", json!({"user_id": user_id})).await?;
//!     let name = user.body.get("name").unwrap_or_default();
//!     Ok(format!("Hello, {}!", name.as_str().unwrap_or("stranger")))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), CallError> {
//! let stubs = Stubs::new();
//! let get_user = stubs.action("users", "get_user").returns(json!({"name": "Ada"}));
//! assert_eq!(greeting(&stubs.client(), 7).await?, "Hello, Ada!");
//! get_user.assert_called_once_with(json!({"user_id": 7}));
//! # Ok(())
//! # }
//! ```
//!
//! Real servers for tests (Redis, PySOA) are in [`fixtures`].

mod action;
mod stubs;

pub use action::{StubAction, StubCall};
pub use soa_fixtures as fixtures;
pub use stubs::{StubTransport, Stubs};
