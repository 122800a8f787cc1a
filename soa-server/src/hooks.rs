//! Code of a service that runs beside its requests.

use std::{
    future::{Future, ready},
    sync::Arc,
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::time::timeout;
use tracing::error;

use crate::{BoxError, panics, worker::Chain};

/// What a service does beside its requests, by the original's names; added by
/// [`ServiceBuilder::hooks`](crate::ServiceBuilder::hooks).
///
/// Hooks run on the runtime of the worker, as actions do. One that fails, panics or takes too long is logged, and
/// nothing else comes of it, unless it does not yield its thread ([`Harakiri`](crate::Harakiri)). What a worker has to
/// do before it serves stands in the function given to [`main`](crate::main).
///
/// ```
/// use std::sync::Arc;
///
/// use soa_server::{ActionContext, ActionError, HookResult, Hooks, Service};
///
/// #[derive(Default)]
/// struct App {
///     # _more: (),
///     // A pool of connections, a buffer of events…
/// }
///
/// # impl App {
/// #     async fn ping(&self) -> Result<(), std::io::Error> { Ok(()) }
/// #     async fn flush(&self) -> Result<(), std::io::Error> { Ok(()) }
/// # }
/// impl Hooks for App {
///     async fn perform_idle_actions(&self) -> HookResult {
///         Ok(self.ping().await?)
///     }
///
///     async fn teardown(&self) -> HookResult {
///         Ok(self.flush().await?)
///     }
/// }
///
/// async fn act(ctx: ActionContext<Arc<App>>, _input: soa_common::Map) -> Result<(), ActionError> {
///     Ok(ctx.state().ping().await?)
/// }
///
/// let app = Arc::new(App::default());
/// let service = Service::builder("shop").state(Arc::clone(&app)).action("act", act).hooks(app).build()?;
/// # Ok::<(), soa_server::BuildError>(())
/// ```
pub trait Hooks: Send + Sync + 'static {
    /// Runs when no request has come for the receive timeout of the transport (`receive_timeout_in_seconds`, 5 seconds),
    /// and again after each further such time. Requests that came earlier may still run, and new ones do not wait for
    /// it. It is not started while it runs. Limit: `harakiri.timeout`.
    fn perform_idle_actions(&self) -> impl Future<Output = HookResult> + Send {
        ready(Ok(()))
    }

    /// Runs before a request is looked at, in its place among the `concurrency` of the worker. Whether it is run at all
    /// is for [`Middleware`](crate::Middleware) to decide. Limit: `harakiri.timeout`.
    fn perform_pre_request_actions(&self) -> impl Future<Output = HookResult> + Send {
        ready(Ok(()))
    }

    /// Runs when the response to a request is sent, or is not to be sent, still in its place. Limit: `harakiri.timeout`.
    fn perform_post_request_actions(&self) -> impl Future<Output = HookResult> + Send {
        ready(Ok(()))
    }

    /// Runs when a worker that was told to stop has finished its requests and their background tasks, or has dropped them
    /// because they took too long. A worker that ends by force does not get here. Limit: `harakiri.shutdown_grace`.
    fn teardown(&self) -> impl Future<Output = HookResult> + Send {
        ready(Ok(()))
    }
}

/// What comes out of a hook.
pub type HookResult = Result<(), BoxError>;

impl<H: Hooks> Hooks for Arc<H> {
    fn perform_idle_actions(&self) -> impl Future<Output = HookResult> + Send {
        (**self).perform_idle_actions()
    }

    fn perform_pre_request_actions(&self) -> impl Future<Output = HookResult> + Send {
        (**self).perform_pre_request_actions()
    }

    fn perform_post_request_actions(&self) -> impl Future<Output = HookResult> + Send {
        (**self).perform_post_request_actions()
    }

    fn teardown(&self) -> impl Future<Output = HookResult> + Send {
        (**self).teardown()
    }
}

/// One of the methods of [`Hooks`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hook {
    Idle,
    PreRequest,
    PostRequest,
    Teardown,
}

/// The hooks of a service.
#[derive(Clone, Default)]
pub(crate) struct HookList(Vec<Arc<dyn DynHooks>>);

impl HookList {
    pub(crate) fn push(&mut self, hooks: impl Hooks) {
        self.0.push(Arc::new(hooks));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Runs one of them: as they were added, and what comes afterwards the other way round.
    pub(crate) async fn run(&self, hook: Hook, limit: Option<Duration>) {
        for index in 0..self.0.len() {
            let index = match hook {
                Hook::Idle | Hook::PreRequest => index,
                Hook::PostRequest | Hook::Teardown => self.0.len() - 1 - index,
            };
            run(&*self.0[index], hook, limit).await;
        }
    }
}

async fn run(hooks: &dyn DynHooks, hook: Hook, limit: Option<Duration>) {
    // In a future, so that what happens before there is one is guarded as well.
    let done = panics::catch(async { hooks.call(hook).await });
    let done = match limit {
        Some(limit) => timeout(limit, done).await.map_err(|_| limit),
        None => Ok(done.await),
    };
    let name = match hook {
        Hook::Idle => "perform_idle_actions",
        Hook::PreRequest => "perform_pre_request_actions",
        Hook::PostRequest => "perform_post_request_actions",
        Hook::Teardown => "teardown",
    };
    match done {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => error!("the hook {name} failed: {}", Chain(&*error)),
        Ok(Err(panic)) => error!("the hook {name} failed: {panic}"),
        Err(limit) => error!("the hook {name} was dropped: it took longer than {} s", limit.as_secs_f64()),
    }
}

/// The twin of [`Hooks`] that can be a trait object.
trait DynHooks: Send + Sync {
    fn call(&self, hook: Hook) -> BoxFuture<'_, HookResult>;
}

impl<H: Hooks> DynHooks for H {
    fn call(&self, hook: Hook) -> BoxFuture<'_, HookResult> {
        match hook {
            Hook::Idle => Box::pin(self.perform_idle_actions()),
            Hook::PreRequest => Box::pin(self.perform_pre_request_actions()),
            Hook::PostRequest => Box::pin(self.perform_post_request_actions()),
            Hook::Teardown => Box::pin(self.teardown()),
        }
    }
}
