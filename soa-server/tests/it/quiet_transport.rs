//! A transport that gives what the test sends and, as one to Redis does, nothing after a while without requests; and
//! notes of what happens in a worker when.

use std::{
    sync::{self, Arc},
    time::Duration,
};

use futures_util::future::{BoxFuture, FutureExt};
use serde_json::json;
use soa_common::{
    Body, JobResponse,
    transport::{Received, ServerTransport, TransportError},
};
use soa_server::{ServerSettings, Service, serve};
use tokio::{
    select,
    sync::{Mutex, Notify, mpsc},
    time::{Instant, sleep},
};

/// What a worker sees.
pub(crate) struct Quiet {
    receive_timeout: Duration,
    requests: Mutex<mpsc::UnboundedReceiver<String>>,
    answers: mpsc::UnboundedSender<JobResponse>,
    stopped: Notify,
}

/// What its test does.
pub(crate) struct Requests {
    requests: mpsc::UnboundedSender<String>,
    answers: mpsc::UnboundedReceiver<JobResponse>,
}

/// What happened when, in seconds since the start.
#[derive(Clone)]
pub(crate) struct Notes(Arc<sync::Mutex<Vec<String>>>, pub(crate) Instant);

impl Notes {
    pub(crate) fn new() -> Self {
        Self(Arc::default(), Instant::now())
    }

    pub(crate) fn add(&self, what: &str) {
        self.0.lock().unwrap().push(format!("{} {what}", self.1.elapsed().as_secs()));
    }

    #[track_caller]
    pub(crate) fn check(&self, expected: &[&str]) {
        assert_eq!(*self.0.lock().unwrap(), expected);
    }
}

pub(crate) fn quiet(receive_timeout: Duration) -> (Quiet, Requests) {
    let (send, requests) = mpsc::unbounded_channel();
    let (answered, answers) = mpsc::unbounded_channel();
    let transport =
        Quiet { receive_timeout, requests: Mutex::new(requests), answers: answered, stopped: Notify::new() };
    (transport, Requests { requests: send, answers })
}

/// Runs a worker with the default settings until the test has ended and the worker has stopped.
pub(crate) async fn serve_until(service: Service, transport: Quiet, test: impl AsyncFnOnce()) {
    serve(service, transport, &ServerSettings::default(), test()).await.unwrap();
}

impl Requests {
    /// Sends a job of this action.
    pub(crate) fn send(&self, action: &str) {
        self.requests.send(action.to_owned()).unwrap();
    }

    pub(crate) async fn answer(&mut self) -> JobResponse {
        self.answers.recv().await.unwrap()
    }
}

impl ServerTransport for Quiet {
    type Reply = ();

    fn receive(&self, _free: usize) -> BoxFuture<'_, Result<Vec<Received<()>>, TransportError>> {
        async {
            let mut requests = self.requests.lock().await;
            let action = select! {
                biased;
                Some(action) = requests.recv() => action,
                () = self.stopped.notified() => {
                    self.stopped.notify_one();
                    return Ok(Vec::new());
                }
                () = sleep(self.receive_timeout) => return Ok(Vec::new()),
            };
            let job = json!({
                "control": { "continue_on_error": false },
                "context": { "correlation_id": "c0ffee", "switches": [] },
                "actions": [{ "action": action, "body": {} }],
            });
            let job = Body::encode(&job).unwrap().to_msgpack();
            Ok(vec![Received { reply: (), request_id: "17".to_owned(), job, deadline: None }])
        }
        .boxed()
    }

    fn stop(&self) {
        self.stopped.notify_one();
    }

    fn respond<'a>(&'a self, _reply: &'a (), response: &'a JobResponse) -> BoxFuture<'a, Result<(), TransportError>> {
        async {
            // The test may have ended.
            let _ = self.answers.send(response.clone());
            Ok(())
        }
        .boxed()
    }
}
