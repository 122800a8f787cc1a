use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::future::{BoxFuture, FutureExt};
use soa_client::Client;
use soa_common::{
    ActionResponse, Context, Error, JobRequest, JobResponse, codes,
    transport::{ClientRequest, ClientTransport, PendingResponse, TransportError, TransportErrorKind},
};

use crate::StubAction;

/// Services that do not exist, made of stubbed actions. Clones are the same services.
#[derive(Clone, Debug, Default)]
pub struct Stubs(Arc<Mutex<BTreeMap<String, Service>>>);

/// The stubbed actions of a service by name.
type Service = BTreeMap<String, StubAction>;

/// A transport to a stubbed service, for a client of one's own making; made by [`Stubs::transport`].
#[derive(Clone, Debug)]
pub struct StubTransport {
    service: String,
    stubs: Stubs,
}

impl Stubs {
    /// No services yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The stub of an action, which is made when it is not there yet. It answers with an empty body until it is told
    /// what to answer. A service with a stub answers calls of its other actions as a server does that has no such
    /// action.
    pub fn action(&self, service: impl Into<String>, action: impl Into<String>) -> StubAction {
        let (service, action) = (service.into(), action.into());
        let name = format!("action \"{action}\" of service \"{service}\"");
        self.services().entry(service).or_default().entry(action).or_insert_with(|| StubAction::new(name)).clone()
    }

    /// A client of the services that are stubbed by now; actions may be stubbed later.
    #[must_use]
    pub fn client(&self) -> Client {
        let services: Vec<_> = self.services().keys().cloned().collect();
        let add = |builder: soa_client::ClientBuilder, service| {
            let transport = self.transport(&service);
            builder.transport(service, transport)
        };
        let client = services.into_iter().fold(Client::builder(), add).build();
        client.unwrap_or_else(|error| unreachable!("the names of the services are unique: {error}"))
    }

    /// A transport to a stubbed service.
    #[must_use]
    pub fn transport(&self, service: impl Into<String>) -> StubTransport {
        StubTransport { service: service.into(), stubs: self.clone() }
    }

    /// Runs a job as a server does.
    fn run(&self, service: &str, job: &JobRequest) -> JobResponse {
        let mut actions = Vec::with_capacity(job.actions.len());
        for request in &job.actions {
            let stub = self.services().get(service).and_then(|service| service.get(&request.action)).cloned();
            let response = stub.map_or_else(|| unknown(&request.action), |stub| stub.answer(job, request));
            let is_failed = !response.errors.is_empty();
            actions.push(response);
            if is_failed && !job.control.continue_on_error() {
                break;
            }
        }
        let context = Context::default().with("correlation_id", job.context.correlation_id());
        JobResponse { errors: Vec::new(), context, actions }
    }

    fn services(&self) -> MutexGuard<'_, BTreeMap<String, Service>> {
        // A panic elsewhere leaves nothing half done here.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientTransport for StubTransport {
    fn send(&self, request: ClientRequest) -> BoxFuture<'_, Result<PendingResponse, TransportError>> {
        async move {
            let response = self.stubs.run(&self.service, &request.job);
            let response = match request.job.control.suppress_response() {
                false => Ok(response),
                true => Err(TransportError::new(
                    TransportErrorKind::MessageReceive,
                    "the response to this request was suppressed",
                )),
            };
            Ok(PendingResponse::new(async { response }))
        }
        .boxed()
    }
}

fn unknown(action: &str) -> ActionResponse {
    let mut error = Error::new(codes::UNKNOWN, format!("The action \"{action}\" was not found on this server."));
    error.field = Some("action".to_owned());
    error.is_caller_error = true;
    ActionResponse { action: action.to_owned(), errors: vec![error], ..ActionResponse::default() }
}
