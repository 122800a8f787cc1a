//! What is noted of code that is polled, without a lock where it is polled.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering},
};

use tokio::time::Instant;

/// Whose a job is. Only one of the job itself and the watchdog answers it, or puts it back.
mod claim {
    /// Received and not polled yet.
    pub(super) const QUEUED: u8 = 0;
    /// It has been polled.
    pub(super) const STARTED: u8 = 1;
    /// Its response is given to the transport, or it is to have none.
    pub(super) const FINISHED: u8 = 2;
    /// The watchdog puts it back.
    pub(super) const HANDED_BACK: u8 = 3;
    /// The watchdog answers it.
    pub(super) const TAKEN: u8 = 4;
}

/// What is known of the polls of one future.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    /// How often a poll has begun or ended: odd while it is polled.
    polls: AtomicU64,
    /// The thread that polled it last.
    thread: AtomicU32,
    claim: AtomicU8,
    /// What the watchdog saw of `polls` last, and since when.
    seen: Mutex<Option<(u64, Instant)>>,
}

/// What the watchdog sees of a future.
pub(super) struct Seen {
    pub(super) is_polled: bool,
    pub(super) has_changed: bool,
    /// When the poll was first seen that was under way at the last look already.
    pub(super) late_since: Option<Instant>,
}

impl Marks {
    /// Marks a poll until the guard is dropped.
    pub(super) fn enter(&self) -> Polling<'_> {
        self.thread.store(this_thread(), Ordering::Relaxed);
        self.polls.fetch_add(1, Ordering::SeqCst);
        Polling(self)
    }

    /// Whether it may be polled; from then on it is not put back any more.
    pub(crate) fn start(&self) -> bool {
        match self.claim(claim::QUEUED, claim::STARTED) {
            Ok(_) => true,
            Err(claim) => matches!(claim, claim::STARTED | claim::FINISHED),
        }
    }

    /// Takes back that it may be polled: until then it can be put back again.
    pub(crate) fn put_off(&self) {
        let _ = self.claim(claim::STARTED, claim::QUEUED);
    }

    /// Says that the response is given to the transport now. False: it is answered already.
    pub(crate) fn finish(&self) -> bool {
        self.claim(claim::STARTED, claim::FINISHED).is_ok()
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.claim.load(Ordering::SeqCst) == claim::FINISHED
    }

    /// Takes it away unless it has started. True: it is to be put back.
    pub(crate) fn hand_back(&self) -> bool {
        self.claim(claim::QUEUED, claim::HANDED_BACK).is_ok()
    }

    /// Takes it away unless it has finished. True: it is to be answered.
    pub(crate) fn take(&self) -> bool {
        self.claim(claim::STARTED, claim::TAKEN).is_ok()
    }

    pub(super) fn is_polled(&self) -> bool {
        self.polls.load(Ordering::SeqCst) % 2 == 1
    }

    /// The thread that polls it; its id of the system, on Linux.
    pub(crate) fn thread(&self) -> u32 {
        self.thread.load(Ordering::Relaxed)
    }

    pub(super) fn look(&self, now: Instant) -> Seen {
        let polls = self.polls.load(Ordering::SeqCst);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let before = seen.filter(|(before, _)| *before == polls);
        *seen = before.or(Some((polls, now)));
        let is_polled = polls % 2 == 1;
        let late_since = before.map(|(_, since)| since).filter(|_| is_polled);
        Seen { is_polled, has_changed: before.is_none(), late_since }
    }

    fn claim(&self, from: u8, to: u8) -> Result<u8, u8> {
        self.claim.compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst)
    }
}

/// A poll that is under way.
pub(super) struct Polling<'a>(&'a Marks);

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        self.0.polls.fetch_add(1, Ordering::SeqCst);
    }
}

fn this_thread() -> u32 {
    thread_local! {
        static THREAD: u32 = new_thread();
    }
    // A future may be dropped while its thread ends.
    THREAD.try_with(|thread| *thread).unwrap_or_default()
}

#[cfg(target_os = "linux")]
fn new_thread() -> u32 {
    rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs()
}

#[cfg(not(target_os = "linux"))]
fn new_thread() -> u32 {
    static THREADS: AtomicU32 = AtomicU32::new(1);
    THREADS.fetch_add(1, Ordering::Relaxed)
}
