//! Background work of jobs: tasks that go on when their job was answered, and the middleware round them.

mod running;

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::future::BoxFuture;
use soa_client::Client;
use soa_common::{
    Context, Control,
    middleware::{self, Level, Next},
};
use tracing::{Instrument, Span, error};

pub(crate) use self::running::Tasks;
use crate::{ActionContext, ActionError, Job, Service, ServiceBuilder, panics, watch::Beside};

/// Wraps the background tasks of a service: the original's coroutine middleware. The first one given to the builder is
/// the outermost.
///
/// ```
/// use soa_server::{Task, TaskMiddleware, TaskNext, TaskResult};
///
/// struct Timing;
///
/// impl TaskMiddleware for Timing {
///     async fn task(&self, task: Task, next: TaskNext<'_>) -> TaskResult {
///         let start = std::time::Instant::now();
///         let result = next.run(task).await;
///         tracing::info!(elapsed = ?start.elapsed(), ok = result.is_ok(), "background task");
///         result
///     }
/// }
/// ```
pub trait TaskMiddleware: Send + Sync + 'static {
    /// Runs where the task is spawned, before `spawn` returns: the original's `before_run_coroutine`. A panic is one of
    /// the action that spawns, and the task does not run.
    fn before_spawn(&self, task: &mut Task) {
        let _ = task;
    }

    /// Wraps the task. Without [`Next::run`] it does not run at all. It can run once only: what is run again gives an
    /// error.
    fn task(&self, task: Task, next: TaskNext<'_>) -> impl Future<Output = TaskResult> + Send {
        next.run(task)
    }
}

/// What comes out of a background task. Nobody gets it but middleware and the log.
pub type TaskResult = Result<(), ActionError>;

/// What task middleware wraps.
pub type TaskNext<'a> = Next<'a, TaskLevel>;

/// What is known of a background task. Middleware may change it for the middleware below.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Task {
    /// The context header of the job that spawned it.
    pub context: Context,
    service: Service,
    request_id: Arc<str>,
}

impl Task {
    /// The id of the request whose job spawned it, for logs.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The service it belongs to.
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// The service's client, for calls with the context of the task. They have all the time they want.
    #[must_use]
    pub fn client(&self) -> Client {
        self.service.client(&self.context, &Control::default(), None)
    }
}

impl<S> ActionContext<S> {
    /// Runs a future in the background: `spawn` returns at once, and the response to the job does not wait for it.
    ///
    /// Its log lines carry the fields of the request. What it fails with is logged, and so is a panic; nobody else gets
    /// to know. Inside it is wrapped by the service's [`TaskMiddleware`].
    ///
    /// A worker that is told to stop waits for background tasks when its requests are finished, for
    /// `harakiri.shutdown_grace` at most; what is left then is dropped, and the log says how many. They do not count
    /// towards `concurrency`, have no limit of time and none of number: what takes requests faster than its tasks end
    /// grows without bound, so bound what can (a timeout in the task, a semaphore before it). The log warns at 1,000
    /// tasks at once and whenever that doubles. One that does not yield its thread for `harakiri.timeout` ends its worker
    /// ([`Harakiri`](crate::Harakiri)), as an action does; futures given to [`tokio::spawn`] are not watched for that.
    ///
    /// The [`client`](Self::client) of the context ends with the deadline of the job; one
    /// [`without_deadline`](Self::without_deadline) does not.
    ///
    /// ```
    /// use soa_client::Client;
    /// use soa_common::Map;
    /// use soa_server::{ActionContext, ActionError, LocalTransport, Service};
    ///
    /// async fn sign_up(ctx: ActionContext, input: Map) -> Result<(), ActionError> {
    ///     let client = ctx.clone().without_deadline().client();
    ///     ctx.spawn(async move {
    ///         client.call_action("mail", "send_welcome", input).await?;
    ///         Ok(())
    ///     });
    ///     Ok(())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let service = Service::builder("users").action("sign_up", sign_up).build()?;
    /// let client = Client::builder().transport("users", LocalTransport::new(service.clone())).build()?;
    /// client.call_action("users", "sign_up", Map::new()).await?;
    /// // Where no worker does it, as in tests.
    /// service.join_tasks().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// Outside of a tokio runtime, as [`tokio::spawn`] does.
    pub fn spawn(&self, future: impl Future<Output = TaskResult> + Send + 'static) {
        let (service, request_id) = (self.service().clone(), self.request_id().into());
        spawn(Task { context: self.context().clone(), service, request_id }, future);
    }
}

impl Job {
    /// Runs a future in the background; see [`ActionContext::spawn`].
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn spawn(&self, future: impl Future<Output = TaskResult> + Send + 'static) {
        let (service, request_id) = (self.service().clone(), self.request_id().into());
        spawn(Task { context: self.context.clone(), service, request_id }, future);
    }
}

impl<S> ServiceBuilder<S> {
    /// Adds middleware of background tasks inside of that added before.
    #[must_use]
    pub fn task_middleware(mut self, middleware: impl TaskMiddleware) -> Self {
        self.service.task_middleware.push(Arc::new(middleware));
        self
    }
}

impl Service {
    /// Waits until no background task runs any more. A worker does this itself when it stops; this is for tests, and for
    /// programs that reach the service without one.
    pub async fn join_tasks(&self) {
        self.0.tasks.join().await;
    }
}

fn spawn(mut task: Task, future: impl Future<Output = TaskResult> + Send + 'static) {
    let service = task.service.clone();
    for middleware in &service.0.task_middleware {
        middleware.dyn_before_spawn(&mut task);
    }
    let tasks = service.0.tasks.clone();
    let slot = Beside::of_job("a background task", Arc::clone(&task.request_id), task.context.clone());
    let run = async move {
        let future = Mutex::new(Some(future));
        let inner = |_: Task| {
            let future = future.lock().unwrap_or_else(PoisonError::into_inner).take();
            async move {
                let Some(future) = future else {
                    return Err(ActionError::internal("a background task can run only once"));
                };
                panics::catch(future).await.unwrap_or_else(|panic| Err(ActionError::panicked(&panic)))
            }
        };
        let run = middleware::run::<TaskLevel, _, _>(&service.0.task_middleware, task, inner);
        if let Err(error) = panics::catch(run).await.unwrap_or_else(|panic| Err(ActionError::panicked(&panic))) {
            let told = error.to_string();
            match error.into_failure().trace {
                Some(trace) => error!(trace, "a background task failed: {told}"),
                None => error!("a background task failed: {told}"),
            }
        }
    };
    tasks.spawn(slot, run.instrument(Span::current()));
}

/// The level of background tasks.
#[derive(Debug)]
pub struct TaskLevel;

impl Level for TaskLevel {
    type Request = Task;
    type Response = TaskResult;
    type Middleware = dyn DynTaskMiddleware;

    fn call<'a>(middleware: &'a dyn DynTaskMiddleware, task: Task, next: TaskNext<'a>) -> BoxFuture<'a, TaskResult> {
        middleware.dyn_task(task, next)
    }
}

/// The twin of [`TaskMiddleware`] that can be a trait object.
#[doc(hidden)]
pub trait DynTaskMiddleware: Send + Sync {
    fn dyn_before_spawn(&self, task: &mut Task);
    fn dyn_task<'a>(&'a self, task: Task, next: TaskNext<'a>) -> BoxFuture<'a, TaskResult>;
}

impl<M: TaskMiddleware> DynTaskMiddleware for M {
    fn dyn_before_spawn(&self, task: &mut Task) {
        self.before_spawn(task);
    }

    fn dyn_task<'a>(&'a self, task: Task, next: TaskNext<'a>) -> BoxFuture<'a, TaskResult> {
        Box::pin(self.task(task, next))
    }
}
