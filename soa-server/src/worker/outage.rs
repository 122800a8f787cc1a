//! A transport that fails: how long to wait, and what to say about it how often.

use std::time::Duration;

use tokio::time::Instant;

/// The longest wait between two tries.
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// The first wait; it doubles with every failure.
const FIRST_DELAY: Duration = Duration::from_millis(250);

/// How often a failure that goes on is mentioned.
const REMINDER: Duration = Duration::from_secs(60);

/// Follows the failures of a transport. Nobody ever gives up; it is said once that it fails, once a minute that it still
/// does, and once that it works again.
#[derive(Debug, Default)]
pub(super) struct Outage(Option<Failing>);

#[derive(Debug)]
struct Failing {
    since: Instant,
    told: Instant,
    failures: u32,
}

/// What to do after a failure.
#[derive(Debug, PartialEq)]
pub(super) struct Failure {
    /// How long to wait before the next try, at least half of it.
    pub(super) delay: Duration,
    /// Since when the transport has failed, when it is time to tell.
    pub(super) tell: Option<Duration>,
}

impl Outage {
    /// Notes a failure.
    pub(super) fn failed(&mut self, now: Instant) -> Failure {
        let is_new = self.0.is_none();
        let failing = self.0.get_or_insert(Failing { since: now, told: now, failures: 0 });
        let delay = LONGEST_DELAY.min(FIRST_DELAY * 2_u32.pow(failing.failures.min(10)));
        failing.failures += 1;
        let is_time = is_new || now - failing.told >= REMINDER;
        if is_time {
            failing.told = now;
        }
        Failure { delay, tell: is_time.then_some(now - failing.since) }
    }

    /// Notes a success; gives how long the failure lasted that it ends.
    pub(super) fn worked(&mut self, now: Instant) -> Option<Duration> {
        self.0.take().map(|failing| now - failing.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_five_seconds_and_one_line_a_minute_tells() {
        let (mut outage, start) = (Outage::default(), Instant::now());
        let mut now = start;
        let mut told = Vec::new();
        let mut delays = Vec::new();
        while now - start < Duration::from_secs(130) {
            let failure = outage.failed(now);
            told.extend(failure.tell.map(|since| since.as_secs()));
            delays.push(failure.delay.as_millis());
            now += failure.delay;
        }
        assert_eq!(told, [0, 62, 122]);
        assert_eq!(delays[..7], [250, 500, 1000, 2000, 4000, 5000, 5000]);
        assert_eq!(outage.worked(now), Some(now - start));
        assert_eq!(outage.worked(now), None);
    }
}
