use std::{collections::BTreeMap, time::Duration};

use hdrhistogram::Histogram;
use soa_client::CallError;
use soa_common::transport::TransportErrorKind;

use crate::ask::{INVALID_RESPONSE, code};

/// What was measured so far.
pub(super) struct Tally {
    /// Microseconds, of all calls.
    pub(super) latencies: Histogram<u64>,
    pub(super) errors: u64,
    /// How many calls succeeded after the end of the time of measuring, in which they were begun.
    pub(super) late: u64,
    /// How many calls failed in which way. A call with several errors counts for its first.
    pub(super) problems: BTreeMap<Problem, u64>,
    pub(super) first_error: Option<CallError>,
    /// Whether the service answered at all, be it with errors.
    pub(super) answered: bool,
}

/// What a call failed with.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Problem {
    /// Where it failed.
    pub(super) kind: &'static str,
    pub(super) code: String,
}

/// A service may answer each call with another code.
const MOST_PROBLEMS: usize = 50;
const LONGEST_CODE: usize = 80;

/// The longest timeout, a year, in microseconds; what takes longer counts as this long.
const LONGEST: u64 = 366 * 24 * 3600 * 1_000_000;

impl Tally {
    pub(super) fn requests(&self) -> u64 {
        self.latencies.len()
    }

    pub(super) fn successes(&self) -> u64 {
        self.requests() - self.errors
    }

    pub(super) fn add(&mut self, latency: Duration, result: Result<(), CallError>, is_late: bool) {
        self.latencies.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
        let Err(error) = result else {
            self.answered = true;
            self.late += u64::from(is_late);
            return;
        };
        self.errors += 1;
        self.answered |= matches!(error, CallError::Job { .. } | CallError::Action { .. });
        let mut problem = Problem::of(&error);
        if self.problems.len() >= MOST_PROBLEMS && !self.problems.contains_key(&problem) {
            problem = Problem { kind: "other", code: "OTHER".to_owned() };
        }
        *self.problems.entry(problem).or_default() += 1;
        self.first_error.get_or_insert(error);
    }
}

impl Default for Tally {
    #[expect(clippy::expect_used, reason = "the arguments are constants")]
    fn default() -> Self {
        Self {
            latencies: Histogram::new_with_bounds(1, LONGEST, 3).expect("0 to 5 digits and such bounds are allowed"),
            errors: 0,
            late: 0,
            problems: BTreeMap::new(),
            first_error: None,
            answered: false,
        }
    }
}

impl Problem {
    fn of(error: &CallError) -> Self {
        let (kind, code) = match error {
            CallError::Transport(error) => match error.kind() {
                kind @ TransportErrorKind::MessageReceiveTimeout => ("timeout", code(kind)),
                kind => ("transport", code(kind)),
            },
            CallError::Job { errors, .. } => ("job", errors.first().map_or("", |error| &error.code)),
            CallError::Action { .. } => ("action", error.errors().next().map_or("", |error| &error.code)),
            CallError::InvalidResponse { .. } => ("response", INVALID_RESPONSE),
            _ => ("request", "INVALID_REQUEST"),
        };
        Self { kind, code: code.chars().take(LONGEST_CODE).collect() }
    }
}

#[cfg(test)]
mod tests {
    use soa_common::Error;

    use super::*;

    #[test]
    fn a_hostile_service_does_not_fill_the_memory() {
        let mut tally = Tally::default();
        let mut fail = |code: String| {
            let errors = vec![Error::new(code, "message")];
            tally.add(Duration::ZERO, Err(CallError::Job { service: "evil".to_owned(), errors }), false);
        };
        (0..1_000).for_each(|number| fail(format!("{number:0>1000}")));
        (0..1_000).for_each(|number| fail(number.to_string()));
        assert!(tally.problems.keys().all(|problem| problem.code.len() <= LONGEST_CODE));
        assert_eq!((tally.problems.len(), tally.requests(), tally.errors), (MOST_PROBLEMS + 1, 2_000, 2_000));
    }

    #[test]
    fn a_latency_of_any_length_is_counted() {
        let mut tally = Tally::default();
        tally.add(Duration::MAX, Ok(()), false);
        tally.add(Duration::ZERO, Ok(()), true);
        assert_eq!((tally.requests(), tally.late, tally.latencies.min()), (2, 1, 0));
        assert!(tally.latencies.max() >= LONGEST);
    }
}
