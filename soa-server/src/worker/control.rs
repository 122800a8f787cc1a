//! The thread that ends a worker process in time, whatever its runtime is doing.

use std::{
    future::pending,
    io,
    os::fd::AsFd,
    pin::pin,
    process, thread,
    time::{Duration, Instant},
};

use tokio::{net::unix::pipe, runtime::Builder, select, sync::oneshot, time::sleep_until};
use tracing::{error, info};

use super::stop::{Ask, StopSignals};

/// How long a worker may go on after its parent has died.
const ORPHAN_GRACE: Duration = Duration::from_secs(5);

/// How much later than the runtime, which ends cleanly, this thread ends the process.
const SLACK: Duration = Duration::from_secs(1);

/// Watches for stop signals, and with a parent for its death; the future ends when the worker is to drain.
///
/// After that the process ends by force, with exit code 1: at a second signal, when draining takes longer than `limit`,
/// or 5 seconds after the death of the parent.
///
/// # Errors
/// When the system refuses a signal handler or a thread, or when standard input is not the lifeline of a parent.
pub(crate) fn watch(has_parent: bool, limit: Option<Duration>) -> io::Result<impl Future<Output = ()>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let entered = runtime.enter();
    let signals = StopSignals::listen(has_parent)?;
    // The write end of standard input is the parent's alone: it closes with the parent's death, even by SIGKILL.
    let lifeline = match has_parent {
        true => Some(lifeline()?),
        false => None,
    };
    drop(entered);
    let (drain, drained) = oneshot::channel();
    thread::Builder::new().name("soa-control".to_owned()).spawn(move || {
        let why = runtime.block_on(until_forced(signals, lifeline, drain, limit));
        error!("{why}: ending with requests unfinished");
        process::exit(1);
    })?;
    Ok(async move {
        // It fails only when the process is being ended.
        let _ = drained.await;
    })
}

fn lifeline() -> io::Result<pipe::Receiver> {
    let input = io::stdin().as_fd().try_clone_to_owned()?;
    let why = "standard input is no pipe from a parent; --worker is for the workers of --fork";
    pipe::Receiver::from_owned_fd(input).map_err(|error| io::Error::new(error.kind(), why))
}

/// Runs until the process has to end by force; gives the reason.
async fn until_forced(
    mut signals: StopSignals,
    lifeline: Option<pipe::Receiver>,
    drain: oneshot::Sender<()>,
    limit: Option<Duration>,
) -> &'static str {
    let mut drain = Some(drain);
    let mut deadline = None;
    let mut orphaned = false;
    let mut death = pin!(end_of(lifeline));
    loop {
        let why = select! {
            ask = signals.next() => match ask {
                Ask::Drain => "stop signal",
                Ask::Nothing => continue,
                Ask::Force => return "second stop signal",
            },
            () = &mut death, if !orphaned => {
                orphaned = true;
                "the parent process has died"
            }
            () = until(deadline) => {
                return if orphaned { "the parent process has died" } else { "draining took too long" };
            }
        };
        let wait = if orphaned { Some(ORPHAN_GRACE) } else { limit.map(|limit| limit + SLACK) };
        let ends = wait.map(|wait| Instant::now() + wait);
        deadline = [deadline, ends].into_iter().flatten().min();
        if let Some(drain) = drain.take() {
            info!("{why}: finishing what runs");
            let _ = drain.send(());
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline.into()).await,
        None => pending().await,
    }
}

/// Waits until the other end of the lifeline is closed: for ever without one.
async fn end_of(lifeline: Option<pipe::Receiver>) {
    let Some(lifeline) = lifeline else { return pending().await };
    while lifeline.readable().await.is_ok() {
        match lifeline.try_read(&mut [0; 64]) {
            Ok(0) => return,
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return,
            _ => {}
        }
    }
}
