//! A worker with a watchdog over a transport that notes what happens to it.

use std::{
    collections::BTreeMap,
    future::pending,
    sync::{Arc, Mutex, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use futures_util::future::BoxFuture;
use soa_common::{
    Body, JobResponse, Map,
    transport::{Received, Rescue, ServerTransport, TransportError, TransportErrorKind},
};
use tokio::{
    runtime::{Builder, Runtime},
    sync::{self, oneshot},
};

use crate::{
    ActionContext, ActionError, HookResult, Hooks, Job, JobNext, JobResult, Middleware, ServerSettings, Service,
    worker::{Ended, Keeper, run},
};

pub(super) const PATIENCE: Duration = Duration::from_secs(60);
pub(super) const LIMIT: Duration = Duration::from_millis(300);

/// Where code of the service blocks its thread, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Action,
    PreRequest,
    PostRequest,
    Middleware,
    Task,
    Idle,
    Teardown,
}

/// Blocks who gets here first until the test lets go.
struct Gate(Place, Mutex<Option<mpsc::Receiver<()>>>);

impl Gate {
    fn pass(&self, place: Place) {
        let held = self.1.lock().unwrap().take_if(|_| self.0 == place);
        // It ends with the test as well.
        if let Some(held) = held {
            let _ = held.recv();
        }
    }
}

impl Hooks for Arc<Gate> {
    async fn perform_idle_actions(&self) -> HookResult {
        self.pass(Place::Idle);
        Ok(())
    }

    async fn perform_pre_request_actions(&self) -> HookResult {
        self.pass(Place::PreRequest);
        Ok(())
    }

    async fn perform_post_request_actions(&self) -> HookResult {
        self.pass(Place::PostRequest);
        Ok(())
    }

    async fn teardown(&self) -> HookResult {
        self.pass(Place::Teardown);
        Ok(())
    }
}

struct Outer(Arc<Gate>);

impl Middleware for Outer {
    async fn job(&self, job: Job, next: JobNext<'_>) -> JobResult {
        if job.actions[0].action == "block" {
            self.0.pass(Place::Middleware);
        }
        next.run(job).await
    }
}

async fn ok(_: Map) -> Result<Map, ActionError> {
    Ok(Map::new())
}

async fn wait(_: Map) -> Result<Map, ActionError> {
    pending().await
}

async fn block(ctx: ActionContext<Arc<Gate>>, _: Map) -> Result<Map, ActionError> {
    let gate = Arc::clone(ctx.state());
    ctx.spawn(async move {
        gate.pass(Place::Task);
        Ok(())
    });
    ctx.state().pass(Place::Action);
    Ok(Map::new())
}

/// What the test sees: who answered what, and the end of the process.
#[derive(Clone)]
struct Notes(mpsc::Sender<String>);

impl Notes {
    fn add(&self, note: impl Into<String>) {
        // The test may have ended.
        let _ = self.0.send(note.into());
    }
}

struct Fake {
    requests: sync::Mutex<sync::mpsc::UnboundedReceiver<Vec<Received<u32>>>>,
    notes: Notes,
    is_broken: bool,
}

/// What responding to this request never comes to an end for.
pub(super) const UNSENT: u32 = 99;

impl ServerTransport for Fake {
    type Reply = u32;

    fn receive(&self, _: usize) -> BoxFuture<'_, Result<Vec<Received<u32>>, TransportError>> {
        Box::pin(async { Ok(self.requests.lock().await.recv().await.unwrap_or_default()) })
    }

    fn stop(&self) {
        self.notes.add("stops");
    }

    fn respond<'a>(&'a self, reply: &'a u32, response: &'a JobResponse) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move {
            if *reply == UNSENT {
                pending::<()>().await;
            }
            self.notes.add(format!("{reply} sent {}", outcome(response)));
            Ok(())
        })
    }

    fn rescue(&self) -> Option<Box<dyn Rescue<u32>>> {
        Some(Box::new(FakeRescue { notes: self.notes.clone(), is_broken: self.is_broken }))
    }
}

struct FakeRescue {
    notes: Notes,
    is_broken: bool,
}

impl FakeRescue {
    fn done(&self, note: String) -> Result<(), TransportError> {
        if self.is_broken {
            return Err(TransportError::new(TransportErrorKind::MessageSend, "Redis is away"));
        }
        self.notes.add(note);
        Ok(())
    }
}

impl Rescue<u32> for FakeRescue {
    fn relieve(&self) -> BoxFuture<'_, ()> {
        Box::pin(async { drop(self.done("relieved".to_owned())) })
    }

    fn put_back<'a>(&'a self, reply: &'a u32) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move { self.done(format!("{reply} back")) })
    }

    fn respond<'a>(&'a self, reply: &'a u32, response: &'a JobResponse) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(async move { self.done(format!("{reply} rescued {}", outcome(response))) })
    }
}

/// The actions and errors of a response, with the reasons of these.
fn outcome(response: &JobResponse) -> String {
    let errors = |errors: &[soa_common::Error]| -> String {
        let error = |error: &soa_common::Error| {
            let reason = error.variables.as_ref().and_then(|variables| variables.as_map()?.get("reason")?.as_str());
            format!(" {} {}", error.code, reason.unwrap_or_default())
        };
        errors.iter().map(error).collect()
    };
    let actions: Vec<_> =
        response.actions.iter().map(|action| format!("{}{}", action.action, errors(&action.errors))).collect();
    format!("{}{}", actions.join(", "), errors(&response.errors)).trim().to_owned()
}

/// A request for these actions.
pub(super) fn request(id: u32, actions: &[&str], is_suppressed: bool) -> Received<u32> {
    let actions: Vec<_> = actions.iter().map(|action| serde_json::json!({ "action": action, "body": {} })).collect();
    let job = serde_json::json!({
        "control": { "continue_on_error": false, "suppress_response": is_suppressed },
        "context": { "correlation_id": "c0ffee", "switches": [] },
        "actions": actions,
    });
    Received { reply: id, request_id: id.to_string(), job: Body::encode(&job).unwrap().to_msgpack(), deadline: None }
}

/// A worker on a thread of its own, with a watchdog.
pub(super) struct Stuck {
    pub(super) requests: Option<sync::mpsc::UnboundedSender<Vec<Received<u32>>>>,
    pub(super) notes: mpsc::Receiver<String>,
    gate: Option<mpsc::Sender<()>>,
    pub(super) stop: Option<oneshot::Sender<()>>,
    worker: Option<JoinHandle<Ended>>,
    _control: Runtime,
}

impl Stuck {
    pub(super) fn start(place: Place, change: impl FnOnce(&mut ServerSettings)) -> Self {
        Self::start_with(place, false, change)
    }

    pub(super) fn start_with(place: Place, is_broken: bool, change: impl FnOnce(&mut ServerSettings)) -> Self {
        let mut settings = ServerSettings::default();
        settings.harakiri.shutdown_grace = Duration::from_secs(1);
        change(&mut settings);
        let (note, notes) = mpsc::channel();
        let notes_of = Notes(note);
        let (requests, received) = sync::mpsc::unbounded_channel();
        let (gate, held) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let control = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let runtime = control.handle().clone();
        let worker = thread::spawn(move || {
            let gate = Arc::new(Gate(place, Mutex::new(Some(held))));
            let state = Arc::downgrade(&gate);
            let builder = Service::builder("test").state(Arc::clone(&gate)).hooks(Arc::clone(&gate));
            let builder = builder.action("ok", ok).action("wait", wait).action("block", block);
            let service = builder.middleware(Outer(gate)).build().unwrap();
            let transport = Fake { requests: sync::Mutex::new(received), notes: notes_of.clone(), is_broken };
            let keeper = Keeper { runtime, end: Box::new(move || notes_of.add("process ends")) };
            let mut builder = match settings.runtime_threads {
                1 => Builder::new_current_thread(),
                _ => Builder::new_multi_thread(),
            };
            let worker = builder.worker_threads(settings.runtime_threads).enable_all().build().unwrap();
            let ended = worker.block_on(run(service, transport, &settings, Some(keeper), || {}, async {
                let _ = stopped.await;
            }));
            let deadline = std::time::Instant::now() + PATIENCE;
            while state.upgrade().is_some() {
                assert!(std::time::Instant::now() < deadline, "the service outlives its worker");
                thread::yield_now();
            }
            worker.shutdown_background();
            ended
        });
        let (requests, gate, stop, worker) = (Some(requests), Some(gate), Some(stop), Some(worker));
        Self { requests, notes, gate, stop, worker, _control: control }
    }

    pub(super) fn send(&self, batch: Vec<Received<u32>>) {
        self.requests.as_ref().unwrap().send(batch).unwrap();
    }

    /// The next notes but for those of relief, in their order when it is one.
    #[track_caller]
    pub(super) fn expect(&self, expected: &[&str]) {
        let mut found = Vec::new();
        while found.len() < expected.len() {
            match self.notes.recv_timeout(PATIENCE).unwrap() {
                note if note == "relieved" => {}
                note => found.push(note),
            }
        }
        assert_eq!(found, expected);
    }

    /// As [`expect`](Self::expect), in any order.
    #[track_caller]
    pub(super) fn expect_all(&self, expected: &[&str]) {
        let mut left: BTreeMap<&str, ()> = expected.iter().map(|note| (*note, ())).collect();
        while !left.is_empty() {
            let note = self.notes.recv_timeout(PATIENCE).unwrap();
            assert!(note == "relieved" || left.remove(&*note).is_some(), "{note:?} came, expected was {left:?}");
        }
    }

    pub(super) fn let_go(&mut self) {
        drop(self.gate.take());
    }

    /// Lets the worker stop, which may be doomed, and gives how it ended and what was noted until then.
    pub(super) fn end(&mut self) -> (Ended, Vec<String>) {
        self.let_go();
        drop((self.stop.take(), self.requests.take()));
        let ended = self.worker.take().unwrap().join().unwrap();
        let notes = self.notes.try_iter().filter(|note| note != "relieved").collect();
        (ended, notes)
    }
}
