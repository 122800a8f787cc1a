//! The log of requests and responses.

use std::{fmt, time::Duration};

use bytes::Bytes;
use soa_common::{JobResponse, redact::Redactor};
use tracing::{Level, debug, error, info, trace, warn};

use crate::{ServerSettings, logging::JOBS};

/// Logs jobs whole, at the levels of the settings, without the values of sensitive fields.
pub(super) struct RequestLog {
    success_level: Level,
    error_level: Level,
    redactor: Redactor,
}

/// Logs at a level that is only known at run time. Nothing is formatted when nobody listens.
macro_rules! log_at {
    ($level:expr, $($message:tt)*) => {
        match $level {
            Level::ERROR => error!(target: JOBS, $($message)*),
            Level::WARN => warn!(target: JOBS, $($message)*),
            Level::INFO => info!(target: JOBS, $($message)*),
            Level::DEBUG => debug!(target: JOBS, $($message)*),
            Level::TRACE => trace!(target: JOBS, $($message)*),
        }
    };
}

/// Whether anybody listens at a level that is only known at run time.
fn is_enabled(level: Level) -> bool {
    match level {
        Level::ERROR => tracing::enabled!(target: JOBS, Level::ERROR),
        Level::WARN => tracing::enabled!(target: JOBS, Level::WARN),
        Level::INFO => tracing::enabled!(target: JOBS, Level::INFO),
        Level::DEBUG => tracing::enabled!(target: JOBS, Level::DEBUG),
        Level::TRACE => tracing::enabled!(target: JOBS, Level::TRACE),
    }
}

impl RequestLog {
    pub(super) fn new(settings: &ServerSettings) -> Self {
        Self {
            success_level: settings.request_log_success_level,
            error_level: settings.request_log_error_level,
            redactor: Redactor::new(settings.extra_fields_to_redact.iter().cloned()),
        }
    }

    pub(super) fn request(&self, job: &Bytes) {
        log_at!(self.success_level, "job request: {}", self.redactor.show(&**job));
    }

    pub(super) fn response(&self, job: &Bytes, response: &JobResponse, took: Duration) {
        let took_ms = Milliseconds(took);
        let failed = !response.errors.is_empty() || response.actions.iter().any(|action| !action.errors.is_empty());
        if !failed {
            return log_at!(self.success_level, %took_ms, "job response: {}", self.redactor.show(response));
        }
        // The request may have been logged at a level nobody listens to.
        if !is_enabled(self.success_level) {
            log_at!(self.error_level, "job request: {}", self.redactor.show(&**job));
        }
        log_at!(self.error_level, %took_ms, "job response: {}", self.redactor.show(response));
    }
}

/// A time with as many digits as say something.
struct Milliseconds(Duration);

impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}", self.0.as_secs_f64() * 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use soa_common::{ActionResponse, Body};

    use super::*;

    #[test]
    fn nothing_is_read_at_a_level_nobody_listens_to() {
        let log = RequestLog::new(&ServerSettings { request_log_success_level: Level::DEBUG, ..Default::default() });
        let job = Body::empty().to_msgpack();
        let response = JobResponse { actions: vec![ActionResponse::default()], ..JobResponse::default() };
        let allocations = |level: Level| {
            let subscriber = tracing_subscriber::fmt().with_max_level(level).with_writer(io::sink).finish();
            tracing::subscriber::with_default(subscriber, || {
                let count = || {
                    log.request(&job);
                    log.response(&job, &response, Duration::ZERO);
                };
                count();
                allocation_counter::measure(count).count_total
            })
        };
        assert_eq!(allocations(Level::INFO), 0);
        assert!(allocations(Level::DEBUG) > 0);
    }
}
