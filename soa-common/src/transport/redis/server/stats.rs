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

/// How often messages that cannot be read are logged at most.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// How many bytes of a message the log shows.
const SHOWN: usize = 48;

/// What a server transport has seen since it was made; meant for monitoring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RedisServerStats {
    /// Requests that were handed to the service.
    pub received: u64,
    /// Requests that were dropped because nobody waits for the answer any more.
    pub expired: u64,
    /// Requests that could not be read and whose callers were told so.
    pub undecodable: u64,
    /// Requests that could not be read and have no usable reply address.
    pub unanswerable: u64,
    /// Responses that were pushed.
    pub responded: u64,
}

/// The same while it is counted.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) received: AtomicU64,
    pub(super) expired: AtomicU64,
    pub(super) undecodable: AtomicU64,
    pub(super) unanswerable: AtomicU64,
    pub(super) responded: AtomicU64,
    logged: Mutex<Option<Instant>>,
}

/// A message that cannot be read, for the log.
pub(super) struct Unreadable<'a> {
    pub(super) service: &'a str,
    pub(super) error: &'a InvalidMessage,
    pub(super) frame: &'a [u8],
}

impl Counters {
    pub(super) fn stats(&self) -> RedisServerStats {
        let [received, expired, undecodable, unanswerable, responded] =
            [&self.received, &self.expired, &self.undecodable, &self.unanswerable, &self.responded]
                .map(|counter| counter.load(Ordering::Relaxed));
        RedisServerStats { received, expired, undecodable, unanswerable, responded }
    }

    /// Logs a message, unless one was logged just now.
    pub(super) fn warn(&self, message: &Unreadable<'_>) {
        let now = Instant::now();
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.is_none_or(|logged| now - logged >= LOG_INTERVAL) {
            *logged = Some(now);
            let stats = self.stats();
            let count = stats.undecodable + stats.unanswerable;
            let messages = if count == 1 { "message" } else { "messages" };
            tracing::warn!("{message} ({count} such {messages} so far)");
        }
    }
}

impl fmt::Display for Unreadable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, error, frame } = self;
        write!(f, "a message of {} bytes to {service} cannot be read: {error}; ", frame.len())?;
        if frame.is_empty() {
            return f.write_str("it is empty");
        }
        f.write_str("it starts with ")?;
        frame.iter().take(SHOWN).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_an_unreadable_message_is_shown_if_it_has_one() {
        let check = |frame: &[u8], end: &str| {
            let said = Unreadable { service: "s", error: &InvalidMessage::new("no"), frame }.to_string();
            assert_eq!(said, format!("a message of {} bytes to s cannot be read: no; {end}", frame.len()));
        };
        check(&[], "it is empty");
        check(&[0x82, 0xa1], "it starts with 82a1");
    }
}
