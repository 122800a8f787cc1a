//! The way into the background: this program is started again and left alone once it is ready.

use std::{
    fs::File,
    io,
    os::fd::AsFd,
    process::{Child, ExitStatus, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use tokio::{
    net::UnixStream,
    runtime, select,
    signal::unix::{SignalKind, signal},
};

use super::{command::WorkerCommand, process};
use crate::worker::line::{Line, Report};

/// How long a daemon that was not ready in time may take to end.
const LAST_GRACE: Duration = Duration::from_secs(5);

/// How often its end is looked for.
const STEP: Duration = Duration::from_millis(20);

/// How the start of a daemon went.
#[derive(Debug)]
pub(crate) enum Daemon {
    /// It is ready and has this process id.
    Ready(u32),
    /// It has ended.
    Failed {
        /// How.
        code: Option<i32>,
        /// Why.
        why: String,
    },
}

/// Where the log of a daemon goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Log {
    /// To the file that is this process's standard error.
    File,
    /// Nowhere: a terminal or a pipe ends with who made it, and would be held open until the daemon ends.
    Nowhere,
}

impl Log {
    /// Where it goes from here.
    pub(crate) fn here() -> Self {
        let file = io::stderr().as_fd().try_clone_to_owned().map(File::from);
        let is_file = file.and_then(|file| file.metadata()).is_ok_and(|metadata| metadata.is_file());
        if is_file { Self::File } else { Self::Nowhere }
    }
}

/// What came first while a daemon started.
enum News {
    Report(Option<Report>),
    Interrupt,
    Late,
}

/// Starts this program again, without a terminal and standard streams, and waits for `limit` until it is ready. The
/// daemon is ended when it is not, or when SIGINT or SIGTERM comes before.
///
/// # Errors
/// When the program cannot be started, or the system refuses a signal handler.
pub(crate) fn start(command: &WorkerCommand, log: Log, limit: Duration) -> io::Result<Daemon> {
    let (line, input) = Line::pair()?;
    line.set_nonblocking(true)?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let entered = runtime.enter();
    // Listened to before there is a daemon that an interrupt could leave behind.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let (reports, _line) = UnixStream::from_std(line)?.into_split();
    drop(entered);
    let log = match log {
        Log::File => Stdio::inherit(),
        Log::Nowhere => Stdio::null(),
    };
    let mut command = command.again("--detached");
    let mut child = command.stdin(input).stdout(Stdio::null()).stderr(log).spawn()?;
    // It holds the other end of the line, and would hide the end of the child.
    drop(command);
    let news = runtime.block_on(async {
        select! {
            biased;
            report = process::report(reports) => News::Report(report),
            _ = interrupt.recv() => News::Interrupt,
            _ = terminate.recv() => News::Interrupt,
            () = tokio::time::sleep(limit) => News::Late,
        }
    });
    let why = match news {
        News::Report(Some(Report::Ready { .. })) => return Ok(Daemon::Ready(child.id())),
        News::Report(Some(Report::Failed(why))) => return Ok(Daemon::Failed { code: child.wait()?.code(), why }),
        News::Report(None) => {
            let status = child.wait()?;
            return Ok(Daemon::Failed { code: status.code(), why: format!("the daemon ended ({status})") });
        }
        News::Interrupt => "interrupted before the daemon was ready: it was ended".to_owned(),
        News::Late => format!("the daemon was not ready after {} s (--start-timeout)", limit.as_secs_f64()),
    };
    end(&mut child)?;
    Ok(Daemon::Failed { code: Some(1), why })
}

/// Becomes the first process of a session, so that no terminal can send it anything.
///
/// # Errors
/// When the system refuses.
pub(crate) fn detach() -> io::Result<()> {
    rustix::process::setsid()?;
    Ok(())
}

fn end(child: &mut Child) -> io::Result<ExitStatus> {
    // It fails only for a process that has ended.
    let _ = kill_process(Pid::from_child(child), Signal::TERM);
    let deadline = Instant::now() + LAST_GRACE;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        sleep(STEP);
    }
    child.kill()?;
    child.wait()
}
