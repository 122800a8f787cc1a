//! Makes the calls.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use soa_client::CallError;
use tokio::{
    task::{JoinSet, yield_now},
    time::Instant,
};

use super::{pace::Pace, tally::Tally};

/// When no more calls are begun.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    Requests(u64),
    After(Duration),
}

/// A load that runs.
///
/// Each place in flight is a task that makes one call after the other. All run on one thread, so nobody ever waits for the
/// tally, and it takes no more memory for many places.
pub(super) struct Load {
    shared: Arc<Shared>,
    places: JoinSet<()>,
}

struct Shared {
    started: Instant,
    end: End,
    /// None for a closed loop.
    pace: Option<Pace>,
    /// The number of the next call.
    next: AtomicU64,
    /// How many calls were begun.
    begun: AtomicU64,
    tally: Mutex<Tally>,
}

impl Load {
    /// Starts now, on the runtime of this task, which has one thread.
    pub(super) fn start<C, F>(places: u32, end: End, pace: Option<Pace>, call: C) -> Self
    where
        C: Fn() -> F + Clone + Send + 'static,
        F: Future<Output = Result<(), CallError>> + Send,
    {
        let started = pace.as_ref().map_or_else(Instant::now, |pace| pace.started);
        let shared = Shared { started, end, pace, next: 0.into(), begun: 0.into(), tally: Mutex::default() };
        let shared = Arc::new(shared);
        let mut tasks = JoinSet::new();
        for _ in 0..places {
            let (shared, call) = (shared.clone(), call.clone());
            tasks.spawn(async move { shared.fill_place(call).await });
        }
        Self { shared, places: tasks }
    }

    /// Returns when the last call is answered.
    pub(super) async fn finish(&mut self) {
        while self.places.join_next().await.is_some() {}
    }

    /// How long was measured, or has been so far: calls that are waited for after the end do not prolong it, and that
    /// the last call of an open loop is answered before the next would be due does not shorten it.
    pub(super) fn measured(&self) -> Duration {
        let (passed, is_over) = (self.passed(), self.places.is_empty());
        match (self.shared.end, &self.shared.pace) {
            (End::After(duration), _) if is_over => duration,
            (End::After(duration), _) => passed.min(duration),
            (End::Requests(count), Some(pace)) if is_over => passed.max(pace.due(count) - pace.started),
            (End::Requests(_), _) => passed,
        }
    }

    /// How many calls were begun and are not answered.
    pub(super) fn unanswered(&self) -> u64 {
        self.shared.begun.load(Ordering::Relaxed) - self.tally().requests()
    }

    pub(super) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.shared.tally()
    }

    fn passed(&self) -> Duration {
        self.shared.started.elapsed()
    }

    /// How many calls were due and found no place before the end, or by now.
    pub(super) fn missed(&self) -> u64 {
        let Shared { pace: Some(pace), end, begun, .. } = &*self.shared else {
            return 0;
        };
        let due = match *end {
            End::Requests(count) => pace.due_before(self.passed()).min(count),
            End::After(duration) => pace.due_before(self.passed().min(duration)),
        };
        due.saturating_sub(begun.load(Ordering::Relaxed))
    }
}

impl Shared {
    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fill_place<C, F>(&self, call: C)
    where
        C: Fn() -> F,
        F: Future<Output = Result<(), CallError>>,
    {
        while let Some(begin) = self.next().await {
            let result = call().await;
            let (failed, now) = (result.is_err(), Instant::now());
            self.tally().add(now - begin, result, self.is_after_end(now));
            if failed {
                // A call may fail without ever waiting, and the other tasks have to get on.
                yield_now().await;
            }
        }
    }

    /// Waits for the time of the next call; gives the time from which it is measured.
    async fn next(&self) -> Option<Instant> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if matches!(self.end, End::Requests(count) if number >= count) {
            return None;
        }
        let begin = match &self.pace {
            None => Instant::now(),
            Some(pace) => {
                let due = pace.due(number);
                if self.is_after_end(due) {
                    return None;
                }
                pace.wait().await;
                due
            }
        };
        // A call that was due in time may have got its place too late.
        if self.is_after_end(Instant::now()) {
            return None;
        }
        self.begun.fetch_add(1, Ordering::Relaxed);
        Some(begin)
    }

    fn is_after_end(&self, instant: Instant) -> bool {
        matches!(self.end, End::After(duration) if instant - self.started >= duration)
    }
}

#[cfg(test)]
mod tests;
