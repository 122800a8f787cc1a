//! A worker process as its parent sees it.

use std::{
    io,
    os::unix::net::UnixStream,
    process::ExitStatus,
    time::{Duration, Instant},
};

use futures_util::{FutureExt, future::BoxFuture};
use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::unix::{OwnedReadHalf, OwnedWriteHalf},
    process::Child,
};

use crate::worker::line::Report;

/// Tells processes apart, those with the same number too. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id(pub(super) u64);

/// How a process ended, or why it could not be started.
pub(super) type Exit = io::Result<ExitStatus>;

/// The longest report that is read, in bytes.
const LONGEST_REPORT: u64 = 1 << 16;

/// How much longer than a worker may drain the parent waits for it.
const SLACK: Duration = Duration::from_secs(5);

/// A process that has not ended, as far as is known.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) number: usize,
    pub(super) pid: Pid,
    pub(super) phase: Phase,
    /// How long it may take to stop, as far as is known.
    pub(super) drain_limit: Option<Duration>,
    /// Why it ends, as it says itself.
    pub(super) failure: Option<String>,
    /// When it is killed.
    pub(super) killed_at: Option<Instant>,
    /// Closes when this process ends, however that comes, and with it the worker's life.
    _line: OwnedWriteHalf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Starting,
    Ready,
    /// Told to end.
    Leaving,
}

/// What is to be awaited of a process.
pub(super) struct Awaited {
    pub(super) report: BoxFuture<'static, Option<Report>>,
    pub(super) exit: BoxFuture<'static, Exit>,
}

impl Process {
    /// A process that was just started. It must be within a runtime.
    pub(super) fn new(
        number: usize,
        mut child: Child,
        line: UnixStream,
        drain_limit: Option<Duration>,
    ) -> io::Result<(Self, Awaited)> {
        line.set_nonblocking(true)?;
        let (reports, line) = tokio::net::UnixStream::from_std(line)?.into_split();
        // A child that was not waited for has its pid still.
        let pid = child.id().and_then(|pid| Pid::from_raw(pid.cast_signed())).ok_or(io::ErrorKind::NotFound)?;
        let process =
            Self { number, pid, phase: Phase::Starting, drain_limit, failure: None, killed_at: None, _line: line };
        let exit = async move { child.wait().await }.boxed();
        Ok((process, Awaited { report: report(reports).boxed(), exit }))
    }

    /// Tells the process to finish what it does and to end, unless it was told already.
    pub(super) fn drain(&mut self) {
        if self.phase != Phase::Leaving {
            self.phase = Phase::Leaving;
            self.killed_at = self.drain_limit.map(|limit| Instant::now() + limit + SLACK);
            self.signal(Signal::TERM);
        }
    }

    /// Tells the process to end at once; it is killed when it has not ended after `grace`.
    pub(super) fn force(&mut self, signal: Signal, grace: Duration) {
        self.phase = Phase::Leaving;
        self.killed_at = Some(Instant::now() + grace);
        self.signal(signal);
    }

    /// Kills the process.
    pub(super) fn kill(&mut self) {
        self.killed_at = None;
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        // It fails only for a process that has ended, which its exit is about to say.
        let _ = kill_process(self.pid, signal);
    }
}

/// What a process says about its start.
pub(super) async fn report(line: OwnedReadHalf) -> Option<Report> {
    let mut text = String::new();
    let _ = BufReader::new(line.take(LONGEST_REPORT)).read_line(&mut text).await;
    Report::parse(&text)
}
