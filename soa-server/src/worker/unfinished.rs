//! How many requests this process is working on, for its last words.

use std::sync::atomic::{AtomicUsize, Ordering};

static UNFINISHED: AtomicUsize = AtomicUsize::new(0);

/// A request, counted until this is dropped.
#[derive(Debug)]
pub(super) struct Unfinished(());

impl Unfinished {
    pub(super) fn begin() -> Self {
        UNFINISHED.fetch_add(1, Ordering::Relaxed);
        Self(())
    }

    /// How many there are now.
    pub(super) fn count() -> usize {
        UNFINISHED.load(Ordering::Relaxed)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        UNFINISHED.fetch_sub(1, Ordering::Relaxed);
    }
}
