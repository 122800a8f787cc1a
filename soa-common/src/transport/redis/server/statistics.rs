//! What a server transport counts.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::InvalidMessage;

/// How often unanswerable messages are logged at most.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// How many bytes of a message the log shows.
const SHOWN: usize = 48;

/// How many messages a server transport has seen since it was made.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct RedisStatistics {
    /// Requests that were handed to the service.
    pub received: AtomicU64,
    /// Requests that were dropped because nobody waits for the answer any more.
    pub expired: AtomicU64,
    /// Requests that could not be read and whose callers were told so.
    pub undecodable: AtomicU64,
    /// Requests that could not be read and have no usable reply address.
    pub unanswerable: AtomicU64,
    /// Responses that were pushed.
    pub responded: AtomicU64,
    logged: Mutex<Option<Instant>>,
}

/// A message that can be neither read nor answered, for the log.
pub(super) struct Unanswerable<'a> {
    pub(super) service: &'a str,
    pub(super) error: &'a InvalidMessage,
    pub(super) frame: &'a [u8],
}

impl RedisStatistics {
    pub(super) fn add(&self, counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Logs a message, unless one was logged just now.
    pub(super) fn warn(&self, message: &Unanswerable<'_>) {
        let now = Instant::now();
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.is_none_or(|logged| now - logged >= LOG_INTERVAL) {
            *logged = Some(now);
            tracing::warn!("{message} ({} such messages so far)", self.unanswerable.load(Ordering::Relaxed));
        }
    }
}

impl fmt::Display for Unanswerable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, error, frame } = self;
        write!(f, "a message to {service} of {} bytes can be neither read nor answered: {error}; ", frame.len())?;
        f.write_str("it starts with ")?;
        frame.iter().take(SHOWN).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
