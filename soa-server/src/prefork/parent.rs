//! The parent process.

use std::{
    collections::BTreeMap,
    future::pending,
    io,
    os::unix::process::ExitStatusExt,
    process::ExitStatus,
    time::{Duration, Instant},
};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    process::ChildStdin,
    select,
    time::{sleep, sleep_until},
};
use tracing::{error, info, warn};

use super::{command::WorkerCommand, respawn::Respawn};
use crate::worker::stop::{Ask, StopSignals};

/// How much longer than a worker may drain the parent waits for it.
const SLACK: Duration = Duration::from_secs(5);

/// How long the end of a worker that was told to stop may be ahead of the parent's own stop signal: a supervisor tells
/// the whole process group, and an idle worker is fast.
const GRACE: Duration = Duration::from_millis(100);

/// How the parent came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Every worker stopped cleanly when it was told to.
    Clean,
    /// Workers were ended by force, or did not finish in time.
    Forced,
    /// No worker is left that may be started again.
    AllGivenUp,
}

/// Watches over workers numbered from 1.
pub(crate) struct Parent {
    command: WorkerCommand,
    respawns: bool,
    drain_limit: Option<Duration>,
    /// By number: the history of each worker that has not been given up.
    histories: BTreeMap<usize, Respawn>,
    running: BTreeMap<usize, Running>,
    exits: FuturesUnordered<BoxFuture<'static, (usize, io::Result<ExitStatus>)>>,
    stopping: Option<Stopping>,
}

struct Running {
    pid: Pid,
    /// Closes when this process ends, however it ends.
    _lifeline: Option<ChildStdin>,
}

struct Stopping {
    deadline: Option<Instant>,
    forced: bool,
}

impl Parent {
    /// A parent that starts workers with this command; `drain_limit` is how long each may take to stop.
    pub(crate) fn new(command: WorkerCommand, respawns: bool, drain_limit: Option<Duration>) -> Self {
        Self {
            command,
            respawns,
            drain_limit,
            histories: BTreeMap::new(),
            running: BTreeMap::new(),
            exits: FuturesUnordered::new(),
            stopping: None,
        }
    }

    /// Starts `count` workers and watches over them until none is left.
    ///
    /// # Errors
    /// When the system refuses a signal handler.
    pub(crate) async fn run(mut self, count: usize) -> io::Result<Ended> {
        let mut signals = StopSignals::listen(false)?;
        for number in 1..=count {
            self.histories.insert(number, Respawn::default());
            self.start(number);
        }
        while !self.exits.is_empty() {
            let deadline = self.stopping.as_ref().and_then(|stopping| stopping.deadline);
            select! {
                biased;
                ask = signals.next() => match ask {
                    Ask::Drain => self.stop(),
                    Ask::Nothing => {}
                    Ask::Force => self.force("second stop signal"),
                },
                Some((number, exit)) = self.exits.next() => self.exited(number, exit),
                () = until(deadline) => self.force("the workers did not stop in time"),
            }
        }
        Ok(match self.stopping {
            None => {
                error!("no worker is left");
                Ended::AllGivenUp
            }
            Some(Stopping { forced: true, .. }) => Ended::Forced,
            Some(Stopping { forced: false, .. }) => Ended::Clean,
        })
    }

    fn start(&mut self, number: usize) {
        match self.command.start(number) {
            Ok((mut child, lifeline)) => {
                // A child that was not waited for has its pid still.
                let pid = child.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
                if let Some(pid) = pid {
                    info!("worker {number} started with pid {pid}");
                    self.running.insert(number, Running { pid, _lifeline: lifeline });
                }
                self.exits.push(async move { (number, child.wait().await) }.boxed());
            }
            Err(error) => self.exits.push(async move { (number, Err(error)) }.boxed()),
        }
    }

    fn exited(&mut self, number: usize, exit: io::Result<ExitStatus>) {
        let is_news = self.running.remove(&number).is_some();
        // A worker that was still starting dies of such a signal: it had accepted nothing.
        let stopped = [Some(Signal::TERM.as_raw()), Some(Signal::INT.as_raw())];
        let clean = exit.as_ref().is_ok_and(|status| status.success() || stopped.contains(&status.signal()));
        if is_news && clean && self.stopping.is_none() {
            self.exits.push(sleep(GRACE).map(move |()| (number, exit)).boxed());
            return;
        }
        let how = match &exit {
            Ok(status) => format!("ended ({status})"),
            Err(error) => format!("could not be started ({error})"),
        };
        if let Some(stopping) = &mut self.stopping {
            stopping.forced |= !clean;
            return match clean {
                true => info!("worker {number} {how}"),
                false => warn!("worker {number} {how}"),
            };
        }
        let may_start = self.histories.get_mut(&number).is_some_and(|history| history.exited(Instant::now()));
        match (self.respawns, may_start) {
            (true, true) => {
                warn!("worker {number} {how}: starting it again");
                self.start(number);
            }
            (true, false) => error!("worker {number} {how} too often: giving it up"),
            (false, _) => error!("worker {number} {how}: not started again (--no-respawn)"),
        }
    }

    fn stop(&mut self) {
        info!("stop signal: waiting for workers to end: {}", self.running.len());
        let deadline = self.drain_limit.map(|limit| Instant::now() + limit + SLACK);
        self.stopping = Some(Stopping { deadline, forced: false });
        self.signal(Signal::TERM);
    }

    fn force(&mut self, why: &str) {
        error!("{why}: killing workers that still run: {}", self.running.len());
        self.stopping = Some(Stopping { deadline: None, forced: true });
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        for running in self.running.values() {
            // It fails only for a process that has ended, which `exits` is about to say.
            let _ = kill_process(running.pid, signal);
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline.into()).await,
        None => pending().await,
    }
}
