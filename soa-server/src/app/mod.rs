//! The process of a service: command line, settings, and then a parent, a worker or a check.

mod process;
mod registry;
mod settings;
mod work;

use std::{error::Error as StdError, fmt, io, process::ExitCode, sync::Arc};

use clap::error::ErrorKind;
use serde::de::DeserializeOwned;
use soa_client::{Client, ClientBuilder, ClientMiddleware};
use soa_common::settings::SettingsError;

use self::settings::{ClientPart, Registries, ServerPart, TaskPart};
use crate::{Middleware, ServerSettings, Service, TaskMiddleware, cli, prefork, worker::Chain};

/// Any error of a program that serves.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// The exit codes of a service (`docs/protocol.md`, "Exit codes").
#[derive(Clone, Copy, Debug)]
enum Exit {
    Clean = 0,
    Forced = 1,
    Usage = 2,
    AllGivenUp = 3,
    /// The worker was stuck (`EX_SOFTWARE` of sysexits.h).
    Stuck = 70,
}

type PreFork = Box<dyn FnOnce(&ServerSettings) -> Result<(), BoxError>>;

/// Makes the client of a service out of what the settings say.
type MakeClient = Box<dyn FnOnce(&ServerSettings, ClientBuilder) -> Result<Client, BoxError>>;

/// What a process that serves needs besides its service. [`main`] is short for one that needs nothing.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// fn main() -> ExitCode {
///     soa_server::Main::new()
///         .pre_fork(|_settings| Ok(std::fs::create_dir_all("cache")?))
///         .run(async |_settings| Ok(soa_server::demo::service()))
/// }
/// ```
///
/// What a subclass of the original's `Server` overrides is here:
///
/// | PySOA | here |
/// |---|---|
/// | `pre_fork` | [`Main::pre_fork`], once in the parent |
/// | `initialize`, `__init__`, `setup` | the function given to [`run`](Self::run), once in each worker before it serves, on its runtime; when it fails the worker ends with exit code 2 |
/// | `make_client` | [`Main::make_client`], once in each worker |
/// | `perform_idle_actions`, `perform_pre_request_actions`, `perform_post_request_actions`, `teardown` | [`Hooks`](crate::Hooks) of the service |
/// | `action_class_map`, `introspection_action` | [`ServiceBuilder::action`](crate::ServiceBuilder::action) |
/// | `request_class`, `settings_class`, `client_class` | none: state of the service, kwargs of [`register`](Self::register) and client middleware take their place |
#[derive(Default)]
pub struct Main {
    pre_fork: Option<PreFork>,
    make_client: Option<MakeClient>,
    registries: Registries,
}

/// Makes a process that serves out of a function that makes a service. To be called first in the program's `main`.
///
/// The process reads its command line (`--help` explains it) and its settings, and answers requests until SIGTERM or
/// SIGINT. With `--fork N` it is the parent of N workers instead: this same program, started again by its parent, with
/// an empty standard input. The function then runs in each worker and never in the parent. SIGHUP to the parent starts
/// the workers anew, one after the other. `docs/operating.md` tells of all this in full.
///
/// Logs go to standard error. The exit code is 0 after a clean end, 1 after one by force, 2 for wrong usage or
/// settings or when the function fails, 3 when all workers were given up, and 70 when code of the service did not yield
/// its thread until its limit ([`Harakiri`](crate::Harakiri)).
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     soa_server::main(async |_settings| Ok(soa_server::demo::service()))
/// }
/// ```
pub fn main<F>(service: F) -> ExitCode
where
    F: AsyncFnOnce(ServerSettings) -> Result<Service, BoxError>,
{
    Main::new().run(service)
}

impl Main {
    /// Nothing besides the service.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs once in the parent, before the first worker is started; not at all in a process that is its only worker,
    /// as one without `--fork`. A failure ends the process with exit code 2. A later hook replaces an earlier one.
    #[must_use]
    pub fn pre_fork(mut self, hook: impl FnOnce(&ServerSettings) -> Result<(), BoxError> + 'static) -> Self {
        self.pre_fork = Some(Box::new(hook));
        self
    }

    /// Makes the client of the service, in place of the builder's own `build`, in each worker when its service has been
    /// made. The builder knows the services of `client_routing` and their middleware. Nothing is made of it when the
    /// service has a client of its own that knows services ([`ServiceBuilder::client`](crate::ServiceBuilder::client)).
    ///
    /// For each job the client inherits the job's context; what shall be in every call besides is for client middleware
    /// to add. A failure or a panic ends the worker with exit code 2. A later hook replaces an earlier one.
    ///
    /// ```
    /// use soa_client::{CallError, ClientMiddleware, OutgoingRequest, RequestNext};
    /// use soa_common::transport::PendingResponse;
    ///
    /// struct Stage(&'static str);
    ///
    /// impl ClientMiddleware for Stage {
    ///     async fn request(&self, mut call: OutgoingRequest, next: RequestNext<'_>) -> Result<PendingResponse, CallError> {
    ///         call.request.job.context = call.request.job.context.with("stage", self.0);
    ///         next.run(call).await
    ///     }
    /// }
    ///
    /// let main = soa_server::Main::new()
    ///     .make_client(|_settings, client| Ok(client.middleware(Stage("canary")).build()?));
    /// ```
    #[must_use]
    pub fn make_client(
        mut self,
        hook: impl FnOnce(&ServerSettings, ClientBuilder) -> Result<Client, BoxError> + 'static,
    ) -> Self {
        self.make_client = Some(Box::new(hook));
        self
    }

    /// Gives settings a name for a kind of middleware; a Python path (`module:Class`) is a good one for what replaces
    /// Python code. `make` gets the `kwargs` of the settings; keys that its type does not know are refused.
    ///
    /// Middleware of the settings is outside of what the service itself has.
    ///
    /// ```
    /// use soa_server::{ActionNext, ActionResult, Call, Main, Middleware};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Audit {
    ///     table: String,
    /// }
    ///
    /// impl Middleware for Audit {
    ///     async fn action(&self, call: Call, next: ActionNext<'_>) -> ActionResult {
    ///         tracing::info!(table = self.table, action = call.ctx.action());
    ///         next.run(call).await
    ///     }
    /// }
    ///
    /// let main = Main::new().register("my_app.middleware:Audit", |audit: Audit| Ok(audit));
    /// ```
    #[must_use]
    pub fn register<K, M>(mut self, name: impl Into<String>, make: impl Fn(K) -> Result<M, BoxError> + 'static) -> Self
    where
        K: DeserializeOwned + 'static,
        M: Middleware,
    {
        self.registries.server.add(name.into(), move |kwargs| Ok(Arc::new(make(kwargs)?) as ServerPart));
        self
    }

    /// The same for middleware of background tasks, which `coroutine_middleware` of the settings names.
    ///
    /// ```
    /// use soa_server::{Main, Task, TaskMiddleware, TaskNext, TaskResult};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Limit {
    ///     seconds: u64,
    /// }
    ///
    /// impl TaskMiddleware for Limit {
    ///     async fn task(&self, task: Task, next: TaskNext<'_>) -> TaskResult {
    ///         tokio::time::timeout(std::time::Duration::from_secs(self.seconds), next.run(task)).await?
    ///     }
    /// }
    ///
    /// let main = Main::new().register_task("my_app.coroutine:Limit", |limit: Limit| Ok(limit));
    /// ```
    #[must_use]
    pub fn register_task<K, M>(
        mut self,
        name: impl Into<String>,
        make: impl Fn(K) -> Result<M, BoxError> + 'static,
    ) -> Self
    where
        K: DeserializeOwned + 'static,
        M: TaskMiddleware,
    {
        self.registries.task.add(name.into(), move |kwargs| Ok(Arc::new(make(kwargs)?) as TaskPart));
        self
    }

    /// The same for middleware of the clients that `client_routing` describes; the first of a service is its outermost.
    ///
    /// ```
    /// use soa_client::{CallError, ClientMiddleware, OutgoingRequest, RequestNext};
    /// use soa_common::transport::PendingResponse;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Tenant {
    ///     name: String,
    /// }
    ///
    /// impl ClientMiddleware for Tenant {
    ///     async fn request(&self, mut call: OutgoingRequest, next: RequestNext<'_>) -> Result<PendingResponse, CallError> {
    ///         call.request.job.context = call.request.job.context.with("tenant", self.name.as_str());
    ///         next.run(call).await
    ///     }
    /// }
    ///
    /// let main = soa_server::Main::new().register_client("my_app.client:Tenant", |tenant: Tenant| Ok(tenant));
    /// ```
    #[must_use]
    pub fn register_client<K, M>(
        mut self,
        name: impl Into<String>,
        make: impl Fn(K) -> Result<M, BoxError> + 'static,
    ) -> Self
    where
        K: DeserializeOwned + 'static,
        M: ClientMiddleware,
    {
        self.registries.client.add(name.into(), move |kwargs| {
            let middleware = make(kwargs)?;
            let add = |client: ClientBuilder, service: &str| client.service_middleware(service, middleware);
            Ok(Box::new(add) as ClientPart)
        });
        self
    }

    /// Becomes the process; see [`main`]. To be returned from the program's `main`.
    pub fn run<F>(self, service: F) -> ExitCode
    where
        F: AsyncFnOnce(ServerSettings) -> Result<Service, BoxError>,
    {
        let words = prefork::command_line();
        let exit = match cli::parse(&words) {
            Ok(args) => self.run_with(&args, words, service),
            Err(error) => {
                // There is nobody to tell that the help cannot be written.
                let _ = error.print();
                match error.kind() {
                    ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Clean,
                    _ => Exit::Usage,
                }
            }
        };
        ExitCode::from(exit as u8)
    }
}

impl fmt::Debug for Main {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Main").finish_non_exhaustive()
    }
}

/// Why a process could not start to serve: what is told before it ends with exit code 2.
#[derive(Debug)]
struct Failure(String);

impl Failure {
    fn new(what: &str, error: &(dyn StdError + 'static)) -> Self {
        Self(format!("{what}: {}", Chain(error)))
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self(error.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new("the system refused what a server needs", &error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
