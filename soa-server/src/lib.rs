//! Services that answer PySOA calls, written in Rust.
//!
//! A [`Service`] is a set of named actions; an action is an `async fn` from an input to an output. Their types say how bodies
//! are decoded and encoded (serde) and what they must look like ([`schemars`]):
//!
//! ```
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//! use soa_client::Client;
//! use soa_server::{ActionContext, ActionError, LocalTransport, Service};
//!
//! struct App {
//!     limit: u64,
//! }
//!
//! /// Squares a number.
//! #[derive(Deserialize, Serialize, JsonSchema)]
//! struct Square {
//!     number: i64,
//! }
//!
//! #[derive(Deserialize, Serialize, JsonSchema)]
//! struct Squared {
//!     square: i64,
//! }
//!
//! async fn square(ctx: ActionContext<App>, input: Square) -> Result<Squared, ActionError> {
//!     if ctx.state().limit < input.number.unsigned_abs() {
//!         return Err(ActionError::new("TOO_LARGE", "The number is too large").field("number"));
//!     }
//!     Ok(Squared { square: input.number * input.number })
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let service = Service::builder("square").state(App { limit: 1_000 }).action("square", square).build()?;
//!
//! // Client and service in one process; no Redis takes part.
//! let client = Client::builder().transport("square", LocalTransport::new(service)).build()?;
//! let squared: Squared = client.call("square", "square", &Square { number: 7 }).await?;
//! assert_eq!(squared.square, 49);
//! # Ok(())
//! # }
//! ```
//!
//! A request is checked against the schema of its action before it is decoded, and its caller told all that is wrong with
//! it at once; see [`Schema::of`] for what types become. [`Definition`] adds rules and hand-built schemas to a function,
//! [`ServiceBuilder::switched`] chooses between versions of an action, and [`ServiceBuilder::check`] adds to what the
//! built-in action `status` tells. `docs/writing-a-service.md` is the guide to all of this.
//!
//! A job passes through the validation of its shape, the job level of [`Middleware`], and for each action the action
//! level and the action itself: `docs/protocol.md`, section 5.

pub mod schema;

mod action;
mod error;
#[cfg(feature = "garde")]
pub mod garde;
mod harakiri;
mod hooks;
mod middleware;
mod panics;
mod until;
mod watch;

mod job_schema;
mod pipeline;
mod service;

mod background;
mod local;

mod systemd;
mod worker;

mod prefork;

mod cli;
mod logging;
mod settings;

mod app;
pub mod demo;

pub use action::{
    Action, ActionContext, ActionInfo, Definition, Health, IntoAction, LocalCall, SchemaFormat, Switched,
    SwitchedBuilder, Switches,
};
#[doc(hidden)]
pub use action::{
    ActionArguments, ActionFuture, ActionInput, ActionOutcome, ActionOutput, Defined, ErasedAction, Function, Ruled,
    Validated,
};
pub use app::{BoxError, Main, main};
#[doc(hidden)]
pub use background::{DynTaskMiddleware, TaskLevel};
pub use background::{Task, TaskMiddleware, TaskNext, TaskResult};
pub use error::{ActionError, JobError};
pub use harakiri::Harakiri;
pub use hooks::{HookResult, Hooks};
pub use local::LocalTransport;
pub use logging::log_to_stderr;
#[doc(hidden)]
pub use middleware::{ActionLevel, DynMiddleware, JobLevel};
pub use middleware::{ActionNext, ActionResult, Call, Job, JobNext, JobResult, Middleware};
pub use schema::Schema;
pub use schemars;
pub use service::{BuildError, JobInfo, Service, ServiceBuilder};
pub use settings::{ServerSettings, TransportSettings};
pub use worker::{DrainExceeded, serve};

/// The programs of the README, compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// The programs of the guide.
#[cfg(doctest)]
#[doc = include_str!("../../docs/writing-a-service.md")]
struct WritingAService;
