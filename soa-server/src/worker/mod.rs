//! The loop of a worker: it takes requests from a transport, runs them and sends their responses.

pub(crate) mod control;
pub(crate) mod heartbeat;
mod job;
pub(crate) mod line;
mod outage;
mod request_log;
pub(crate) mod stop;
mod unfinished;

use std::{convert::Infallible, sync::Arc, time::Duration};

use soa_common::transport::{Received, ServerTransport, TransportError};
use tokio::{
    select,
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tracing::{Instrument, debug, info, warn};

use self::{job::JobRunner, outage::Outage, unfinished::Unfinished};
use crate::{Harakiri, ServerSettings, Service, hooks::Hook};

/// How much longer draining may take than `harakiri.timeout`: what is started last has all of its time, and its answer
/// is sent.
const SLACK: Duration = Duration::from_millis(500);

/// A worker that was told to stop did not finish its requests within `harakiri.timeout`; they were dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("requests not finished within {} s of the request to stop: {unfinished}", .limit.as_secs_f64())]
#[non_exhaustive]
pub struct DrainExceeded {
    /// How many requests were running still.
    pub unfinished: usize,
    /// How long they had.
    pub limit: Duration,
}

/// Answers requests until `shutdown` is ready, then finishes what runs.
///
/// This is a worker inside of a program of yours: it needs a tokio runtime with time enabled, and heeds no signals.
/// [`main`](crate::main) makes a whole process of it. Up to `concurrency` requests run at once, each in a task of its
/// own; a panic ends its job only. A transport out of order is tried again for ever, after 5 seconds at most.
///
/// Of the settings it uses `concurrency`, `harakiri` (its `timeout` limits draining as well, its `shutdown_grace`
/// background tasks and then [`Hooks::teardown`](crate::Hooks::teardown)), `cancel_at_deadline` and those of the
/// request log.
///
/// ```no_run
/// use soa_common::transport::redis::{RedisServerTransport, RedisSettings};
/// use soa_server::{ServerSettings, demo, serve};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let transport = RedisServerTransport::new("demo", RedisSettings::server())?;
/// let shutdown = async { tokio::time::sleep(std::time::Duration::from_secs(60)).await };
/// serve(demo::service(), transport, &ServerSettings::default(), shutdown).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When what ran at the shutdown took longer than `harakiri.timeout`.
pub async fn serve<T: ServerTransport>(
    service: Service,
    transport: T,
    settings: &ServerSettings,
    shutdown: impl Future<Output = ()>,
) -> Result<(), DrainExceeded> {
    run(service, transport, settings, || {}, shutdown).await
}

/// As [`serve`]; calls `turned` whenever requests were taken or none came for a while.
pub(crate) async fn run<T: ServerTransport>(
    service: Service,
    transport: T,
    settings: &ServerSettings,
    turned: impl FnMut(),
    shutdown: impl Future<Output = ()>,
) -> Result<(), DrainExceeded> {
    let service = service.with_own_tasks();
    let tasks = service.0.tasks.clone();
    let mut worker = Worker {
        runner: Arc::new(JobRunner::new(service, transport, settings)),
        places: Arc::new(Semaphore::new(settings.concurrency)),
        jobs: JoinSet::new(),
        idle: JoinSet::new(),
        outage: Outage::default(),
        expired: 0,
    };
    select! {
        biased;
        () = shutdown => {}
        never = worker.serve(turned) => match never {},
    }
    worker.runner.transport.stop();
    let drained = match settings.harakiri.timeout {
        Some(limit) => timeout(limit.saturating_add(SLACK), worker.drain()).await.map_err(|_| limit),
        None => {
            worker.drain().await;
            Ok(())
        }
    };
    let unfinished = worker.running();
    // Teardown comes when they are dropped, unless one keeps its thread busy.
    let _ = timeout(SLACK, worker.jobs.shutdown()).await;
    let grace = settings.harakiri.shutdown_grace;
    // Idle actions that are left end with the worker.
    if timeout(grace, async { tokio::join!(tasks.join(), worker.idle.join_next()) }).await.is_err() {
        let dropped = tasks.abort().await;
        if dropped > 0 {
            warn!("background tasks not finished within {} s, dropped: {dropped}", grace.as_secs_f64());
        }
    }
    worker.runner.hook(Hook::Teardown).await;
    if worker.expired > 0 {
        info!("requests dropped because they had expired before they were started: {}", worker.expired);
    }
    drained.map_err(|limit| DrainExceeded { unfinished, limit })
}

/// How long a worker that was told to stop may take: for its requests, for its background tasks and idle actions, and
/// for its teardown.
pub(crate) fn stop_limit(harakiri: &Harakiri) -> Option<Duration> {
    Some(harakiri.timeout?.saturating_add(harakiri.shutdown_grace.saturating_mul(2)))
}

struct Worker<T: ServerTransport> {
    runner: Arc<JobRunner<T>>,
    /// One for each job that may run.
    places: Arc<Semaphore>,
    /// The jobs end with the worker.
    jobs: JoinSet<()>,
    /// The idle actions, when they run.
    idle: JoinSet<()>,
    outage: Outage,
    expired: u64,
}

impl<T: ServerTransport> Worker<T> {
    async fn serve(&mut self, mut turned: impl FnMut()) -> Infallible {
        loop {
            let taken = self.take().await;
            turned();
            let error = match taken {
                Ok(0) => {
                    self.perform_idle_actions();
                    continue;
                }
                Ok(_) => continue,
                Err(error) => error,
            };
            let failure = self.outage.failed(Instant::now());
            match failure.tell {
                Some(Duration::ZERO) => warn!("cannot receive requests, trying again: {}", Chain(&error)),
                Some(since) => {
                    warn!("cannot receive requests since {} seconds, trying again: {}", since.as_secs(), Chain(&error));
                }
                None => debug!("cannot receive requests: {}", Chain(&error)),
            }
            sleep(failure.delay.mul_f64(1.0 - fastrand::f64() / 2.0)).await;
        }
    }

    /// Requests do not wait for them.
    fn perform_idle_actions(&mut self) {
        while self.idle.try_join_next().is_some() {}
        if self.idle.is_empty() && self.runner.has_hooks() {
            let runner = self.runner.clone();
            self.idle.spawn(async move { runner.hook(Hook::Idle).await }.in_current_span());
        }
    }

    /// Starts what was popped already and waits until everything is finished.
    async fn drain(&mut self) {
        while matches!(self.take().await, Ok(started) if started > 0) {}
        while self.jobs.join_next().await.is_some() {}
    }

    /// Waits for a free place, then for requests, and starts them; gives how many there were. Cancel-safe.
    async fn take(&mut self) -> Result<usize, TransportError> {
        // The semaphore is never closed, and only this function takes places: what is free stays free.
        drop(self.places.acquire().await);
        let received = self.runner.transport.receive(self.places.available_permits()).await?;
        let now = Instant::now();
        if let Some(lasted) = self.outage.worked(now) {
            info!("receiving requests again after {} seconds", lasted.as_secs());
        }
        let count = received.len();
        for request in received {
            self.start(request, now);
        }
        while self.jobs.try_join_next().is_some() {}
        Ok(count)
    }

    fn start(&mut self, request: Received<T::Reply>, now: Instant) {
        if request.deadline.is_some_and(|deadline| deadline <= now) {
            self.expired += 1;
            debug!(request_id = request.request_id, "dropped a request that had expired");
            return;
        }
        let place = self.places.clone().try_acquire_owned();
        let runner = self.runner.clone();
        let unfinished = Unfinished::begin();
        self.jobs.spawn(async move {
            runner.run(request).await;
            drop((place, unfinished));
        });
    }

    fn running(&mut self) -> usize {
        while self.jobs.try_join_next().is_some() {}
        self.jobs.len()
    }
}

/// An error and what caused it, in one line.
pub(crate) struct Chain<'a>(pub(crate) &'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut error = self.0;
        while let Some(source) = error.source() {
            write!(f, ": {source}")?;
            error = source;
        }
        Ok(())
    }
}
