//! Watches for code that does not yield, from a thread of its own: what waits behind it goes to other workers, and at
//! its limit the worker ends.

mod doom;
mod report;
#[cfg(test)]
mod tests;

use std::{
    cmp::Reverse,
    collections::BTreeSet,
    future::ready,
    ptr,
    sync::{Arc, Weak},
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::{
    runtime::Handle,
    sync::{Mutex, OwnedMutexGuard},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};

use self::report::{Culprit, HandedBack};
use crate::watch::{Late, Request, Return, Slot, Watch};

/// How often it looks, while something is polled.
const TICK: Duration = Duration::from_millis(100);

/// How much sooner the transport is relieved than requests are put back, so that it does not pop them itself.
const AHEAD: Duration = Duration::from_millis(100);

/// How often a transport is relieved again whose thread stays stuck.
const RELIEF_INTERVAL: Duration = Duration::from_secs(1);

/// From when on a thread counts as stuck: that is told then, and at its limit the worker ends.
const NOTABLE: Duration = Duration::from_secs(1);

/// What acts for the transport of a worker; see [`Rescue::relieve`](soa_common::transport::Rescue::relieve).
pub(super) trait Relief: Send + Sync + 'static {
    fn relieve(&self) -> BoxFuture<'_, ()>;
}

/// Where a watchdog runs, and what ends the process when it has to end.
pub(crate) struct Keeper {
    /// Not that of the worker.
    pub(crate) runtime: Handle,
    pub(crate) end: Box<dyn FnOnce() + Send>,
}

impl Keeper {
    pub(super) fn keep(self, watching: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(async {
            watching.await;
            (self.end)();
        });
    }
}

/// How a worker is watched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// How many threads poll: only when all of them are late, nothing goes on.
    pub(super) threads: usize,
    /// For all that has no limit of its own.
    pub(super) timeout: Option<Duration>,
    /// How long a doomed worker may go on.
    pub(super) grace: Duration,
}

/// Watches until the process is to end.
pub(super) async fn watch(watch: Watch, relief: Weak<dyn Relief>, limits: Limits) {
    let mut watchdog =
        Watchdog { watch, relief, limits, relieving: Arc::default(), tasks: JoinSet::new(), stretch: None };
    loop {
        let mut ticks = interval_at(Instant::now() + TICK, TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let now = ticks.tick().await.max(Instant::now());
            let mut look = watchdog.watch.look(now);
            watchdog.follow(&look.late, now);
            let culprit = look.late.iter().position(|late| is_over(late, limits.timeout, now));
            if let Some(culprit) = culprit {
                let culprit = look.late.swap_remove(culprit);
                drop(look);
                return watchdog.doom(culprit, now).await;
            }
            if look.is_quiet {
                break;
            }
        }
        watchdog.watch.park().await;
    }
}

/// Whether the worker is to end because of it. What comes to its limit while it computes for a moment is left to yield:
/// then it is interrupted by itself.
fn is_over(late: &Late, timeout: Option<Duration>, now: Instant) -> bool {
    let limit = late.slot.limit(late.since, timeout);
    limit.is_some_and(|limit| limit.max(late.since + NOTABLE) <= now)
}

struct Watchdog {
    watch: Watch,
    /// The service ends with its worker, which may not outlive this.
    relief: Weak<dyn Relief>,
    limits: Limits,
    /// Held while the transport is relieved.
    relieving: Arc<Mutex<()>>,
    tasks: JoinSet<()>,
    stretch: Option<Stretch>,
}

/// A time in which no thread has yielded.
struct Stretch {
    culprit: Culprit,
    /// What is late; it ends with its worker, as the service does.
    slot: Weak<dyn Slot>,
    relieved: Option<Instant>,
    was_told: bool,
    handed_back: HandedBack,
}

impl Watchdog {
    /// Does what is to be done while no thread yields, and what follows when one does.
    fn follow(&mut self, late: &[Late], now: Instant) {
        while self.tasks.try_join_next().is_some() {}
        let threads: BTreeSet<u32> = late.iter().map(|late| late.slot.marks().thread()).collect();
        let longest = late.iter().min_by_key(|late| late.since).filter(|_| threads.len() >= self.limits.threads);
        let Some(longest) = longest else {
            if let Some(stretch) = self.stretch.take().filter(|stretch| stretch.was_told) {
                stretch.culprit.yielded(now, &stretch.handed_back);
            }
            return;
        };
        let is_new = self
            .stretch
            .as_ref()
            .is_none_or(|stretch| !ptr::addr_eq(stretch.slot.as_ptr(), Arc::as_ptr(&longest.slot)));
        if is_new {
            self.follow(&[], now);
        }
        let stretch = self.stretch.get_or_insert_with(|| Stretch {
            culprit: Culprit::of(longest),
            slot: Arc::downgrade(&longest.slot),
            relieved: None,
            was_told: false,
            handed_back: HandedBack::default(),
        });
        let is_time = stretch.relieved.is_none_or(|relieved| now - relieved >= RELIEF_INTERVAL);
        let turn = Arc::clone(&self.relieving).try_lock_owned().ok().filter(|_| is_time);
        stretch.relieved = turn.as_ref().map_or(stretch.relieved, |_| Some(now));
        let handed_back = stretch.handed_back.clone();
        if !stretch.was_told && now - longest.since >= NOTABLE {
            stretch.was_told = true;
            stretch.culprit.keeps_on(now, &handed_back);
        }
        if let Some(turn) = turn {
            self.relieve(ready(turn));
        }
        self.hand_back(handed_back);
    }

    /// Relieves the transport once it is its turn.
    fn relieve(&mut self, turn: impl Future<Output = OwnedMutexGuard<()>> + Send + 'static) {
        let relief = Weak::clone(&self.relief);
        self.tasks.spawn(async move {
            let _relieving = turn.await;
            if let Some(relief) = relief.upgrade() {
                relief.relieve().await;
            }
        });
    }

    /// Has all requests put back that were received and not started.
    fn hand_back(&mut self, handed_back: HandedBack) {
        let queued = claim_queued(&self.watch);
        if queued.is_empty() {
            return;
        }
        let relieving = Arc::clone(&self.relieving);
        self.tasks.spawn(async move {
            let _ = timeout(AHEAD, relieving.lock()).await;
            put_back(queued, &handed_back).await;
        });
    }
}

/// Takes the requests that have not started, the last one first: so they stand in the queue as they came.
fn claim_queued(watch: &Watch) -> Vec<Arc<dyn Slot>> {
    let mut queued = watch.all();
    queued.retain(|slot| slot.request().is_some_and(<dyn Request>::has_rescue) && slot.marks().hand_back());
    queued.sort_by_key(|slot| Reverse(slot.request().map(<dyn Request>::arrival)));
    queued
}

/// Puts requests back that were claimed.
async fn put_back(queued: Vec<Arc<dyn Slot>>, handed_back: &HandedBack) {
    let mut lost = Vec::new();
    for slot in queued {
        let Some(request) = slot.request() else { continue };
        match request.put_back().await {
            Ok(Return::PutBack) => handed_back.count(),
            // It is counted where it was received.
            Ok(Return::Expired) => {}
            Err(error) => lost.push((slot.told(), error)),
        }
    }
    report::lost("the request could not be handed back, it is lost", lost);
}
