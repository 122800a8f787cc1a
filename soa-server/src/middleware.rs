//! Server middleware: wraps jobs and actions.

use std::{future::Future, sync::Arc};

use futures_util::future::BoxFuture;
use soa_client::Client;
use soa_common::{
    ActionRequest, ActionResponse, Body, Context, Control, JobResponse,
    middleware::{Level, Next},
};
use tokio::time::Instant;

use crate::{ActionContext, ActionError, JobError, Service};

/// Wraps the jobs of a service, its actions, or both. The first one given to the builder is the outermost.
///
/// Each method gets what goes in and what stands below; without [`Next::run`] nothing below happens. An error that
/// reaches the top becomes the response's errors; so does a panic.
///
/// ```
/// use soa_server::{ActionNext, ActionResult, Call, Middleware};
///
/// struct Timing;
///
/// impl Middleware for Timing {
///     async fn action(&self, call: Call, next: ActionNext<'_>) -> ActionResult {
///         let (name, start) = (call.ctx.action().to_owned(), std::time::Instant::now());
///         let result = next.run(call).await;
///         tracing::info!(action = name, elapsed = ?start.elapsed(), ok = result.is_ok());
///         result
///     }
/// }
/// ```
pub trait Middleware: Send + Sync + 'static {
    /// Wraps a whole job, after it was found valid.
    fn job(&self, job: Job, next: JobNext<'_>) -> impl Future<Output = JobResult> + Send {
        next.run(job)
    }

    /// Wraps one action, known to exist; its body is not checked yet.
    fn action(&self, call: Call, next: ActionNext<'_>) -> impl Future<Output = ActionResult> + Send {
        next.run(call)
    }
}

/// What comes out of a job.
pub type JobResult = Result<JobResponse, JobError>;

/// What comes out of an action.
pub type ActionResult = Result<ActionResponse, ActionError>;

/// What job middleware wraps.
pub type JobNext<'a> = Next<'a, JobLevel>;

/// What action middleware wraps.
pub type ActionNext<'a> = Next<'a, ActionLevel>;

/// A job on its way to its actions. Middleware may change it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Job {
    /// How to run the job.
    pub control: Control,
    /// What travels along the chain of calls.
    pub context: Context,
    /// The actions, in order.
    pub actions: Vec<ActionRequest>,
    pub(crate) service: Service,
    pub(crate) request_id: Arc<str>,
    pub(crate) deadline: Option<Instant>,
}

/// An action on its way to its code. Middleware may change it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Call {
    /// What the action knows besides its body.
    pub ctx: ActionContext,
    /// The body of the request.
    pub body: Body,
}

impl Job {
    /// The id of the request, for logs.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// When the caller stops waiting, if it says so.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The service the job is for.
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// The service's client, for calls that belong to this job; see [`ActionContext::client`].
    #[must_use]
    pub fn client(&self) -> Client {
        self.service.client(&self.context, &self.control, self.deadline)
    }
}

/// The level of jobs.
#[derive(Debug)]
pub struct JobLevel;

/// The level of actions.
#[derive(Debug)]
pub struct ActionLevel;

impl Level for JobLevel {
    type Request = Job;
    type Response = JobResult;
    type Middleware = dyn DynMiddleware;

    fn call<'a>(middleware: &'a dyn DynMiddleware, job: Job, next: JobNext<'a>) -> BoxFuture<'a, JobResult> {
        middleware.dyn_job(job, next)
    }
}

impl Level for ActionLevel {
    type Request = Call;
    type Response = ActionResult;
    type Middleware = dyn DynMiddleware;

    fn call<'a>(middleware: &'a dyn DynMiddleware, call: Call, next: ActionNext<'a>) -> BoxFuture<'a, ActionResult> {
        middleware.dyn_action(call, next)
    }
}

/// The twin of [`Middleware`] that can be a trait object; one object serves both levels.
#[doc(hidden)]
pub trait DynMiddleware: Send + Sync {
    fn dyn_job<'a>(&'a self, job: Job, next: JobNext<'a>) -> BoxFuture<'a, JobResult>;
    fn dyn_action<'a>(&'a self, call: Call, next: ActionNext<'a>) -> BoxFuture<'a, ActionResult>;
}

impl<M: Middleware> DynMiddleware for M {
    fn dyn_job<'a>(&'a self, job: Job, next: JobNext<'a>) -> BoxFuture<'a, JobResult> {
        Box::pin(self.job(job, next))
    }

    fn dyn_action<'a>(&'a self, call: Call, next: ActionNext<'a>) -> BoxFuture<'a, ActionResult> {
        Box::pin(self.action(call, next))
    }
}
