//! When a worker that ended is started again.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// A worker number is given up when it has this many exits within this time.
const LIMITS: [(usize, Duration); 2] = [(4, Duration::from_secs(15)), (9, Duration::from_secs(60))];

/// The history of one worker number.
///
/// Every exit that nobody asked for counts, whatever its code.
#[derive(Debug, Default)]
pub(super) struct Respawn {
    exits: VecDeque<Instant>,
}

impl Respawn {
    /// Notes an exit and says whether the worker may be started again.
    pub(super) fn exited(&mut self, now: Instant) -> bool {
        self.exits.push_front(now);
        self.exits.truncate(LIMITS[1].0);
        !LIMITS.iter().any(|(count, time)| self.exits.get(count - 1).is_some_and(|first| now - *first < *time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds exits at these seconds; `given_up` is the place of the first that is not followed by a start.
    fn check(seconds: &[f64], given_up: Option<usize>) {
        let (mut respawn, start) = (Respawn::default(), Instant::now());
        let found = seconds.iter().position(|at| !respawn.exited(start + Duration::from_secs_f64(*at)));
        assert_eq!(found, given_up, "{seconds:?}");
    }

    #[test]
    fn a_worker_is_given_up_at_its_fourth_exit_within_15_seconds() {
        check(&[0.0, 1.0, 2.0], None);
        check(&[0.0, 1.0, 2.0, 3.0], Some(3));
        check(&[0.0, 0.0, 0.0, 14.9], Some(3));
        check(&[0.0, 0.0, 0.0, 15.0], None);
        check(&[0.0, 10.0, 12.0, 16.0, 24.0], Some(4));
    }

    #[test]
    fn a_worker_is_given_up_at_its_ninth_exit_within_60_seconds() {
        check(&[0.0, 7.0, 14.0, 21.0, 28.0, 35.0, 42.0, 49.0, 59.9], Some(8));
        check(&[0.0, 7.0, 14.0, 21.0, 28.0, 35.0, 42.0, 49.0, 60.0], None);
    }

    #[test]
    fn a_worker_that_fails_now_and_then_goes_on_for_ever() {
        check(&(0..200).map(|exit| f64::from(exit) * 7.5).collect::<Vec<_>>(), None);
    }
}
