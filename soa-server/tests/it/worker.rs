//! The loop of a worker over a transport that does as the test says.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use soa_common::{
    ActionRequest, Body, Context, Control, JobRequest, JobResponse, Map, Value,
    transport::{Received, ServerTransport, TransportError, TransportErrorKind},
};
use soa_server::{ActionError, Hooks, ServerSettings, Service, ServiceBuilder, serve};
use tokio::{
    sync::{Notify, Semaphore, mpsc},
    time::{Instant, timeout},
};

/// What the test does to the worker, and sees of it.
pub(crate) struct Script {
    requests: mpsc::UnboundedSender<Result<Received<u32>, TransportError>>,
    answers: mpsc::UnboundedReceiver<(u32, JobResponse)>,
    most_asked_for: Arc<AtomicUsize>,
    /// How many places were told to have come free.
    freed: Arc<AtomicUsize>,
    /// While a test holds it, no response is confirmed.
    confirmation: Arc<Semaphore>,
}

/// Gives the worker what the test sends.
pub(crate) struct Scripted {
    requests: tokio::sync::Mutex<mpsc::UnboundedReceiver<Result<Received<u32>, TransportError>>>,
    answers: mpsc::UnboundedSender<(u32, JobResponse)>,
    stopped: Notify,
    most_asked_for: Arc<AtomicUsize>,
    freed: Arc<AtomicUsize>,
    confirmation: Arc<Semaphore>,
    /// How responding fails the first time for a request.
    refusal: Option<TransportErrorKind>,
    refused: Mutex<Vec<u32>>,
}

pub(crate) fn scripted(refusal: Option<TransportErrorKind>) -> (Scripted, Script) {
    let (requests, received) = mpsc::unbounded_channel();
    let (answered, answers) = mpsc::unbounded_channel();
    let [most_asked_for, freed] = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
    let confirmation = Arc::new(Semaphore::new(1));
    let transport = Scripted {
        requests: tokio::sync::Mutex::new(received),
        answers: answered,
        stopped: Notify::new(),
        most_asked_for: most_asked_for.clone(),
        freed: freed.clone(),
        confirmation: confirmation.clone(),
        refusal,
        refused: Mutex::default(),
    };
    (transport, Script { requests, answers, most_asked_for, freed, confirmation })
}

impl ServerTransport for Scripted {
    type Reply = u32;

    fn receive(&self, free: usize) -> BoxFuture<'_, Result<Vec<Received<u32>>, TransportError>> {
        self.most_asked_for.fetch_max(free, Ordering::Relaxed);
        async move {
            let mut requests = self.requests.lock().await;
            let first = tokio::select! {
                biased;
                first = requests.recv() => first,
                () = self.stopped.notified() => {
                    self.stopped.notify_one();
                    return Ok(Vec::new());
                }
            };
            let mut batch = vec![first.unwrap()?];
            while batch.len() < free
                && let Ok(next) = requests.try_recv()
            {
                batch.push(next?);
            }
            Ok(batch)
        }
        .boxed()
    }

    fn freed(&self, free: usize) -> bool {
        self.freed.store(free, Ordering::Relaxed);
        true
    }

    fn stop(&self) {
        self.stopped.notify_one();
    }

    fn respond<'a>(&'a self, reply: &'a u32, response: &'a JobResponse) -> BoxFuture<'a, Result<(), TransportError>> {
        async move {
            if let Some(kind) = self.refusal {
                let mut refused = self.refused.lock().unwrap();
                if !refused.contains(reply) {
                    refused.push(*reply);
                    return Err(TransportError::new(kind, "no"));
                }
            }
            self.answers.send((*reply, response.clone())).unwrap();
            drop(self.confirmation.acquire().await);
            Ok(())
        }
        .boxed()
    }
}

impl Script {
    fn request(&self, id: u32, action: &str) {
        self.send(id, action, Control::default(), None);
    }

    fn send(&self, id: u32, action: &str, control: Control, deadline: Option<Instant>) {
        self.send_job(id, &job(&[action], control.with("continue_on_error", false)), deadline);
    }

    pub(crate) fn send_job(&self, id: u32, job: &JobRequest, deadline: Option<Instant>) {
        let request = Received { reply: id, request_id: id.to_string(), job: raw(job), deadline };
        self.requests.send(Ok(request)).unwrap();
    }

    pub(crate) async fn answer(&mut self) -> (u32, JobResponse) {
        timeout(Duration::from_secs(3600), self.answers.recv()).await.unwrap().unwrap()
    }
}

/// A job of actions with empty bodies.
pub(crate) fn job(actions: &[&str], control: Control) -> JobRequest {
    JobRequest {
        control,
        context: Context::default().with("correlation_id", "c").with("switches", Value::List(Vec::new())),
        actions: actions.iter().map(|action| ActionRequest::new(*action, Body::empty())).collect(),
    }
}

/// The job as an envelope holds it.
fn raw(job: &JobRequest) -> Bytes {
    let actions: Vec<Value> = job
        .actions
        .iter()
        .map(|action| {
            let mut map = Map::new();
            map.push("action", action.action.as_str());
            map.push("body", action.body.to_value());
            Value::from(map)
        })
        .collect();
    let mut map = Map::new();
    map.push("control", job.control.as_body().to_value());
    map.push("context", job.context.as_body().to_value());
    map.push("actions", Value::List(actions));
    Body::from(map).to_msgpack()
}

fn service() -> ServiceBuilder<()> {
    async fn ok(_: Map) -> Result<Map, ActionError> {
        Ok(Map::new())
    }
    async fn panics(_: Map) -> Result<Map, ActionError> {
        panic!("on purpose")
    }
    async fn sleeps(_: Map) -> Result<Map, ActionError> {
        tokio::time::sleep(Duration::from_secs(10)).await;
        Ok(Map::new())
    }
    Service::builder("test").action("ok", ok).action("panics", panics).action("sleeps", sleeps)
}

fn codes(response: &JobResponse) -> Vec<&str> {
    let actions = response.actions.iter().flat_map(|action| &action.errors);
    response.errors.iter().chain(actions).map(|error| &*error.code).collect()
}

/// Runs a worker together with a test that ends with the request to stop.
async fn with_worker(
    transport: Scripted,
    settings: ServerSettings,
    test: impl AsyncFnOnce(),
) -> Result<(), soa_server::DrainExceeded> {
    serve(service().build().unwrap(), transport, &settings, test()).await
}

#[tokio::test(start_paused = true)]
async fn every_request_is_answered_even_when_its_action_panics() {
    let (transport, mut script) = scripted(None);
    let test = async || {
        script.request(1, "panics");
        script.request(2, "ok");
        script.request(3, "nothing");
        let mut answers = [script.answer().await, script.answer().await, script.answer().await];
        answers.sort_by_key(|(id, _)| *id);
        let answers: Vec<_> = answers.iter().map(|(id, response)| (*id, codes(response))).collect();
        assert_eq!(answers, [(1, vec!["SERVER_ERROR"]), (2, vec![]), (3, vec!["UNKNOWN"])]);
    };
    with_worker(transport, ServerSettings::default(), test).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_runs_at_a_stop_is_finished_and_what_was_popped_is_started() {
    let (transport, mut script) = scripted(None);
    script.request(1, "sleeps");
    let test = async || {
        script.request(2, "sleeps");
    };
    with_worker(transport, ServerSettings::default(), test).await.unwrap();
    let mut ids = [script.answer().await.0, script.answer().await.0];
    ids.sort_unstable();
    assert_eq!(ids, [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn draining_ends_at_its_limit() {
    let (transport, script) = scripted(None);
    let mut settings = ServerSettings::default();
    settings.harakiri.timeout = Some(Duration::from_secs(9));
    settings.harakiri.actions.insert("sleeps".to_owned(), None);
    script.request(1, "sleeps");
    let exceeded = with_worker(transport, settings, async || {}).await.unwrap_err();
    assert_eq!(exceeded.to_string(), "requests not finished within 9 s of the request to stop: 1");
}

#[tokio::test(start_paused = true)]
async fn draining_has_no_limit_where_requests_have_none() {
    let (transport, mut script) = scripted(None);
    let mut settings = ServerSettings::default();
    settings.harakiri.timeout = None;
    script.request(1, "sleeps");
    let start = Instant::now();
    with_worker(transport, settings, async || {}).await.unwrap();
    assert_eq!((script.answer().await.0, start.elapsed().as_secs()), (1, 10));
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_run_at_once_than_the_settings_allow() {
    let (transport, mut script) = scripted(None);
    let mut settings = ServerSettings::default();
    settings.concurrency = 2;
    let test = async || {
        let start = Instant::now();
        for id in 1..=4 {
            script.request(id, "sleeps");
        }
        for _ in 1..=4 {
            script.answer().await;
        }
        assert_eq!(start.elapsed().as_secs(), 20);
        assert_eq!(script.most_asked_for.load(Ordering::Relaxed), 2);
    };
    with_worker(transport, settings, test).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn responses_on_their_way_make_room_as_long_as_they_are_no_more_than_may_run() {
    struct Nothing;
    impl Hooks for Nothing {}

    let cases = [(service(), 2, 4), (service().hooks(Nothing), 2, 2), (service(), 1, 1)];
    for (service, concurrency, most) in cases {
        let (transport, mut script) = scripted(None);
        let mut settings = ServerSettings::default();
        settings.concurrency = concurrency;
        let mut test = async || {
            let confirmation = script.confirmation.clone().acquire_owned().await;
            (1..=6).for_each(|id| script.request(id, "ok"));
            for id in 1..=most {
                assert_eq!(script.answer().await.0, id);
            }
            let more = timeout(Duration::from_secs(60), script.answers.recv()).await;
            assert!(more.is_err(), "{most} requests were held, and one more");
            drop(confirmation);
            for id in most + 1..=6 {
                assert_eq!(script.answer().await.0, id);
            }
        };
        serve(service.build().unwrap(), transport, &settings, test()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn requests_whose_responses_are_not_sent_are_unfinished() {
    let (transport, mut script) = scripted(None);
    let mut settings = ServerSettings::default();
    (settings.concurrency, settings.harakiri.timeout) = (2, Some(Duration::from_secs(1)));
    let confirmation = script.confirmation.clone().acquire_owned().await;
    (1..=4).for_each(|id| script.request(id, "ok"));
    let test = async || {
        for _ in 1..=4 {
            script.answer().await;
        }
    };
    let exceeded = with_worker(transport, settings, test).await.unwrap_err();
    assert_eq!(exceeded.unfinished, 4);
    drop(confirmation);
}

/// A transport with several lists once went on with the number of places that were free when it was asked: with all
/// spoken for, a list was not looked at although jobs had ended.
#[tokio::test(start_paused = true)]
async fn a_transport_is_told_when_a_place_comes_free() {
    let (transport, mut script) = scripted(None);
    let mut settings = ServerSettings::default();
    settings.concurrency = 2;
    let test = async || {
        script.request(1, "sleeps");
        script.answer().await;
        let asked = async {
            while script.freed.load(Ordering::Relaxed) != 2 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(Duration::from_secs(60), asked).await.expect("it knows of one free place only");
    };
    with_worker(transport, settings, test).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn expired_requests_are_dropped_and_suppressed_responses_not_sent() {
    let (transport, mut script) = scripted(None);
    let test = async || {
        script.send(1, "ok", Control::default(), Some(Instant::now()));
        script.send(2, "ok", Control::default().with("suppress_response", true), None);
        script.send(3, "ok", Control::default(), Some(Instant::now() + Duration::from_secs(1)));
        assert_eq!(script.answer().await.0, 3);
    };
    with_worker(transport, ServerSettings::default(), test).await.unwrap();
    assert!(script.answers.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_response_that_cannot_be_sent_is_replaced() {
    check_refusal(TransportErrorKind::MessageTooLarge, "RESPONSE_TOO_LARGE", "it was too large").await;
    check_refusal(TransportErrorKind::InvalidMessage, "RESPONSE_NOT_SERIALIZABLE", "it failed to serialize").await;
}

async fn check_refusal(kind: TransportErrorKind, code: &str, why: &str) {
    let (transport, mut script) = scripted(Some(kind));
    let test = async || {
        script.request(1, "ok");
        let (_, response) = script.answer().await;
        assert_eq!(response.errors.len(), 1);
        assert_eq!(response.errors[0].code, code);
        assert_eq!(response.errors[0].message, format!("Could not send the response because {why}"));
        assert!(response.actions.is_empty());
    };
    with_worker(transport, ServerSettings::default(), test).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_transport_out_of_order_is_tried_again_and_can_be_stopped() {
    let (transport, mut script) = scripted(None);
    let failure = || TransportError::new(TransportErrorKind::MessageReceive, "down");
    let test = async || {
        let start = Instant::now();
        for _ in 0..20 {
            script.requests.send(Err(failure())).unwrap();
        }
        script.request(1, "ok");
        assert_eq!(script.answer().await.0, 1);
        let waited = start.elapsed();
        assert!((Duration::from_secs(35)..Duration::from_secs(90)).contains(&waited), "{waited:?}");
        script.requests.send(Err(failure())).unwrap();
    };
    with_worker(transport, ServerSettings::default(), test).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_idle_worker_stops_at_once() {
    let (transport, _script) = scripted(None);
    let worker = with_worker(transport, ServerSettings::default(), async || {});
    tokio::select! {
        stopped = worker => stopped.unwrap(),
        () = tokio::time::sleep(Duration::from_millis(1)) => panic!("the worker waits for something"),
    }
}
