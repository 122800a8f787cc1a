//! An async client for services that speak the PySOA 1.4.9 wire protocol, written in Rust or in Python.
//!
//! A [`Client`] is cheap to clone and shared by all tasks of a process. Each of its methods gives a [`Call`]: a builder
//! that takes options and that runs when it is awaited. There is no special form for calls in parallel: calls are
//! futures, to be joined, raced, spawned and dropped like any other.
//!
//! ```
//! # use futures_util::future::{BoxFuture, FutureExt};
//! # use soa_client::{ActionResponse, Body, Client, JobResponse};
//! # use soa_common::transport::{ClientRequest, ClientTransport, PendingResponse, TransportError};
//! # struct Squares;
//! # impl ClientTransport for Squares {
//! #     fn send(&self, request: ClientRequest) -> BoxFuture<'_, Result<PendingResponse, TransportError>> {
//! #         let number = request.job.actions[0].body.get("number").unwrap().as_i64().unwrap();
//! #         let body = Body::encode(&serde_json::json!({"square": number * number})).unwrap();
//! #         let action = ActionResponse { action: "square".into(), body, ..Default::default() };
//! #         let response = JobResponse { actions: vec![action], ..Default::default() };
//! #         async { Ok(PendingResponse::new(async { Ok(response) })) }.boxed()
//! #     }
//! # }
//! use std::time::Duration;
//!
//! #[derive(serde::Serialize)]
//! struct Square {
//!     number: i64,
//! }
//! #[derive(serde::Deserialize)]
//! struct Squared {
//!     square: i64,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let client = Client::builder().transport("square", Squares).build()?;
//! let nine: Squared = client.call("square", "square", &Square { number: 3 }).await?;
//! assert_eq!(nine.square, 9);
//!
//! let response = client
//!     .call_action("square", "square", serde_json::json!({"number": 4}))
//!     .timeout(Duration::from_secs(2))
//!     .switches([7])
//!     .await?;
//! assert_eq!(response.body.get("square"), Some(16.into()));
//! # Ok(())
//! # }
//! ```

mod builder;
mod client;

pub mod call;
mod headers;
mod job;

mod handler;
mod middleware;

mod error;
mod settings;

pub use builder::{BuildError, ClientBuilder};
pub use call::Call;
pub use client::Client;
pub use error::CallError;
pub use job::IntoAction;
pub use middleware::{
    ClientMiddleware, ExpectedResponse, OutgoingRequest, RequestLevel, RequestNext, ResponseLevel, ResponseNext,
};
pub use settings::{ClientSettings, TransportSettings};

pub use soa_common::transport::{TransportError, TransportErrorKind, redis::RedisSettings};
pub use soa_common::{ActionRequest, ActionResponse, Body, Context, Control, Error, IntoBody, JobResponse, Map, Value};
