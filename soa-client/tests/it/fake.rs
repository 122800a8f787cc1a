//! A service in memory that shows the requests it got and answers as it is told.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use futures_util::future::{BoxFuture, FutureExt};
use soa_client::{ActionResponse, Client, JobResponse};
use soa_common::transport::{ClientRequest, ClientTransport, PendingResponse, TransportError, TransportErrorKind};
use tokio::sync::{Notify, oneshot};

type Answer = Result<JobResponse, TransportError>;

/// Gives the answer to a request, or none: then it waits for [`Fake::answer`].
type Service = dyn Fn(&ClientRequest) -> Option<Answer> + Send + Sync;

#[derive(Clone)]
pub(crate) struct Fake(Arc<Shared>);

struct Shared {
    service: Box<Service>,
    state: Mutex<State>,
    sent: Notify,
}

#[derive(Default)]
struct State {
    requests: Vec<ClientRequest>,
    slots: BTreeMap<u64, oneshot::Sender<Answer>>,
}

impl Fake {
    pub(crate) fn new(service: impl Fn(&ClientRequest) -> Option<Answer> + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared { service: Box::new(service), state: Mutex::default(), sent: Notify::new() }))
    }

    /// Answers every action with its own body.
    pub(crate) fn echoing() -> Self {
        Self::new(|request| Some(Ok(echo(request))))
    }

    /// Answers nothing by itself.
    pub(crate) fn silent() -> Self {
        Self::new(|_| None)
    }

    /// A client that reaches this service by the names `echo` and `other`.
    pub(crate) fn client(&self) -> Client {
        Client::builder().transport("echo", self.clone()).transport("other", self.clone()).build().unwrap()
    }

    pub(crate) fn requests(&self) -> Vec<ClientRequest> {
        self.state().requests.clone()
    }

    /// The only request so far.
    pub(crate) fn request(&self) -> ClientRequest {
        let requests = self.requests();
        assert_eq!(requests.len(), 1);
        requests[0].clone()
    }

    /// Waits until there are so many requests.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<ClientRequest> {
        loop {
            let sent = self.0.sent.notified();
            let requests = self.requests();
            if requests.len() >= count {
                return requests;
            }
            sent.await;
        }
    }

    /// How many responses are still waited for.
    pub(crate) fn waiting(&self) -> usize {
        self.state().slots.values().filter(|slot| !slot.is_closed()).count()
    }

    pub(crate) fn answer(&self, request: &ClientRequest, answer: Answer) {
        let slot = self.state().slots.remove(&request.request_id).unwrap();
        slot.send(answer).unwrap();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }
}

impl ClientTransport for Fake {
    fn send(&self, request: ClientRequest) -> BoxFuture<'_, Result<PendingResponse, TransportError>> {
        async move {
            let (slot, response) = oneshot::channel();
            match (self.0.service)(&request) {
                Some(Err(error)) if error.kind() == TransportErrorKind::MessageSend => return Err(error),
                Some(answer) => slot.send(answer).unwrap(),
                None => drop(self.state().slots.insert(request.request_id, slot)),
            }
            self.state().requests.push(request);
            self.0.sent.notify_waiters();
            Ok(PendingResponse::new(async { response.await.unwrap() }))
        }
        .boxed()
    }
}

pub(crate) fn echo(request: &ClientRequest) -> JobResponse {
    let respond = |action: &soa_client::ActionRequest| ActionResponse {
        action: action.action.clone(),
        body: action.body.clone(),
        ..ActionResponse::default()
    };
    JobResponse { actions: request.job.actions.iter().map(respond).collect(), ..JobResponse::default() }
}
