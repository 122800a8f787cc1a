//! Pauses between attempts to reach a Redis that is out of order.

use std::time::Duration;

/// The first pause, before its share of chance.
const FIRST: Duration = Duration::from_millis(50);

/// Pauses that double up to a limit, each shortened by chance so that many processes do not return at once.
#[derive(Debug)]
pub(super) struct Backoff {
    longest: Duration,
    failures: u32,
}

impl Backoff {
    pub(super) fn new(longest: Duration) -> Self {
        Self { longest, failures: 0 }
    }

    /// How long to wait after one more failure.
    pub(super) fn pause(&mut self) -> Duration {
        let pause = FIRST.saturating_mul(1 << self.failures.min(16)).min(self.longest);
        self.failures = self.failures.saturating_add(1);
        pause.mul_f64(0.5 + fastrand::f64() / 2.0)
    }

    /// Starts anew after a success.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}
