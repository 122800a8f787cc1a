//! Which code of the user is being polled, so that the watchdog of a worker sees code that does not yield.

mod marks;
mod slot;
#[cfg(test)]
mod tests;

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use slab::Slab;
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

pub(crate) use self::{
    marks::Marks,
    slot::{Answer, Beside, Request, Return, Slot, Told},
};

/// A registry of everything of the user's code that is polled in a worker. Clones are the same one.
#[derive(Clone, Default)]
pub(crate) struct Watch(Arc<Inner>);

struct Inner {
    slots: Mutex<Slab<Arc<dyn Slot>>>,
    arrivals: AtomicU64,
    /// Whether the watchdog waits until something is polled. Never, where there is no watchdog.
    is_parked: AtomicBool,
    bell: Notify,
    stage: watch::Sender<Stage>,
    /// That the loop of a doomed worker has ended.
    has_stopped: Notify,
}

/// How it stands with a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Runs,
    /// The process ends at this time or before.
    Doomed(Instant),
    /// And all of its requests that the watchdog could answer are answered.
    Settled(Instant),
}

/// Code that has not yielded since the last look.
pub(crate) struct Late {
    pub(crate) slot: Arc<dyn Slot>,
    /// When its poll was first seen.
    pub(crate) since: Instant,
}

/// What is to be seen at one time.
pub(crate) struct Look {
    pub(crate) late: Vec<Late>,
    /// Whether nothing is being polled, and nothing has been that is still there.
    pub(crate) is_quiet: bool,
}

impl Watch {
    /// Puts a future under watch. It gives nothing when its slot was claimed: then it is dropped where it is polled next.
    pub(crate) fn wrap<F: Future>(&self, slot: Arc<dyn Slot>, future: F) -> Watched<F> {
        self.hold(slot).wrap(future)
    }

    /// Runs under watch what might block the thread.
    pub(crate) fn run<T>(&self, slot: Arc<dyn Slot>, run: impl FnOnce() -> T) -> T {
        let place = self.hold(slot);
        let _polling = place.enter();
        run()
    }

    /// Leaves something to the watchdog that is not going to be polled.
    pub(crate) fn hold(&self, slot: Arc<dyn Slot>) -> Place {
        let key = self.slots().insert(Arc::clone(&slot));
        Place { watch: self.clone(), key, slot }
    }

    /// The number of the next request: later ones have higher ones.
    pub(crate) fn arrival(&self) -> u64 {
        self.0.arrivals.fetch_add(1, Ordering::Relaxed)
    }

    /// Waits until the worker is doomed; gives when its process ends.
    pub(crate) async fn doomed(&self) -> Instant {
        match self.reaches(|stage| *stage != Stage::Runs).await {
            Stage::Doomed(end) | Stage::Settled(end) => end,
            Stage::Runs => std::future::pending().await,
        }
    }

    /// When the process of a doomed worker ends.
    pub(crate) fn end(&self) -> Option<Instant> {
        match *self.0.stage.borrow() {
            Stage::Runs => None,
            Stage::Doomed(end) | Stage::Settled(end) => Some(end),
        }
    }

    /// Waits until the watchdog has answered what it can, when the loop of a doomed worker has ended.
    pub(crate) async fn settled(&self) {
        self.0.has_stopped.notify_one();
        self.reaches(|stage| matches!(stage, Stage::Settled(_))).await;
    }

    async fn reaches(&self, is_it: impl FnMut(&Stage) -> bool) -> Stage {
        // The sender lives as long as this.
        self.0.stage.subscribe().wait_for(is_it).await.map_or(Stage::Runs, |stage| *stage)
    }

    fn slots(&self) -> MutexGuard<'_, Slab<Arc<dyn Slot>>> {
        self.0.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The side of the watchdog.
impl Watch {
    pub(crate) fn look(&self, now: Instant) -> Look {
        let mut look = Look { late: Vec::new(), is_quiet: true };
        for (_, slot) in self.slots().iter() {
            let seen = slot.marks().look(now);
            look.is_quiet &= !seen.is_polled && !seen.has_changed;
            if let Some(since) = seen.late_since {
                look.late.push(Late { slot: Arc::clone(slot), since });
            }
        }
        look
    }

    /// Waits until something is polled.
    pub(crate) async fn park(&self) {
        self.0.is_parked.store(true, Ordering::SeqCst);
        // What was entered before that rings no bell, and is seen here; what is entered after it rings.
        if !self.slots().iter().any(|(_, slot)| slot.marks().is_polled()) {
            self.0.bell.notified().await;
        }
        self.0.is_parked.store(false, Ordering::SeqCst);
    }

    /// What was put under watch and has not ended.
    pub(crate) fn all(&self) -> Vec<Arc<dyn Slot>> {
        self.slots().iter().map(|(_, slot)| Arc::clone(slot)).collect()
    }

    pub(crate) fn enter_stage(&self, stage: Stage) {
        self.0.stage.send_replace(stage);
    }

    /// Waits until the loop of a doomed worker has ended, which it does when its thread is free again.
    pub(crate) async fn stopped(&self) {
        self.0.has_stopped.notified().await;
    }
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            slots: Mutex::default(),
            arrivals: AtomicU64::new(0),
            is_parked: AtomicBool::new(false),
            bell: Notify::new(),
            stage: watch::Sender::new(Stage::Runs),
            has_stopped: Notify::new(),
        }
    }
}

/// A place in the registry, until this is dropped.
pub(crate) struct Place {
    watch: Watch,
    key: usize,
    slot: Arc<dyn Slot>,
}

impl Place {
    /// As [`Watch::wrap`].
    pub(crate) fn wrap<F: Future>(self, future: F) -> Watched<F> {
        Watched { future: Some(future), place: self }
    }

    /// Marks what is done until the guard is dropped.
    fn enter(&self) -> impl Drop + '_ {
        let polling = self.slot.marks().enter();
        let watch = &self.watch.0;
        if watch.is_parked.load(Ordering::SeqCst) && watch.is_parked.swap(false, Ordering::SeqCst) {
            watch.bell.notify_one();
        }
        polling
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let slot = self.watch.slots().try_remove(self.key);
        // Outside of the lock.
        drop(slot);
    }
}

pin_project! {
    /// The future of [`Watch::wrap`].
    pub(crate) struct Watched<F> {
        #[pin]
        future: Option<F>,
        place: Place,
    }

    impl<F> PinnedDrop for Watched<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            // Dropping runs code of the user, too.
            let polling = this.future.is_some().then(|| this.place.enter());
            this.future.set(None);
            drop(polling);
        }
    }
}

impl<F: Future> Future for Watched<F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let _polling = this.place.enter();
        if !this.place.slot.marks().start() {
            this.future.set(None);
            return Poll::Ready(None);
        }
        let Some(future) = this.future.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let output = ready!(future.poll(context));
        this.future.set(None);
        Poll::Ready(Some(output))
    }
}
