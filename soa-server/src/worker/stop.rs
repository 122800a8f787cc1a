//! What signals ask for.

use std::{
    future::pending,
    io,
    time::{Duration, Instant},
};

use nix::sys::signal::{SigSet, SigmaskHow, Signal as Masked};
use rustix::process::Signal;
use tokio::{
    select,
    signal::unix::{self, SignalKind, signal},
};

/// Within this time a second signal of another kind is the same request: a terminal and a supervisor that act at once.
const DUPLICATE: Duration = Duration::from_secs(1);

/// What a parent sends to workers that are to end at once. SIGTERM would not do: a worker may get two of them that mean
/// one request to stop, from its parent and from a supervisor.
pub(crate) const FORCE: Signal = Signal::QUIT;

/// Has SIGHUP wait until this process [heeds](heed_hangups) it: by itself it would end one that is still starting. What
/// this thread starts meanwhile, processes and threads, inherits that.
///
/// # Errors
/// When the system refuses.
pub(crate) fn defer_hangups() -> io::Result<()> {
    Ok(hangup().thread_block()?)
}

/// Starts a process in which SIGHUP waits, so that it can never come too early.
///
/// # Errors
/// Those of `start`, and when the system refuses.
pub(crate) fn deferring_hangups<T>(start: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let before = hangup().thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    let started = start();
    before.thread_set_mask()?;
    started
}

/// From now on SIGHUP does not end the process, and waits no more. To be called within a runtime.
///
/// # Errors
/// When the system refuses.
pub(crate) fn heed_hangups() -> io::Result<unix::Signal> {
    let hangups = signal(SignalKind::hangup())?;
    hangup().thread_unblock()?;
    Ok(hangups)
}

fn hangup() -> SigSet {
    SigSet::from(Masked::SIGHUP)
}

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Take nothing new, finish what runs.
    Drain,
    /// Nothing: the signal only repeats another.
    Nothing,
    /// Start the workers anew.
    Reload,
    /// End at once.
    Force,
}

/// The signals to this process that a service heeds.
#[derive(Debug)]
pub(crate) struct StopSignals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    hangup: unix::Signal,
    quit: Option<unix::Signal>,
    policy: Policy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Interrupt,
    Terminate,
    Hangup,
    Quit,
}

#[derive(Debug, Default)]
struct Policy {
    has_parent: bool,
    first: Option<(Kind, Instant)>,
}

impl StopSignals {
    /// Takes the signals over; from now on they no longer end the process by themselves.
    ///
    /// A worker that has a parent heeds that one: to its SIGTERM and its [`FORCE`]. Other signals reach both when a
    /// terminal or a supervisor sends them to all processes of a service, and the parent passes on what they ask for.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn listen(has_parent: bool) -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: heed_hangups()?,
            quit: has_parent.then(|| signal(SignalKind::quit())).transpose()?,
            policy: Policy { has_parent, first: None },
        })
    }

    /// Waits for the next signal. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Ask {
        let kind = select! {
            _ = self.interrupt.recv() => Kind::Interrupt,
            _ = self.terminate.recv() => Kind::Terminate,
            _ = self.hangup.recv() => Kind::Hangup,
            () = received(self.quit.as_mut()) => Kind::Quit,
        };
        self.policy.received(kind, Instant::now())
    }
}

async fn received(signal: Option<&mut unix::Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => pending().await,
    }
}

impl Policy {
    fn received(&mut self, kind: Kind, now: Instant) -> Ask {
        match (kind, self.first) {
            (Kind::Quit, _) => Ask::Force,
            (Kind::Interrupt | Kind::Hangup, _) if self.has_parent => Ask::Nothing,
            (Kind::Hangup, None) => Ask::Reload,
            (Kind::Hangup, Some(_)) => Ask::Nothing,
            (_, None) => {
                self.first = Some((kind, now));
                Ask::Drain
            }
            // The parent's SIGTERM comes after that of a supervisor that told all processes.
            (_, Some(_)) if self.has_parent => Ask::Nothing,
            (_, Some((first, at))) if first != kind && now - at < DUPLICATE => Ask::Nothing,
            (_, Some(_)) => Ask::Force,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Ask::*, Kind::*, *};

    fn check(signals: &[(Kind, u64)], asks: &[Ask]) {
        check_policy(false, signals, asks);
    }

    fn check_policy(has_parent: bool, signals: &[(Kind, u64)], asks: &[Ask]) {
        let (mut policy, start) = (Policy { has_parent, first: None }, Instant::now());
        let found: Vec<Ask> = signals
            .iter()
            .map(|(kind, milliseconds)| policy.received(*kind, start + Duration::from_millis(*milliseconds)))
            .collect();
        assert_eq!(found, asks, "{signals:?}");
    }

    #[test]
    fn the_same_signal_again_forces() {
        check(&[(Terminate, 0), (Terminate, 10)], &[Drain, Force]);
        check(&[(Interrupt, 0), (Interrupt, 5000)], &[Drain, Force]);
    }

    #[test]
    fn another_signal_forces_only_after_a_second() {
        check(&[(Interrupt, 0), (Terminate, 999)], &[Drain, Nothing]);
        check(&[(Interrupt, 0), (Terminate, 1000)], &[Drain, Force]);
        check(&[(Terminate, 0), (Interrupt, 10), (Terminate, 20)], &[Drain, Nothing, Force]);
    }

    #[test]
    fn a_hangup_asks_for_a_reload_until_the_end_begins() {
        check(&[(Hangup, 0), (Hangup, 1), (Terminate, 2), (Hangup, 3)], &[Reload, Reload, Drain, Nothing]);
    }

    #[test]
    fn a_worker_is_forced_by_its_parent_only() {
        let signals = [(Interrupt, 0), (Hangup, 1), (Terminate, 2), (Terminate, 3), (Interrupt, 2000), (Quit, 2001)];
        check_policy(true, &signals, &[Nothing, Nothing, Drain, Nothing, Nothing, Force]);
    }
}
