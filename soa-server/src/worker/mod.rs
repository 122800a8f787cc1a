//! The loop of a worker: it takes requests from a transport, runs them and sends their responses.

mod chain;
pub(crate) mod control;
pub(crate) mod heartbeat;
mod job;
mod jobs;
pub(crate) mod line;
mod outage;
mod request_log;
mod slot;
pub(crate) mod stop;
mod unfinished;
mod watchdog;

use std::{
    convert::Infallible,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use soa_common::transport::{Received, ServerTransport, TransportError};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    select,
    sync::Semaphore,
    task::{JoinSet, yield_now},
    time::{Instant, sleep, timeout},
};
use tracing::{Instrument, debug, error, info, warn};

pub(crate) use self::{chain::Chain, watchdog::Keeper};
use self::{
    job::JobRunner,
    jobs::{Job, Jobs},
    outage::Outage,
    slot::JobSlot,
    unfinished::Unfinished,
    watchdog::Limits,
};
use crate::{
    Harakiri, ServerSettings, Service,
    background::Tasks,
    harakiri::Reason,
    hooks::Hook,
    watch::{Beside, Place, Request, Watch},
};

/// How much longer draining may take than `harakiri.timeout`: what is started last has all of its time, and its answer
/// is sent.
const SLACK: Duration = Duration::from_millis(500);

/// So many requests that come together show that more are waiting.
const MANY: usize = 16;

/// How long it may take to answer what a stopping worker does not finish.
const ANSWER_LIMIT: Duration = Duration::from_secs(1);

/// A worker that was told to stop did not finish its requests within `harakiri.timeout`; they were dropped, and answered
/// with `ACTION_TIMEOUT` or `JOB_TIMEOUT` where the transport has a [`rescue`](ServerTransport::rescue).
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
/// [`main`](crate::main) makes a whole process of it. Up to `concurrency` requests run at once, and none waits for
/// another; a panic ends its job only. A transport out of order is tried again for ever, after 5 seconds at most.
///
/// Code that does not yield its thread stops it: only a process of `main` is watched for that
/// ([`Harakiri`](crate::Harakiri)).
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
    match run(service, transport, settings, None, || {}, shutdown).await {
        Ended::Unfinished(exceeded) => Err(exceeded),
        Ended::Clean | Ended::Stuck => Ok(()),
    }
}

/// How a worker came to its end.
#[derive(Debug)]
pub(crate) enum Ended {
    /// As it was told to.
    Clean,
    /// It was told to, but not in time.
    Unfinished(DrainExceeded),
    /// It was doomed: something was over its limit and did not yield.
    Stuck,
}

/// As [`serve`]; calls `turned` whenever requests were taken or none came for a while. With a keeper it is
/// watched, and ended when it is stuck for too long.
pub(crate) async fn run<T: ServerTransport>(
    service: Service,
    transport: T,
    settings: &ServerSettings,
    keeper: Option<Keeper>,
    turned: impl FnMut(),
    shutdown: impl Future<Output = ()>,
) -> Ended {
    let watch = Watch::default();
    let service = service.with_tasks(Tasks::watched(watch.clone()));
    let tasks = service.0.tasks.clone();
    let runner = Arc::new(JobRunner::new(service, transport, settings));
    let share_tasks = !runner.has_hooks() && Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread;
    let mut worker = Worker {
        runner,
        watch: watch.clone(),
        places: Arc::new(Semaphore::new(settings.concurrency)),
        concurrency: settings.concurrency,
        share_tasks,
        jobs: Jobs::new(watch.clone()),
        idle: JoinSet::new(),
        outage: Outage::default(),
    };
    let (limit, grace) = (settings.harakiri.timeout, settings.harakiri.shutdown_grace);
    if let Some(keeper) = keeper {
        let limits = Limits { threads: settings.runtime_threads, timeout: limit, grace };
        let runner = Arc::downgrade(&worker.runner);
        keeper.keep(watchdog::watch(watch.clone(), runner, limits));
    }
    let stopped = async {
        select! {
            biased;
            () = shutdown => {}
            never = worker.serve(turned) => match never {},
        }
        worker.runner.transport.stop();
        match limit {
            Some(limit) => timeout(limit.saturating_add(SLACK), worker.drain()).await.map_err(|_| limit),
            None => {
                worker.drain().await;
                Ok(())
            }
        }
    };
    let drained = select! {
        biased;
        _ = watch.doomed() => Ok(()),
        drained = stopped => drained,
    };
    let unfinished = worker.running();
    if watch.end().is_some() {
        worker.leave_rest().await;
    } else if drained.is_err() {
        worker.answer_rest().await;
    }
    // Teardown comes when they are dropped, unless one keeps its thread busy.
    let _ = timeout(SLACK, worker.jobs.shutdown()).await;
    worker.finish_beside(&tasks, grace).await;
    let teardown = Beside::limited("the hook teardown", grace);
    watch.wrap(teardown, worker.runner.hook(Hook::Teardown)).await;
    let expired = worker.runner.expired.load(Ordering::Relaxed);
    if expired > 0 {
        info!("requests dropped because they had expired before they were started: {expired}");
    }
    if watch.end().is_some() {
        // It may have been doomed since.
        watch.settled().await;
        return Ended::Stuck;
    }
    drained.map_or_else(|limit| Ended::Unfinished(DrainExceeded { unfinished, limit }), |()| Ended::Clean)
}

/// How long a worker that was told to stop may take: for its requests, for its background tasks and idle actions, and
/// for its teardown.
pub(crate) fn stop_limit(harakiri: &Harakiri) -> Option<Duration> {
    Some(harakiri.timeout?.saturating_add(harakiri.shutdown_grace.saturating_mul(2)))
}

struct Worker<T: ServerTransport> {
    runner: Arc<JobRunner<T>>,
    watch: Watch,
    /// One for each job that may run.
    places: Arc<Semaphore>,
    concurrency: usize,
    /// Whether jobs share tasks: only where there is one thread, and no hook that a job might wait for.
    share_tasks: bool,
    /// They end with the worker.
    jobs: Jobs,
    /// The idle actions, when they run.
    idle: JoinSet<Option<()>>,
    outage: Outage,
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
            let run = async move { runner.hook(Hook::Idle).await }.in_current_span();
            self.idle.spawn(self.watch.wrap(Beside::new("the hook perform_idle_actions"), run));
        }
    }

    /// Starts what was popped already and waits until everything is finished.
    async fn drain(&mut self) {
        while matches!(self.take().await, Ok(started) if started > 0) {}
        self.jobs.join().await;
    }

    /// Waits for a free place, then for requests, and starts them; gives how many there were. Cancel-safe.
    async fn take(&mut self) -> Result<usize, TransportError> {
        // The semaphore is never closed, and only this function takes places: what is free stays free.
        drop(self.places.acquire().await);
        let mut free = self.places.available_permits();
        let mut received = self.runner.transport.receive(free);
        // Whether the transport wants to know of places that come free meanwhile.
        let mut heeds = free < self.concurrency;
        let received = loop {
            select! {
                biased;
                received = &mut received => break received?,
                more = self.places.acquire_many(free as u32 + 1), if heeds => {
                    drop(more);
                    free = self.places.available_permits();
                    heeds = self.runner.transport.freed(free) && free < self.concurrency;
                }
            }
        };
        let now = Instant::now();
        if let Some(lasted) = self.outage.worked(now) {
            info!("receiving requests again after {} seconds", lasted.as_secs());
        }
        let count = received.len();
        if count > 0 {
            self.start(received, now);
            if count < MANY || self.places.available_permits() < MANY {
                // What has nothing to wait for is answered before more is asked for: its response leaves sooner, and
                // what came meanwhile is popped at once. Of many, the next are popped while these are run.
                yield_now().await;
            }
        }
        self.jobs.reap();
        Ok(count)
    }

    fn start(&self, received: Vec<Received<T::Reply>>, now: Instant) {
        let mut slots = Vec::with_capacity(received.len());
        for request in received {
            if request.deadline.is_some_and(|deadline| deadline <= now) {
                self.runner.expired.fetch_add(1, Ordering::Relaxed);
                debug!(request_id = request.request_id, "dropped a request that had expired");
                continue;
            }
            let slot = self.job(request);
            slots.push((Arc::clone(&slot), self.watch.hold(slot)));
        }
        // Whatever becomes of this process, the log tells what it was given.
        let jobs = self.jobs.log().write_together(|| {
            slots.into_iter().filter_map(|(slot, watched)| self.begin(slot, watched)).collect::<Vec<_>>()
        });
        jobs.iter().for_each(Job::put_off);
        match self.share_tasks {
            true => self.jobs.start_together(jobs),
            false => self.jobs.start_apart(jobs),
        }
    }

    fn begin(&self, slot: Arc<JobSlot<T>>, watched: Place) -> Option<Job> {
        // What is logged is not handed back as long as logging the others takes, or a slow log would stop everything.
        if !slot.marks.start() {
            return None;
        }
        let (place, unfinished) = (self.places.clone().try_acquire_owned().ok(), Unfinished::begin());
        let begun = self.runner.begin(&slot.request);
        let job = Arc::clone(&slot);
        let run = async move {
            job.run(begun, place).await;
            drop(unfinished);
        };
        Some(Job::new(slot, watched.wrap(run)))
    }

    fn job(&self, request: Received<T::Reply>) -> Arc<JobSlot<T>> {
        Arc::new(JobSlot::new(self.runner.clone(), request, self.watch.arrival()))
    }

    /// Leaves what it has not started to the watchdog, and waits until that has answered what it can.
    async fn leave_rest(&mut self) {
        self.runner.transport.stop();
        let mut held = Vec::new();
        loop {
            let free = self.places.available_permits().saturating_sub(held.len());
            if free == 0 {
                break;
            }
            match timeout(SLACK, self.runner.transport.receive(free)).await {
                Ok(Ok(received)) if !received.is_empty() => {
                    held.extend(received.into_iter().map(|request| self.watch.hold(self.job(request))));
                }
                _ => break,
            }
        }
        self.watch.settled().await;
    }

    /// Waits for background tasks and idle actions, and drops what takes too long.
    async fn finish_beside(&mut self, tasks: &Tasks, grace: Duration) {
        let since = Instant::now();
        let patience = async {
            select! {
                // A doomed worker shares what it has left with its teardown.
                end = self.watch.doomed() => sleep(end.saturating_duration_since(Instant::now()) / 2).await,
                () = sleep(grace) => {}
            }
        };
        select! {
            // Idle actions that are left end with the worker.
            _ = async { tokio::join!(tasks.join(), self.idle.join_next()) } => {}
            () = patience => {
                let dropped = tasks.abort().await;
                if dropped > 0 {
                    let seconds = since.elapsed().as_secs();
                    warn!("background tasks not finished within {seconds} s, dropped: {dropped}");
                }
            }
        }
    }

    /// Answers what runs still, which is dropped then.
    async fn answer_rest(&self) {
        let mut started = self.watch.all();
        started.retain(|slot| slot.request().is_some_and(<dyn Request>::has_rescue) && slot.marks().take());
        let answers = join_all(started.iter().map(async |slot| {
            let Some(request) = slot.request() else { return };
            if let Err(error) = request.answer(Reason::WorkerStopping).await {
                error!("the response could not be sent: {}", Chain(&error));
            }
        }));
        if timeout(ANSWER_LIMIT, answers).await.is_err() {
            error!("some responses to requests that were not finished could not be sent in time");
        }
    }

    /// How many requests have not ended.
    fn running(&self) -> usize {
        // A job that moves from one to the other counts once or twice.
        let responding = self.runner.responding_at_most - self.runner.responding.available_permits();
        responding + self.concurrency - self.places.available_permits()
    }
}
