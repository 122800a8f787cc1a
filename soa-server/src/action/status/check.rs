use std::{future::Future, sync::Arc, time::Duration};

use futures_util::future::{BoxFuture, join_all};
use tokio::time::{Instant, timeout_at};

use super::{Health, services};
use crate::{ActionContext, ActionError, BuildError, ServiceBuilder, error::INTERNAL, panics};

/// How long a check may take, unless the request has less time.
const LIMIT: Duration = Duration::from_secs(4);

/// What is left for telling the result: of a check's time for the check itself, when a call it made got no answer, and of
/// the request's time for the response.
const MARGIN: Duration = Duration::from_millis(250);

/// A check of a service, its state erased.
#[derive(Clone)]
pub(crate) struct Check {
    name: String,
    run: Arc<dyn Fn(ActionContext) -> BoxFuture<'static, Result<Health, ActionError>> + Send + Sync>,
}

impl<S: Send + Sync + 'static> ServiceBuilder<S> {
    /// Adds a check, which the built-in action `status` runs: whether the database answers, how full a queue is.
    ///
    /// ```
    /// use soa_server::{ActionContext, ActionError, Health, Service};
    ///
    /// # struct Database;
    /// # impl Database {
    /// #     async fn ping(&self) -> Result<u64, std::io::Error> { Ok(3) }
    /// #     async fn free_connections(&self) -> Result<u64, std::io::Error> { Ok(1) }
    /// # }
    /// struct App {
    ///     database: Database,
    /// }
    ///
    /// async fn connections(ctx: ActionContext<App>) -> Result<Health, ActionError> {
    ///     let free = ctx.state().database.free_connections().await?;
    ///     let health = Health::good().diagnostic("free_connections", free);
    ///     Ok(if free < 2 { health.warning("FEW_CONNECTIONS", "The pool is nearly used up") } else { health })
    /// }
    ///
    /// let service = Service::builder("users")
    ///     .state(App { database: Database })
    ///     .check("database", async |ctx: ActionContext<App>| {
    ///         let database = &ctx.state().database;
    ///         let ping = database.ping().await.map_err(|_| ActionError::new("DATABASE_DOWN", "It does not answer"))?;
    ///         Ok(Health::good().diagnostic("database_ping_ms", ping))
    ///     })
    ///     .check("connections", connections)
    ///     .build()?;
    /// # Ok::<(), soa_server::BuildError>(())
    /// ```
    ///
    /// All checks run at the same time, in one task: what blocks its thread holds up the others and the limit of its own
    /// time, and belongs in [`spawn_blocking`](tokio::task::spawn_blocking). What checks find stands in the order in
    /// which they were declared. Each has four seconds, or less when the request has less time; calls by
    /// [`ActionContext::client`] end shortly before. `status` answers whatever they do: each error of an [`ActionError`]
    /// that was built with a code becomes an error with that code; any other error, a panic or taking too long becomes
    /// the error `<NAME>_CHECK_FAILED` and is logged.
    #[must_use]
    pub fn check<F, Fut>(mut self, name: &str, check: F) -> Self
    where
        F: Fn(ActionContext<S>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Health, ActionError>> + Send + 'static,
    {
        let error = if !crate::service::is_name(name) {
            Some(BuildError::CheckName { service: self.service.name.clone(), name: name.to_owned() })
        } else if self.service.checks.iter().any(|known| known.name == name) {
            Some(BuildError::DuplicateCheck { service: self.service.name.clone(), name: name.to_owned() })
        } else {
            None
        };
        self.error = self.error.or(error);
        let (state, check) = (Arc::clone(&self.state), Arc::new(check));
        let run = move |ctx: ActionContext| -> BoxFuture<'static, _> {
            let (ctx, check) = (ctx.with_state(Arc::clone(&state)), Arc::clone(&check));
            // In the future, so that it is guarded as well.
            Box::pin(async move { check(ctx).await })
        };
        self.service.checks.push(Check { name: name.to_owned(), run: Arc::new(run) });
        self
    }

    /// Adds the check `services`, which asks every service that this service's client knows for its status, all at the
    /// same time and without their own checks. Default: no such check.
    ///
    /// A service that gives no response within two seconds is an error `<SERVICE>_TRANSPORT_ERROR`, one that refuses the
    /// job `<SERVICE>_CALL_ERROR`, and one whose `status` fails `<SERVICE>_STATUS_ERROR`. What the others answer stands
    /// in the diagnostics as `services`, by their names. When the client knows no services nothing is added.
    ///
    /// ```
    /// # use soa_server::Service;
    /// let service = Service::builder("orders").check_services().build()?;
    /// # Ok::<(), soa_server::BuildError>(())
    /// ```
    #[must_use]
    pub fn check_services(self) -> Self {
        self.check("services", services::check)
    }
}

/// Runs all checks and gives what they found.
pub(super) async fn run(checks: &[Check], ctx: &ActionContext) -> Health {
    let limit = Instant::now() + LIMIT;
    let limit = ctx.deadline().map_or(limit, |deadline| limit.min(before(deadline)));
    let ctx = ctx.clone().with_deadline(before(limit));
    let found = join_all(checks.iter().map(|check| check.run(ctx.clone(), limit))).await;
    found.into_iter().fold(Health::good(), Health::and)
}

fn before(instant: Instant) -> Instant {
    instant.checked_sub(MARGIN).unwrap_or(instant)
}

impl Check {
    async fn run(&self, ctx: ActionContext, limit: Instant) -> Health {
        let start = Instant::now();
        match timeout_at(limit, panics::catch((self.run)(ctx))).await {
            Ok(Ok(Ok(health))) => health,
            Ok(Ok(Err(error))) => self.refused(error),
            Ok(Err(panic)) => self.failed(&panic.message, &panic.trace()),
            Err(_) => {
                let time = limit.duration_since(start).as_millis();
                self.failed("no result in time", &format!("it had {time} ms"))
            }
        }
    }

    /// What was built with a code stands as it is; what nobody planned for is the first error.
    fn refused(&self, error: ActionError) -> Health {
        let failure = error.into_failure();
        let mut errors = failure.errors.into_iter();
        let health = match failure.trace {
            Some(trace) => {
                let message = errors.next().map(|error| error.message).unwrap_or_default();
                self.failed(message.strip_prefix(INTERNAL).unwrap_or(&message), &trace)
            }
            None => Health::good(),
        };
        errors.fold(health, |health, error| health.error(error.code, error.message))
    }

    fn failed(&self, message: &str, trace: &str) -> Health {
        let description = format!("The check {:?} failed: {message}", self.name);
        tracing::error!(trace, "{description}");
        Health::good().error(format!("{}_CHECK_FAILED", self.name.to_uppercase()), description)
    }
}
