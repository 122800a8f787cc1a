//! What is under watch, as the watchdog needs it.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use soa_common::{Context, transport::TransportError};
use tokio::time::Instant;

use super::Marks;
use crate::harakiri::{Reason, after};

/// A future that is under watch.
pub(crate) trait Slot: Send + Sync {
    fn marks(&self) -> &Marks;

    /// When what has been polled since then is over its limit; `timeout` is that of all that has none of its own.
    fn limit(&self, since: Instant, timeout: Option<Duration>) -> Option<Instant> {
        after(since, timeout)
    }

    /// What it does now, for the log.
    fn told(&self) -> Told;

    /// The request that it answers.
    fn request(&self) -> Option<&dyn Request> {
        None
    }
}

/// A request that the watchdog may put back or answer, once it has claimed it.
pub(crate) trait Request: Send + Sync {
    /// Later requests have a higher one.
    fn arrival(&self) -> u64;

    /// Whether there is a way to put it back or to answer it.
    fn has_rescue(&self) -> bool;

    fn put_back(&self) -> BoxFuture<'_, Result<Return, TransportError>>;

    /// Tells the caller that it is interrupted.
    fn answer(&self, reason: Reason) -> BoxFuture<'_, Result<Answer, TransportError>>;
}

/// What became of a request that was to be put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Return {
    PutBack,
    /// Its caller waits no longer.
    Expired,
}

/// What became of a request that was to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Sent,
    /// Its caller wants none.
    Suppressed,
}

/// Code that is polled, as the log tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) what: String,
    pub(crate) request_id: Option<String>,
    pub(crate) correlation_id: Option<String>,
    pub(crate) action: Option<String>,
}

/// Code that runs beside requests: a hook or a background task.
pub(crate) struct Beside {
    marks: Marks,
    what: &'static str,
    origin: Option<(Arc<str>, Context)>,
    limit: Option<Duration>,
}

impl Beside {
    pub(crate) fn new(what: &'static str) -> Arc<Self> {
        Arc::new(Self { marks: Marks::default(), what, origin: None, limit: None })
    }

    /// With a limit of its own.
    pub(crate) fn limited(what: &'static str, limit: Duration) -> Arc<Self> {
        Arc::new(Self { marks: Marks::default(), what, origin: None, limit: Some(limit) })
    }

    /// What a job began, by the id of its request and its context.
    pub(crate) fn of_job(what: &'static str, request_id: Arc<str>, context: Context) -> Arc<Self> {
        Arc::new(Self { marks: Marks::default(), what, origin: Some((request_id, context)), limit: None })
    }
}

impl Slot for Beside {
    fn marks(&self) -> &Marks {
        &self.marks
    }

    fn limit(&self, since: Instant, timeout: Option<Duration>) -> Option<Instant> {
        after(since, self.limit.or(timeout))
    }

    fn told(&self) -> Told {
        let (request_id, context) = self.origin.as_ref().map(|(id, context)| (id.to_string(), context)).unzip();
        let correlation_id = context.and_then(Context::correlation_id).map(str::to_owned);
        Told { what: self.what.to_owned(), request_id, correlation_id, action: None }
    }
}
