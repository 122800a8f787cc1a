//! What the watchdog says. A thread that is stuck may hold what writing to the log needs, so it is said from threads of
//! their own, and not waited for but at the end.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use soa_common::transport::TransportError;
use tokio::{
    sync::oneshot,
    time::{Instant, timeout},
};
use tracing::{Span, error, error_span, info, warn};

use super::doom::Outcome;
use crate::{
    watch::{Late, Told},
    worker::Chain,
};

/// How long the last line may take to be written.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Code that does not yield.
#[derive(Clone, Debug)]
pub(super) struct Culprit {
    told: Told,
    thread: u32,
    since: Instant,
}

/// How many requests were put back.
#[derive(Clone, Debug, Default)]
pub(super) struct HandedBack(Arc<AtomicUsize>);

impl Culprit {
    pub(super) fn of(late: &Late) -> Self {
        Self { told: late.slot.told(), thread: late.slot.marks().thread(), since: late.since }
    }

    /// Says that it has not yielded for a while.
    pub(super) fn keeps_on(&self, now: Instant, handed_back: &HandedBack) {
        let (what, thread, handed_back) = (self.told.what.clone(), ThreadState(self.thread), handed_back.clone());
        let seconds = (now - self.since).as_secs_f64();
        say(&self.told, move || {
            warn!("{what} has kept its thread busy for {seconds:.1} s{thread}; requests handed back: {handed_back}");
        });
    }

    /// Says that it has yielded after all.
    pub(super) fn yielded(&self, now: Instant, handed_back: &HandedBack) {
        let (what, handed_back) = (self.told.what.clone(), handed_back.clone());
        let seconds = (now - self.since).as_secs_f64();
        say(&self.told, move || {
            info!("{what} has yielded its thread after {seconds:.1} s; requests handed back: {handed_back}");
        });
    }

    /// Says that the worker ends because of it.
    pub(super) async fn ends_worker(&self, now: Instant, end: Instant, outcome: &Arc<Outcome>) {
        let (what, thread, outcome) = (self.told.what.clone(), ThreadState(self.thread), Arc::clone(outcome));
        let (seconds, left) = ((now - self.since).as_secs_f64(), end.saturating_duration_since(now).as_secs_f64());
        let said = say(&self.told, move || {
            error!(
                "{what} is over its limit and has not yielded for {seconds:.1} s{thread}; requests answered: {}, \
                 handed back: {}; the process ends with exit code 70 when it yields, or in {left:.1} s",
                outcome.answered.load(Ordering::Relaxed),
                outcome.handed_back,
            );
        });
        let _ = timeout(LAST_WORDS, said).await;
    }
}

/// Says of each of these requests what could not be done, and why.
pub(super) fn lost(what: &'static str, requests: Vec<(Told, TransportError)>) {
    if requests.is_empty() {
        return;
    }
    write(move || {
        for (told, error) in requests {
            span(&told).in_scope(|| error!("{what}: {}", Chain(&error)));
        }
    });
}

/// Writes a line with the fields of a request; what is given ends when that is done.
fn say(told: &Told, line: impl FnOnce() + Send + 'static) -> oneshot::Receiver<()> {
    let told = told.clone();
    write(move || span(&told).in_scope(line))
}

fn span(told: &Told) -> Span {
    let Told { request_id, correlation_id, action, .. } = told;
    error_span!("job", request_id, correlation_id, action_name = action)
}

fn write(lines: impl FnOnce() + Send + 'static) -> oneshot::Receiver<()> {
    let (done, written) = oneshot::channel();
    let write = move || {
        lines();
        // Mostly nobody waits.
        let _ = done.send(());
    };
    // Where the system refuses a thread, nothing is said.
    let _ = thread::Builder::new().name("soa-watchdog-log".to_owned()).spawn(write);
    written
}

impl HandedBack {
    pub(super) fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl fmt::Display for HandedBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.load(Ordering::Relaxed).fmt(f)
    }
}

/// What the system says of a thread, when it is displayed.
struct ThreadState(u32);

impl fmt::Display for ThreadState {
    #[cfg(target_os = "linux")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let read = |file: &str| std::fs::read_to_string(format!("/proc/self/task/{}/{file}", self.0));
        let Ok(stat) = read("stat") else { return Ok(()) };
        // The name before it is in brackets, and may hold some.
        let Some(state) = stat.rsplit(") ").next().and_then(|rest| rest.chars().next()) else { return Ok(()) };
        write!(f, " (thread {}, state {state}", self.0)?;
        match read("wchan").ok().filter(|place| !place.is_empty() && place != "0") {
            Some(place) => write!(f, ", waiting in {place})"),
            None => f.write_str(")"),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}
