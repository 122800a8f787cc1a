//! What stop signals ask for.

use std::{
    io,
    time::{Duration, Instant},
};

use tokio::{
    select,
    signal::unix::{self, SignalKind, signal},
};

/// Within this time a second signal of another kind is the same request: a terminal and a supervisor that act at once.
const DUPLICATE: Duration = Duration::from_secs(1);

/// What a stop signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Take nothing new, finish what runs.
    Drain,
    /// Nothing: the signal only repeats another.
    Nothing,
    /// End at once.
    Force,
}

/// SIGINT and SIGTERM of this process.
#[derive(Debug)]
pub(crate) struct StopSignals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    has_parent: bool,
    policy: Policy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Interrupt,
    Terminate,
}

#[derive(Debug, Default)]
struct Policy {
    first: Option<(Kind, Instant)>,
}

impl StopSignals {
    /// Takes the signals over; from now on they no longer end the process by themselves.
    ///
    /// A worker that has a parent does not heed SIGINT: a terminal sends it to both, and the parent passes it on as a
    /// SIGTERM.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn listen(has_parent: bool) -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            has_parent,
            policy: Policy::default(),
        })
    }

    /// Waits for the next signal. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Ask {
        let kind = select! {
            _ = self.interrupt.recv(), if !self.has_parent => Kind::Interrupt,
            _ = self.terminate.recv() => Kind::Terminate,
        };
        self.policy.received(kind, Instant::now())
    }
}

impl Policy {
    fn received(&mut self, kind: Kind, now: Instant) -> Ask {
        match self.first {
            None => {
                self.first = Some((kind, now));
                Ask::Drain
            }
            Some((first, at)) if first != kind && now - at < DUPLICATE => Ask::Nothing,
            Some(_) => Ask::Force,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Ask::*, Kind::*, *};

    fn check(signals: &[(Kind, u64)], asks: &[Ask]) {
        let (mut policy, start) = (Policy::default(), Instant::now());
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
}
