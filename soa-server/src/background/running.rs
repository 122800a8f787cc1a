//! The background tasks that run.

use std::{
    fmt,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use tokio::{task::JoinSet, time::timeout};
use tracing::warn;

use crate::watch::{Beside, Watch};

/// From how many tasks on the log warns.
const MANY: usize = 1000;

/// How long tasks may take to be dropped.
const ABORT_LIMIT: Duration = Duration::from_millis(100);

/// Background tasks of a service. Clones are the same ones.
#[derive(Clone, Default)]
pub(crate) struct Tasks {
    running: Arc<Mutex<Running>>,
    watch: Watch,
    /// Held by who waits: the tasks wake one only.
    waiting: Arc<tokio::sync::Mutex<()>>,
}

struct Running {
    tasks: JoinSet<Option<()>>,
    /// How many are worth the next warning.
    many: usize,
}

impl Tasks {
    /// Those of a worker that is watched.
    pub(crate) fn watched(watch: Watch) -> Self {
        Self { watch, ..Self::default() }
    }

    pub(super) fn spawn(&self, slot: Arc<Beside>, task: impl Future<Output = ()> + Send + 'static) {
        let mut running = self.lock();
        running.reap();
        running.tasks.spawn(self.watch.wrap(slot, task));
        let count = running.tasks.len();
        if count >= running.many {
            running.many *= 2;
            warn!("{count} background tasks run at once: they are spawned faster than they end");
        }
    }

    /// Waits until none runs any more, those included that are spawned meanwhile.
    pub(crate) async fn join(&self) {
        let _waiting = self.waiting.lock().await;
        poll_fn(|context| {
            let mut running = self.lock();
            loop {
                match running.tasks.poll_join_next(context) {
                    Poll::Ready(Some(_)) => {}
                    Poll::Ready(None) => return Poll::Ready(()),
                    Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await;
    }

    /// Drops those that run still; gives how many there were.
    pub(crate) async fn abort(&self) -> usize {
        let count = {
            let mut running = self.lock();
            running.reap();
            running.tasks.abort_all();
            running.tasks.len()
        };
        // One that keeps its thread busy is dropped when it lets go, if ever.
        let _ = timeout(ABORT_LIMIT, self.join()).await;
        count
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    fn reap(&mut self) {
        while self.tasks.try_join_next().is_some() {}
    }
}

impl Default for Running {
    fn default() -> Self {
        Self { tasks: JoinSet::new(), many: MANY }
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks").field("running", &self.lock().tasks.len()).finish()
    }
}
