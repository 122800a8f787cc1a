//! Interrupts actions and jobs that run for too long, by dropping their futures where they wait.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use soa_common::{ActionResponse, Body, Error, JobResponse, Map, codes};
use tokio::time::Instant;

/// Limits of the time that jobs take.
///
/// What is over its limit is dropped where it waits: an action is answered with `ACTION_TIMEOUT`, after the responses of
/// the actions before it, and the job ends; a job outside of its actions, which is in its middleware, is answered with
/// `JOB_TIMEOUT`. Other jobs are not touched. Action middleware is part of its action and is dropped with it; job
/// middleware gets the response with the error.
///
/// Dropping stops nothing that was given to `spawn_blocking` or `tokio::spawn`, and no code that does not yield its
/// thread, because it computes or blocks. Such code ends the whole process, where that is one of [`main`](crate::main):
/// at its limit all jobs of the worker are answered in this way (their errors have a `reason` among their `variables`:
/// `self`, or `worker_stuck` for those that only ran beside it), and the process ends with exit code 70 and is started
/// again by its parent. Before that, what the worker had not started goes to other workers. Hooks and background tasks
/// have `timeout` for it. A worker of [`serve`](crate::serve) is not watched. `docs/operating.md` tells more.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Harakiri {
    /// How long a job may take. Default: 300 seconds; none: without limit (0 in a file).
    pub timeout: Option<Duration>,
    /// How long what is left of a job, its middleware, may take after one of its actions was interrupted; how long
    /// [`Hooks::teardown`](crate::Hooks::teardown) may take; and how long a process may go on that has code over its
    /// limit that does not yield. Default: 30 seconds.
    pub shutdown_grace: Duration,
    /// How long single actions may take, by name, in place of `timeout`: their time does not count against that of the
    /// job. None: without limit (0 in a file).
    pub actions: BTreeMap<String, Option<Duration>>,
}

impl Default for Harakiri {
    fn default() -> Self {
        Self { timeout: Some(Duration::from_secs(300)), ..NO_LIMITS }
    }
}

const NO_LIMITS: Harakiri =
    Harakiri { timeout: None, shutdown_grace: Duration::from_secs(30), actions: BTreeMap::new() };

/// The time of one job, and how far it has come in it: what ends a job from outside answers it by this.
pub(crate) struct JobClock {
    limits: Option<Arc<Harakiri>>,
    state: Mutex<State>,
}

struct State {
    /// None before the job is begun.
    start: Option<Instant>,
    /// When the job is over its limit; for actions as well that have no limit of their own.
    deadline: Option<Instant>,
    /// How many actions run: at most one, unless middleware runs what it wraps more than once.
    running: usize,
    /// The action that was started last.
    action: Option<Arc<str>>,
    /// When it is over its limit.
    action_deadline: Option<Instant>,
    was_interrupted: bool,
    /// The responses of the actions that have ended, while more are to come.
    responses: Vec<ActionResponse>,
}

/// What a job does, and when that is over its limit.
pub(crate) enum Phase {
    /// Nothing of its own yet.
    Before,
    /// It runs this action.
    Action(Arc<str>, Option<Instant>),
    /// It is in its middleware.
    Middleware(Option<Instant>),
}

/// Why a job is interrupted by the watchdog, as its caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It does not yield.
    ItSelf,
    /// It runs in a worker with something that does not yield.
    WorkerStuck,
    /// Its worker was told to stop and has no time left.
    WorkerStopping,
}

impl Reason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::ItSelf => "self",
            Self::WorkerStuck => "worker_stuck",
            Self::WorkerStopping => "worker_stopping",
        }
    }
}

/// The time of one action of a job; it ends when this is dropped.
pub(crate) struct ActionClock<'a> {
    job: &'a JobClock,
    name: &'a str,
    /// When the action started, where its time does not count as that of the job.
    own: Option<Instant>,
    deadline: Option<Instant>,
    was_interrupted: bool,
}

impl JobClock {
    pub(crate) fn new(limits: Option<Arc<Harakiri>>) -> Self {
        let state = State {
            start: None,
            deadline: None,
            running: 0,
            action: None,
            action_deadline: None,
            was_interrupted: false,
            responses: Vec::new(),
        };
        Self { limits, state: Mutex::new(state) }
    }

    /// The job begins.
    pub(crate) fn start(&self) {
        let start = Instant::now();
        let mut state = self.state();
        state.start = Some(start);
        state.deadline = after(start, self.limits().timeout);
    }

    /// What the job does now.
    pub(crate) fn phase(&self) -> Phase {
        let state = self.state();
        match &state.action {
            _ if state.start.is_none() => Phase::Before,
            Some(name) if state.running > 0 => Phase::Action(Arc::clone(name), state.action_deadline),
            _ => Phase::Middleware(state.deadline),
        }
    }

    /// What the caller is told when the watchdog ends the job now.
    pub(crate) fn cut_short(&self, reason: Reason) -> JobResponse {
        let because = |mut error: Error| {
            error.variables = Some(Map::from([("reason", reason.as_str())]).into());
            vec![error]
        };
        let Phase::Action(name, _) = self.phase() else {
            return JobResponse::failed(because(job_timeout()));
        };
        let errors = because(action_timeout(&name));
        let last = ActionResponse { action: name.to_string(), errors, body: Body::empty() };
        let actions = self.state().responses.iter().cloned().chain([last]).collect();
        JobResponse { actions, ..JobResponse::default() }
    }

    fn limits(&self) -> &Harakiri {
        static OFF: Harakiri = NO_LIMITS;
        self.limits.as_deref().unwrap_or(&OFF)
    }

    /// When a job is to be interrupted as a whole.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let state = self.state();
        match state.running {
            0 => state.deadline,
            // The action is interrupted by itself. But middleware may hold its future without polling it.
            _ => after(state.action_deadline?, Some(self.limits().shutdown_grace)),
        }
    }

    /// Logs that the job was interrupted as a whole, and gives what the caller is told.
    pub(crate) fn interrupted(&self) -> Error {
        let (limits, state) = (self.limits(), self.state());
        let limit = match state.was_interrupted {
            true => Limit("shutdown_grace", None, Some(limits.shutdown_grace)),
            false => Limit("timeout", None, limits.timeout),
        };
        let elapsed = state.start.unwrap_or_else(Instant::now).elapsed().as_secs_f64();
        drop(state);
        tracing::error!("the job was interrupted outside of its actions after {elapsed:.1} s{limit}");
        job_timeout()
    }

    /// The actions of the job begin; with middleware that runs them again, once more.
    pub(crate) fn start_actions(&self) {
        self.state().responses.clear();
    }

    /// Notes what an action was answered, when it is not the last one.
    pub(crate) fn keep(&self, response: ActionResponse) {
        self.state().responses.push(response);
    }

    pub(crate) fn start_action<'a>(&'a self, name: &'a Arc<str>) -> ActionClock<'a> {
        let limit = self.limits().actions.get(&**name);
        let own = limit.map(|_| Instant::now());
        let mut state = self.state();
        let deadline = match (own, limit) {
            (Some(start), Some(limit)) => {
                let left = state.deadline.filter(|_| state.was_interrupted);
                earlier(after(start, *limit), left)
            }
            _ => state.deadline,
        };
        state.running += 1;
        state.action = Some(Arc::clone(name));
        state.action_deadline = deadline;
        ActionClock { job: self, name, own, deadline, was_interrupted: false }
    }

    /// Whether an action of the job was interrupted: none is started after it.
    pub(crate) fn has_interrupted(&self) -> bool {
        self.state().was_interrupted
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ActionClock<'_> {
    /// When the action is to be interrupted.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Logs that the action was interrupted, and gives what the caller is told.
    pub(crate) fn interrupted(mut self) -> Error {
        self.was_interrupted = true;
        let (name, limits) = (self.name, self.job.limits());
        let (what, start, limit) = match self.own {
            Some(start) => {
                ("it", Some(start), Limit("actions", Some(name), limits.actions.get(name).copied().flatten()))
            }
            None => ("the job", self.job.state().start, Limit("timeout", None, limits.timeout)),
        };
        let elapsed = start.unwrap_or_else(Instant::now).elapsed().as_secs_f64();
        tracing::error!("the action {name:?} was interrupted after {what} had run for {elapsed:.1} s{limit}");
        action_timeout(name)
    }
}

impl Drop for ActionClock<'_> {
    fn drop(&mut self) {
        let mut state = self.job.state();
        state.running -= 1;
        if let Some(start) = self.own.filter(|_| !state.was_interrupted) {
            state.deadline = state.deadline.and_then(|deadline| after(deadline, Some(start.elapsed())));
        }
        if self.was_interrupted && !state.was_interrupted {
            state.was_interrupted = true;
            let now = Instant::now();
            let grace = after(now, Some(self.job.limits().shutdown_grace));
            // A job that is over its limit had no time left at all.
            state.deadline = earlier(state.deadline.filter(|deadline| *deadline > now), grace);
        }
    }
}

/// What the caller of an action is told that was interrupted.
fn action_timeout(name: &str) -> Error {
    let message = format!("The action \"{name}\" ran for too long and had to be interrupted.");
    Error::new(codes::ACTION_TIMEOUT, message)
}

/// What the caller of a job is told that was interrupted outside of its actions.
fn job_timeout() -> Error {
    let message = "The service job ran for too long and had to be interrupted (probably a middleware issue).";
    Error::new(codes::JOB_TIMEOUT, message)
}

/// A setting and its value, as logs tell it.
struct Limit<'a>(&'static str, Option<&'a str>, Option<Duration>);

impl fmt::Display for Limit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(setting, action, Some(limit)) = self else { return Ok(()) };
        write!(f, "; harakiri.{setting}")?;
        if let Some(action) = action {
            write!(f, ".{action}")?;
        }
        write!(f, " allows {} s", limit.as_secs_f64())
    }
}

/// None is never, and so is what no clock can tell.
pub(crate) fn after(start: Instant, limit: Option<Duration>) -> Option<Instant> {
    start.checked_add(limit?)
}

fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    one.into_iter().chain(other).min()
}
