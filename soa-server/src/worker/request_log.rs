//! The log of requests and responses.

use std::{fmt, time::Duration};

use bytes::Bytes;
use soa_common::{JobResponse, redact::Redactor};
use tracing::{Level, debug, error, info, trace, warn};

use crate::{
    ServerSettings,
    logging::{self, JOBS},
};

const REQUEST: &str = "job request: ";
const RESPONSE: &str = "job response: ";

/// Logs jobs whole, at the levels of the settings, without the values of sensitive fields.
pub(super) struct RequestLog {
    success_level: Level,
    error_level: Level,
    redactor: Redactor,
}

/// Logs at a level that is only known at run time.
macro_rules! log_at {
    ($level:expr, $($fields:tt)*) => {
        match $level {
            Level::ERROR => error!(target: JOBS, $($fields)*),
            Level::WARN => warn!(target: JOBS, $($fields)*),
            Level::INFO => info!(target: JOBS, $($fields)*),
            Level::DEBUG => debug!(target: JOBS, $($fields)*),
            Level::TRACE => trace!(target: JOBS, $($fields)*),
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
        self.request_at(self.success_level, job);
    }

    fn request_at(&self, level: Level, job: &Bytes) {
        if is_enabled(level) {
            let job = self.redactor.show(&**job);
            let message = |line: &mut Vec<u8>| {
                line.extend_from_slice(REQUEST.as_bytes());
                job.push_to(line)
            };
            if !logging::write_job_line(level, message) {
                let message = &*format!("{REQUEST}{job}");
                log_at!(level, message);
            }
        }
    }

    pub(super) fn response(&self, job: &Bytes, response: &JobResponse, took: Duration) {
        let failed = !response.errors.is_empty() || response.actions.iter().any(|action| !action.errors.is_empty());
        // The request may have been logged at a level nobody listens to.
        if failed && !is_enabled(self.success_level) {
            self.request_at(self.error_level, job);
        }
        let level = if failed { self.error_level } else { self.success_level };
        if is_enabled(level) {
            let (response, took) = (self.redactor.show(response), Milliseconds(took));
            let message = |line: &mut Vec<u8>| {
                line.extend_from_slice(RESPONSE.as_bytes());
                let is_plain = response.push_to(line);
                line.extend_from_slice(b" took_ms=");
                took.push_to(line);
                is_plain
            };
            if !logging::write_job_line(level, message) {
                let message = &*format!("{RESPONSE}{response}");
                log_at!(level, message, took_ms = %took);
            }
        }
    }
}

/// A time with as many digits as say something.
struct Milliseconds(Duration);

impl Milliseconds {
    /// Appends it without a formatter.
    fn push_to(&self, line: &mut Vec<u8>) {
        // It overflows after 58 million years.
        let mut rest = self.0.as_secs() * 10_000 + u64::from((self.0.subsec_nanos() + 50_000) / 100_000);
        let (mut digits, mut start) = ([0; 24], 24);
        let mut push = |digit: u8| {
            start -= 1;
            digits[start] = digit;
        };
        push(b'0' + (rest % 10) as u8);
        push(b'.');
        loop {
            rest /= 10;
            push(b'0' + (rest % 10) as u8);
            if rest < 10 {
                break;
            }
        }
        line.extend_from_slice(&digits[start..]);
    }
}

impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = Vec::new();
        self.push_to(&mut digits);
        // Digits are a text.
        f.write_str(str::from_utf8(&digits).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use soa_common::{ActionResponse, Body};

    use super::*;

    #[test]
    fn times_are_rounded_to_tenths_of_a_millisecond() {
        for (nanoseconds, expected) in [
            (0, "0.0"),
            (49_999, "0.0"),
            (50_000, "0.1"),
            (1_949_999, "1.9"),
            (999_950_000, "1000.0"),
            (3_600_012_340_000, "3600012.3"),
        ] {
            assert_eq!(Milliseconds(Duration::from_nanos(nanoseconds)).to_string(), expected);
        }
    }

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
