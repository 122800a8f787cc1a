//! Services that answer PySOA calls.

pub mod schema;

mod action;
mod error;
mod middleware;
mod panics;

mod job_schema;
mod pipeline;
mod service;

mod local;

mod settings;

pub use action::{
    Action, ActionContext, ActionInfo, Definition, IntoAction, LocalCall, Switched, SwitchedBuilder, Switches,
};
#[doc(hidden)]
pub use action::{ErasedAction, OfContext, OfDefinition, OfInput, OfType, Registration};
pub use error::{ActionError, JobError};
pub use local::LocalTransport;
#[doc(hidden)]
pub use middleware::{ActionLevel, DynMiddleware, JobLevel};
pub use middleware::{ActionNext, ActionResult, Call, Job, JobNext, JobResult, Middleware};
pub use schema::Schema;
pub use service::{BuildError, JobInfo, Service, ServiceBuilder};
pub use settings::{Harakiri, ServerSettings, TransportSettings};
