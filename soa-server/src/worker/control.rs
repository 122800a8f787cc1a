//! The thread that ends a worker process in time, whatever its runtime is doing.

use std::{
    future::pending,
    io,
    pin::pin,
    process, thread,
    time::{Duration, Instant},
};

use tokio::{
    runtime::{Builder, Handle},
    select,
    sync::oneshot,
    time::sleep_until,
};
use tracing::{error, info};

use super::{
    line::{Line, OtherEnd},
    stop::{Ask, StopSignals},
    unfinished::Unfinished,
};
use crate::systemd;

/// How long a worker may go on after its parent has died.
const ORPHAN_GRACE: Duration = Duration::from_secs(5);

/// How much later than the runtime, which ends cleanly, this thread ends the process.
const SLACK: Duration = Duration::from_secs(1);

/// Watches for stop signals, and with a line to a parent for its death; the future ends when the worker is to drain.
/// The runtime of the thread is given for what else has to go on whatever the worker's is doing.
///
/// After that the process ends by force, with exit code 1: at a second signal, when draining takes longer than `limit`,
/// or 5 seconds after the death of the parent.
///
/// # Errors
/// When the system refuses a signal handler or a thread.
pub(crate) fn watch(
    parent: Option<&Line>,
    limit: Option<Duration>,
) -> io::Result<(impl Future<Output = ()> + use<>, Handle)> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let entered = runtime.enter();
    let signals = StopSignals::listen(parent.is_some())?;
    let parent = parent.map(Line::other_end).transpose()?;
    drop(entered);
    let (drain, drained) = oneshot::channel();
    thread::Builder::new().name("soa-control".to_owned()).spawn(move || {
        // Kept to the end of the process: its drop would have the worker drain, and perhaps end before it is said why.
        let mut drain = Some(drain);
        let why = runtime.block_on(until_forced(signals, parent, &mut drain, limit));
        error!("{why}: ending with requests unfinished: {}", Unfinished::count());
        process::exit(1);
    })?;
    let drained = async move {
        // It fails only when the process is being ended.
        let _ = drained.await;
    };
    Ok((drained, handle))
}

/// Runs until the process has to end by force; gives the reason.
async fn until_forced(
    mut signals: StopSignals,
    parent: Option<OtherEnd>,
    drain: &mut Option<oneshot::Sender<()>>,
    limit: Option<Duration>,
) -> &'static str {
    // Only its parent forces a worker, and not only after another signal.
    let forced = if parent.is_some() { "told to end at once (SIGQUIT)" } else { "second stop signal" };
    let mut deadline = None;
    let mut orphaned = false;
    let mut death = pin!(death_of(parent));
    loop {
        let why = select! {
            ask = signals.next() => match ask {
                Ask::Drain => "stop signal",
                Ask::Nothing => continue,
                Ask::Reload => {
                    info!("SIGHUP: this process is the only worker and does not restart itself");
                    systemd::reloading();
                    systemd::ready(1);
                    continue;
                }
                Ask::Force => return forced,
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
            systemd::stopping();
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

async fn death_of(parent: Option<OtherEnd>) {
    match parent {
        Some(parent) => parent.closed().await,
        None => pending().await,
    }
}
