//! One request on its way through a worker.

use std::sync::Arc;

use soa_common::{
    Context, Control, Error, JobResponse, codes,
    transport::{Received, ServerTransport, TransportError, TransportErrorKind},
};
use tokio::time::Instant;
use tracing::{Instrument, error, error_span, field::Empty, warn};

use super::{Chain, request_log::RequestLog};
use crate::{Harakiri, JobInfo, ServerSettings, Service, hooks::Hook, until::until};

/// What all jobs of a worker share.
pub(super) struct JobRunner<T> {
    service: Service,
    pub(super) transport: T,
    log: RequestLog,
    harakiri: Arc<Harakiri>,
    cancel_at_deadline: bool,
}

impl<T: ServerTransport> JobRunner<T> {
    pub(super) fn new(service: Service, transport: T, settings: &ServerSettings) -> Self {
        let harakiri = Arc::new(settings.harakiri.clone());
        for name in harakiri.actions.keys().filter(|name| service.find(name).is_none()) {
            warn!("harakiri.actions.{name}: the service {} has no action of this name", service.name());
        }
        let (log, cancel_at_deadline) = (RequestLog::new(settings), settings.cancel_at_deadline);
        Self { service, transport, log, harakiri, cancel_at_deadline }
    }

    /// Runs a request and sends its response, unless the request wants none.
    pub(super) async fn run(&self, request: Received<T::Reply>) {
        // At the level of errors, so that the fields stand on every line that is logged at all.
        let span = error_span!(
            "job",
            service_name = self.service.name(),
            request_id = request.request_id,
            correlation_id = Context::of_job(&request.job).correlation_id(),
            action_name = Empty,
        );
        async {
            self.hook(Hook::PreRequest).await;
            self.answer(request).await;
            self.hook(Hook::PostRequest).await;
        }
        .instrument(span)
        .await;
    }

    /// Runs a hook of the service.
    pub(super) async fn hook(&self, hook: Hook) {
        let limit = match hook {
            Hook::Teardown => Some(self.harakiri.shutdown_grace),
            _ => self.harakiri.timeout,
        };
        self.service.0.hooks.run(hook, limit).await;
    }

    pub(super) fn has_hooks(&self) -> bool {
        !self.service.0.hooks.is_empty()
    }

    async fn answer(&self, request: Received<T::Reply>) {
        let start = Instant::now();
        self.log.request(&request.job);
        let (deadline, harakiri) = (request.deadline, Some(self.harakiri.clone()));
        let info = JobInfo { request_id: request.request_id, deadline, harakiri };
        let is_suppressed = Control::of_job(&request.job).suppress_response();
        let ends = || deadline.filter(|_| self.cancel_at_deadline && !is_suppressed);
        let Some(response) = until(self.service.process(&request.job, info), ends).await else {
            warn!("the job was dropped after {:.1} s: its caller waits no longer", start.elapsed().as_secs_f64());
            return;
        };
        if !is_suppressed && let Err(error) = self.respond(&request.reply, &response).await {
            error!("the response could not be sent: {}", Chain(&error));
        }
        self.log.response(&request.job, &response, start.elapsed());
    }

    /// Sends a response, or says in its place why it cannot be sent.
    async fn respond(&self, reply: &T::Reply, response: &JobResponse) -> Result<(), TransportError> {
        let Err(error) = self.transport.respond(reply, response).await else { return Ok(()) };
        let (code, message) = match error.kind() {
            TransportErrorKind::MessageTooLarge => {
                (codes::RESPONSE_TOO_LARGE, "Could not send the response because it was too large")
            }
            TransportErrorKind::InvalidMessage => {
                (codes::RESPONSE_NOT_SERIALIZABLE, "Could not send the response because it failed to serialize")
            }
            _ => return Err(error),
        };
        error!("{message}: {}", Chain(&error));
        self.transport.respond(reply, &JobResponse::failed(vec![Error::new(code, message)])).await
    }
}
