//! The parent process.

use std::{
    collections::BTreeMap,
    future::pending,
    io, mem,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::ExitStatus,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use rustix::process::Signal;
use tokio::{
    select,
    task::spawn_blocking,
    time::{Interval, sleep, sleep_until, timeout},
};
use tracing::{error, info, warn};

use super::{
    command::WorkerCommand,
    process::{Exit, Id, Phase, Process},
    respawn::Respawn,
    roll::Roll,
    watcher::Watcher,
};
use crate::{
    logging, systemd,
    worker::{
        heartbeat,
        line::{Line, Report},
        stop::{Ask, FORCE, StopSignals},
    },
};

/// How long the end of a worker that was told to stop may be ahead of the parent's own stop signal: a supervisor tells
/// the whole process group, and an idle worker is fast.
const GRACE: Duration = Duration::from_millis(100);

/// How long removing the heartbeat file of a worker may hold up the news of its end.
const REMOVAL: Duration = Duration::from_secs(1);

/// How long a worker that is ended by force has for saying what it leaves unfinished.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How the parent came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Every worker stopped cleanly when it was told to.
    Clean,
    /// Workers were ended by force, or did not finish in time.
    Forced,
    /// No worker is left that may be started again; how the last one ended.
    AllGivenUp(String),
}

/// How a parent treats its workers.
#[derive(Debug)]
pub(crate) struct Plan {
    /// How many there are.
    pub(crate) count: usize,
    /// Whether they are started again.
    pub(crate) respawns: bool,
    /// How long one may take to become ready in a rolling restart.
    pub(crate) start_timeout: Duration,
    /// How long one that was not ready yet may take to stop.
    pub(crate) drain_limit: Option<Duration>,
    /// The path of heartbeat files, as in the settings.
    pub(crate) heartbeat_file: Option<String>,
    /// Files and directories whose changes start the workers anew.
    pub(crate) watched: Vec<PathBuf>,
}

/// Watches over workers numbered from 1.
pub(crate) struct Parent {
    command: WorkerCommand,
    pub(super) plan: Plan,
    /// Where it is to be said that all workers are ready.
    starter: Option<Arc<Line>>,
    pub(super) was_ready: bool,
    /// By number: the history of each worker that has not been given up.
    pub(super) histories: BTreeMap<usize, Respawn>,
    started: u64,
    pub(super) processes: BTreeMap<Id, Process>,
    reports: FuturesUnordered<BoxFuture<'static, (Id, Option<Report>)>>,
    exits: FuturesUnordered<BoxFuture<'static, (Id, usize, Exit)>>,
    pub(super) roll: Option<Roll>,
    stopping: Option<Stopping>,
    last_end: String,
    /// The name of the service, once a worker was ready.
    service: String,
}

struct Stopping {
    forced: bool,
}

impl Parent {
    /// A parent that starts workers with this command, and tells who started it once they are ready.
    pub(crate) fn new(command: WorkerCommand, plan: Plan, starter: Option<Arc<Line>>) -> Self {
        Self {
            command,
            plan,
            starter,
            was_ready: false,
            histories: BTreeMap::new(),
            started: 0,
            processes: BTreeMap::new(),
            reports: FuturesUnordered::new(),
            exits: FuturesUnordered::new(),
            roll: None,
            stopping: None,
            last_end: String::new(),
            service: String::new(),
        }
    }

    /// Starts the workers and watches over them until none is left.
    ///
    /// # Errors
    /// When the system refuses a signal handler, or a path cannot be watched.
    pub(crate) async fn run(mut self) -> io::Result<Ended> {
        let mut signals = StopSignals::listen(false)?;
        let watched = mem::take(&mut self.plan.watched);
        let watcher = if watched.is_empty() { None } else { Some(Watcher::start(watched)?) };
        let mut watchdog = systemd::watchdog_clock();
        systemd::starting(self.plan.count);
        for number in 1..=self.plan.count {
            self.histories.insert(number, Respawn::default());
            self.start(number);
        }
        while !self.exits.is_empty() {
            let deadline = self.next_deadline();
            select! {
                biased;
                ask = signals.next() => match ask {
                    Ask::Drain => self.stop(),
                    Ask::Nothing => {}
                    Ask::Reload => self.reload("SIGHUP"),
                    Ask::Force => self.force(),
                },
                Some((id, report)) = self.reports.next() => self.reported(id, report),
                Some((id, number, exit)) = self.exits.next() => self.exited(id, number, exit),
                () = changed(watcher.as_ref()), if self.stopping.is_none() => self.reload("files have changed"),
                () = until(deadline) => self.overdue(Instant::now()),
                () = tick(watchdog.as_mut()) => systemd::alive(),
            }
        }
        Ok(match self.stopping {
            None => {
                error!("no worker is left");
                Ended::AllGivenUp(self.last_end)
            }
            Some(Stopping { forced: true }) => Ended::Forced,
            Some(Stopping { forced: false }) => Ended::Clean,
        })
    }

    /// Starts a worker with this number.
    pub(super) fn start(&mut self, number: usize) -> Id {
        let id = Id(self.started);
        self.started += 1;
        let started = self.command.start(number);
        match started.and_then(|(child, line)| Process::new(number, child, line, self.plan.drain_limit)) {
            Ok((process, awaited)) => {
                info!("worker {number} started with pid {}", process.pid);
                let heartbeat = self.plan.heartbeat_file.as_deref();
                let heartbeat =
                    heartbeat.and_then(|file| heartbeat::own_path(file, number, process.pid.as_raw_nonzero().get()));
                let heartbeat = heartbeat.map(|path| self.command.resolve(Path::new(&path)));
                self.processes.insert(id, process);
                self.reports.push(awaited.report.map(move |report| (id, report)).boxed());
                self.exits.push(ended(awaited.exit, heartbeat).map(move |exit| (id, number, exit)).boxed());
            }
            Err(error) => self.exits.push(async move { (id, number, Err(error)) }.boxed()),
        }
        id
    }

    fn reported(&mut self, id: Id, report: Option<Report>) {
        let Some(process) = self.processes.get_mut(&id) else { return };
        match report {
            Some(Report::Ready { drain_limit, service }) => {
                process.drain_limit = drain_limit;
                if !service.is_empty() {
                    logging::name_service(&service);
                    self.service = service;
                }
                if process.phase == Phase::Starting {
                    process.phase = Phase::Ready;
                    info!("worker {} is ready", process.number);
                    self.replaced(id);
                    self.announce();
                }
            }
            Some(Report::Failed(why)) => process.failure = Some(why),
            None => {}
        }
    }

    /// Says once that all workers are ready.
    fn announce(&mut self) {
        let has_ready = |number: &usize| {
            self.processes.values().any(|process| process.number == *number && process.phase == Phase::Ready)
        };
        if !self.was_ready && !self.histories.is_empty() && self.histories.keys().all(has_ready) {
            self.was_ready = true;
            info!("all workers are ready");
            systemd::ready(self.histories.len());
            if let Some(starter) = self.starter.take() {
                starter.report(&Report::Ready { drain_limit: self.plan.drain_limit, service: self.service.clone() });
            }
        }
    }

    fn exited(&mut self, id: Id, number: usize, exit: Exit) {
        let process = self.processes.remove(&id);
        // A worker that was still starting dies of such a signal: it had accepted nothing.
        let stopped = [Some(Signal::TERM.as_raw()), Some(Signal::INT.as_raw())];
        let clean = exit.as_ref().is_ok_and(|status| status.success() || stopped.contains(&status.signal()));
        let how = match &exit {
            Ok(status) => format!("ended ({status})"),
            Err(error) => format!("could not be started ({error})"),
        };
        let why = process.as_ref().and_then(|process| process.failure.as_deref()).map(one_line).unwrap_or_default();
        let was_asked = process.as_ref().is_some_and(|process| process.phase == Phase::Leaving);
        if was_asked || self.stopping.is_some() {
            match clean {
                true => info!("worker {number} {how}{why}"),
                false => warn!("worker {number} {how}{why}"),
            }
            if let Some(stopping) = &mut self.stopping {
                stopping.forced |= !clean;
            }
            return self.drained(id);
        }
        if self.roll.as_ref().is_some_and(|roll| roll.waits_for_start_of(id)) {
            return self.give_up_roll(&format!("the new worker {number} {how} before it was ready{why}"));
        }
        if process.is_some() && clean {
            self.exits.push(sleep(GRACE).map(move |()| (id, number, exit)).boxed());
            return;
        }
        self.lost(number, &format!("{how}{why}"));
    }

    /// A worker ended that nobody had told to. It is started again, as far as that is allowed.
    pub(super) fn lost(&mut self, number: usize, how: &str) {
        self.last_end = format!("worker {number} {how}");
        if self.has_current(number) {
            return warn!("worker {number} {how}: another one has its place");
        }
        let may_start = self.histories.get_mut(&number).is_some_and(|history| history.exited(Instant::now()));
        if self.plan.respawns && may_start {
            warn!("worker {number} {how}: starting it again");
            self.start(number);
            return;
        }
        match self.plan.respawns {
            true => error!("worker {number} {how} too often: giving it up"),
            false => error!("worker {number} {how}: not started again (--no-respawn)"),
        }
        self.histories.remove(&number);
        if self.was_ready && self.roll.is_none() && !self.histories.is_empty() {
            systemd::degraded(self.histories.len(), self.plan.count - self.histories.len());
        }
        self.announce();
    }

    /// Whether a worker has this number that answers its requests or is about to.
    pub(super) fn has_current(&self, number: usize) -> bool {
        self.processes.values().any(|process| process.number == number && process.phase != Phase::Leaving)
    }

    fn stop(&mut self) {
        info!("stop signal: waiting for workers to end: {}", self.processes.len());
        systemd::stopping();
        self.stopping = Some(Stopping { forced: false });
        self.roll = None;
        self.processes.values_mut().for_each(Process::drain);
    }

    fn force(&mut self) {
        error!("second stop signal: ending workers that still run: {}", self.processes.len());
        self.stopping = Some(Stopping { forced: true });
        self.processes.values_mut().for_each(|process| process.force(FORCE, LAST_WORDS));
    }

    /// When something is to be done if nothing happens until then.
    fn next_deadline(&self) -> Option<Instant> {
        let killed = self.processes.values().filter_map(|process| process.killed_at);
        killed.chain(self.roll.as_ref().and_then(Roll::ready_by)).min()
    }

    fn overdue(&mut self, now: Instant) {
        for process in self.processes.values_mut().filter(|process| process.killed_at.is_some_and(|at| at <= now)) {
            error!("worker {} with pid {} did not stop in time: killing it", process.number, process.pid);
            process.kill();
        }
        if self.roll.as_ref().and_then(Roll::ready_by).is_some_and(|by| by <= now) {
            self.replacement_is_late();
        }
    }
}

/// What is appended to how a process ended: why, without the lines that the faults of settings have for themselves.
fn one_line(why: &str) -> String {
    let lines: Vec<_> = why.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    format!(": {}", lines.join("; "))
}

/// Waits for the end of a process and removes the heartbeat file that it may have left, as when it was ended by force.
async fn ended(exit: BoxFuture<'static, Exit>, heartbeat: Option<PathBuf>) -> Exit {
    let exit = exit.await;
    if let Some(path) = heartbeat
        && !exit.as_ref().is_ok_and(ExitStatus::success)
    {
        // A file system that hangs holds up nothing else.
        let _ = timeout(REMOVAL, spawn_blocking(move || heartbeat::remove_left(&path))).await;
    }
    exit
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline.into()).await,
        None => pending().await,
    }
}

async fn changed(watcher: Option<&Watcher>) {
    match watcher {
        Some(watcher) => watcher.changed().await,
        None => pending().await,
    }
}

async fn tick(clock: Option<&mut Interval>) {
    match clock {
        Some(clock) => drop(clock.tick().await),
        None => pending().await,
    }
}
