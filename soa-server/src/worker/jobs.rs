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

use crate::{
    logging::{self, Gathering},
    watch::{Beside, Slot, Watch},
};

/// A job that is to be run.
pub(super) struct Job {
    slot: Arc<dyn Slot>,
    run: BoxFuture<'static, Option<()>>,
}

impl Job {
    pub(super) fn new(slot: Arc<dyn Slot>, run: impl Future<Output = Option<()>> + Send + 'static) -> Self {
        Self { slot, run: Box::pin(run) }
    }

    /// It has not been run yet.
    pub(super) fn put_off(&self) {
        self.slot.marks().put_off();
    }
}

/// The tasks of all jobs, which end when this is dropped.
pub(super) struct Jobs {
    tasks: Arc<Mutex<JoinSet<Option<()>>>>,
    log: Log,
}

/// The log of jobs, under watch where several lines are written at once.
#[derive(Clone)]
pub(super) struct Log {
    watch: Watch,
    slot: Arc<Beside>,
}

impl Log {
    /// Writes the lines of jobs that are logged meanwhile together, all of it under watch.
    pub(super) fn write_together<T>(&self, run: impl FnOnce() -> T) -> T {
        self.watch.run(Arc::clone(&self.slot) as _, || {
            let _gathering = logging::gather();
            run()
        })
    }

    /// Writes what waits.
    fn write(&self, gathering: Gathering) {
        self.watch.run(Arc::clone(&self.slot) as _, || drop(gathering));
    }
}

impl Jobs {
    pub(super) fn new(watch: Watch) -> Self {
        Self { tasks: Arc::default(), log: Log { watch, slot: Beside::new("the log of jobs") } }
    }

    pub(super) fn log(&self) -> &Log {
        &self.log
    }

    /// Runs jobs that came together.
    ///
    /// Most have nothing to wait for but that their responses are sent, which leave together: one task does for all of
    /// those. A job that waits for something else gets a task of its own.
    pub(super) fn start_together(&self, jobs: Vec<Job>) {
        lock(&self.tasks).spawn(Batch { jobs, tasks: Arc::downgrade(&self.tasks), log: self.log.clone() }.map(Some));
    }

    /// Runs jobs in a task each.
    pub(super) fn start_apart(&self, jobs: Vec<Job>) {
        let mut tasks = lock(&self.tasks);
        jobs.into_iter().for_each(|job| drop(tasks.spawn(job.run)));
    }

    /// Forgets what has ended.
    pub(super) fn reap(&self) {
        let mut tasks = lock(&self.tasks);
        while tasks.try_join_next().is_some() {}
    }

    /// Waits until all have ended.
    pub(super) async fn join(&self) {
        poll_fn(|context| {
            let mut tasks = lock(&self.tasks);
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
        lock(&self.tasks).abort_all();
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
    log: Log,
}

impl Future for Batch {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        // Only where no code of the user is run any more: it may end the process.
        let gathering = self.jobs.iter().all(|job| job.slot.marks().is_finished()).then(logging::gather);
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
        if let Some(gathering) = gathering {
            self.log.write(gathering);
        }
        if self.jobs.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn jobs_that_share_a_task_end_by_themselves() {
        let (watch, ended, gate) = (Watch::default(), Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
        let jobs = Jobs::new(watch.clone());
        let job = |panics: bool, is_answered: bool, waits: bool| {
            let slot = Beside::new("a job");
            let (own, ended, gate) = (Arc::clone(&slot), Arc::clone(&ended), Arc::clone(&gate));
            let run = async move {
                assert!(!panics, "of this one");
                if is_answered {
                    own.marks().finish();
                }
                if waits {
                    gate.acquire().await.unwrap().forget();
                }
                ended.fetch_add(1, Ordering::Relaxed);
            };
            Job::new(Arc::clone(&slot) as _, watch.wrap(slot, run))
        };
        let all =
            || vec![job(false, false, false), job(true, false, false), job(false, true, true), job(false, false, true)];

        jobs.start_together(all());
        tokio::task::yield_now().await;
        assert_eq!(ended.load(Ordering::Relaxed), 1, "what waits keeps none of the others");
        assert_eq!(lock(&jobs.tasks).len(), 2, "what is not answered has a task of its own");
        gate.add_permits(2);
        jobs.join().await;
        assert_eq!(ended.load(Ordering::Relaxed), 3);

        jobs.start_together(all());
        tokio::task::yield_now().await;
        jobs.shutdown().await;
        assert_eq!((ended.load(Ordering::Relaxed), watch.all().len()), (4, 0), "none is left");
    }
}
