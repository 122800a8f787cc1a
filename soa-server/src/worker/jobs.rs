//! The jobs of a worker, and the tasks that drive them.

use std::{
    future::{Future, poll_fn},
    mem,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll},
};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::task::JoinSet;

use crate::watch::Slot;

/// A job that is to be run.
pub(super) struct Job {
    slot: Arc<dyn Slot>,
    run: BoxFuture<'static, Option<()>>,
}

impl Job {
    pub(super) fn new(slot: Arc<dyn Slot>, run: impl Future<Output = Option<()>> + Send + 'static) -> Self {
        Self { slot, run: Box::pin(run) }
    }
}

/// The tasks of all jobs, which end when this is dropped.
#[derive(Default)]
pub(super) struct Jobs(Arc<Mutex<JoinSet<Option<()>>>>);

impl Jobs {
    /// Runs jobs that came together.
    ///
    /// Most have nothing to wait for but that their responses are sent, which leave together: one task does for all of
    /// those. A job that waits for something else gets a task of its own.
    pub(super) fn start_together(&self, jobs: Vec<Job>) {
        lock(&self.0).spawn(Batch { jobs, tasks: Arc::downgrade(&self.0) }.map(Some));
    }

    /// Runs jobs in a task each.
    pub(super) fn start_apart(&self, jobs: Vec<Job>) {
        let mut tasks = lock(&self.0);
        jobs.into_iter().for_each(|job| drop(tasks.spawn(job.run)));
    }

    /// Forgets what has ended.
    pub(super) fn reap(&self) {
        let mut tasks = lock(&self.0);
        while tasks.try_join_next().is_some() {}
    }

    /// Waits until all have ended.
    pub(super) async fn join(&self) {
        poll_fn(|context| {
            let mut tasks = lock(&self.0);
            loop {
                match tasks.poll_join_next(context) {
                    Poll::Ready(Some(_)) => {}
                    Poll::Ready(None) => return Poll::Ready(()),
                    Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await;
    }

    /// Drops all of them, and waits until they are dropped.
    pub(super) async fn shutdown(&self) {
        lock(&self.0).abort_all();
        self.join().await;
    }
}

fn lock(tasks: &Mutex<JoinSet<Option<()>>>) -> MutexGuard<'_, JoinSet<Option<()>>> {
    tasks.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Jobs that share a task. Once polled, they are those whose responses are on their way.
struct Batch {
    jobs: Vec<Job>,
    tasks: Weak<Mutex<JoinSet<Option<()>>>>,
}

impl Future for Batch {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let polled = mem::take(&mut self.jobs).into_iter().filter_map(|mut job| {
            // As in a task of its own, a panic ends one job only.
            let polled = AssertUnwindSafe(&mut job.run).catch_unwind().poll_unpin(context);
            if polled.is_ready() {
                return None;
            }
            if job.slot.marks().is_finished() {
                return Some(job);
            }
            // The tasks end with their worker.
            if let Some(tasks) = self.tasks.upgrade() {
                lock(&tasks).spawn(job.run);
            }
            None
        });
        let waiting: Vec<_> = polled.collect();
        self.jobs = waiting;
        if self.jobs.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }
}
