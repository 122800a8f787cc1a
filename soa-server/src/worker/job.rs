//! One request on its way through a worker.

use std::{
    pin::pin,
    sync::{Arc, atomic::AtomicU64},
    task::Poll,
};

use futures_util::{future::BoxFuture, poll};
use soa_common::{
    Error, JobRequest, JobResponse, codes,
    transport::{Received, Rescue, ServerTransport, TransportError, TransportErrorKind},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};
use tracing::{Instrument, Span, error, error_span, warn};

use super::{Chain, request_log::RequestLog, slot::JobSlot, watchdog::Relief};
use crate::{Harakiri, ServerSettings, Service, hooks::Hook, panics, until::until};

/// What all jobs of a worker share.
pub(super) struct JobRunner<T: ServerTransport> {
    service: Service,
    pub(super) transport: T,
    pub(super) rescue: Option<Box<dyn Rescue<T::Reply>>>,
    log: RequestLog,
    pub(super) harakiri: Arc<Harakiri>,
    cancel_at_deadline: bool,
    /// The places of jobs that only wait until their responses are sent.
    pub(super) responding: Arc<Semaphore>,
    pub(super) responding_at_most: usize,
    /// How many requests were dropped because nobody waited for them any more.
    pub(super) expired: AtomicU64,
}

/// A request that was read and logged.
pub(super) struct Begun {
    /// With whether it has the shape of a job.
    read: (JobRequest, bool),
    span: Span,
}

impl<T: ServerTransport> JobRunner<T> {
    pub(super) fn new(service: Service, transport: T, settings: &ServerSettings) -> Self {
        let harakiri = Arc::new(settings.harakiri.clone());
        for name in harakiri.actions.keys().filter(|name| service.find(name).is_none()) {
            warn!("harakiri.actions.{name}: the service {} has no action of this name", service.name());
        }
        let (log, cancel_at_deadline) = (RequestLog::new(settings), settings.cancel_at_deadline);
        let rescue = transport.rescue();
        // A worker that runs one job at a time does as the original: it sends the response, then takes the next request.
        let responding_at_most = if settings.concurrency == 1 { 0 } else { settings.concurrency };
        Self {
            service,
            transport,
            rescue,
            log,
            harakiri,
            cancel_at_deadline,
            responding: Arc::new(Semaphore::new(responding_at_most)),
            responding_at_most,
            expired: AtomicU64::new(0),
        }
    }

    /// Reads a request and logs it.
    pub(super) fn begin(&self, request: &Received<T::Reply>) -> Begun {
        // Of whatever shape it is: that is told in the response.
        let read = JobRequest::read(&request.job);
        // At the level of errors, so that the fields stand on every line that is logged at all.
        let span = error_span!(
            "job",
            service_name = self.service.name(),
            request_id = request.request_id,
            correlation_id = read.0.context.correlation_id(),
        );
        // A subscriber that panics ends neither the job nor its worker; there is nobody to tell.
        let _ = panics::guarded(|| span.in_scope(|| self.log.request(&request.job)));
        Begun { read, span }
    }

    /// Runs a request in its place and sends its response, unless the request wants none.
    pub(super) async fn run(
        &self,
        job: &JobSlot<T>,
        Begun { read, span }: Begun,
        mut place: Option<OwnedSemaphorePermit>,
    ) {
        async {
            self.hook(Hook::PreRequest).await;
            if self.answer(job, read, &mut place).await {
                self.hook(Hook::PostRequest).await;
            }
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

    /// False: the watchdog has answered.
    async fn answer(
        &self,
        job: &JobSlot<T>,
        read: (JobRequest, bool),
        place: &mut Option<OwnedSemaphorePermit>,
    ) -> bool {
        let (start, request) = (Instant::now(), &job.request);
        let deadline = request.deadline;
        let is_suppressed = read.0.control.suppress_response();
        let ends = || deadline.filter(|_| self.cancel_at_deadline && !is_suppressed);
        let run = self.service.process_on(&job.clock, &request.job, read, &request.request_id, deadline);
        let response = until(run, ends).await;
        if !job.marks.finish() {
            return false;
        }
        let Some(response) = response else {
            warn!("the job was dropped after {:.1} s: its caller waits no longer", start.elapsed().as_secs_f64());
            return true;
        };
        if !is_suppressed && let Err(error) = self.respond_from(place, &request.reply, &response).await {
            error!("the response could not be sent: {}", Chain(&error));
        }
        self.log.response(&request.job, &response, start.elapsed());
        true
    }

    /// Sends a response. Its job makes room for the next request meanwhile, or the worker would be idle; not where a hook
    /// is to run after it, nor when too many wait.
    async fn respond_from(
        &self,
        place: &mut Option<OwnedSemaphorePermit>,
        reply: &T::Reply,
        response: &JobResponse,
    ) -> Result<(), TransportError> {
        let mut responding = pin!(self.respond(reply, response));
        // It is on its way before anything else is asked for.
        if let Poll::Ready(sent) = poll!(&mut responding) {
            return sent;
        }
        if !self.has_hooks()
            && let Ok(other) = Arc::clone(&self.responding).try_acquire_owned()
        {
            *place = Some(other);
        }
        responding.await
    }

    /// Sends a response, or says in its place why it cannot be sent.
    async fn respond(&self, reply: &T::Reply, response: &JobResponse) -> Result<(), TransportError> {
        let Err(error) = self.transport.respond(reply, response).await else { return Ok(()) };
        let Some((instead, message)) = instead_of(&error) else { return Err(error) };
        error!("{message}: {}", Chain(&error));
        self.transport.respond(reply, &instead).await
    }
}

impl<T: ServerTransport> Relief for JobRunner<T> {
    fn relieve(&self) -> BoxFuture<'_, ()> {
        match &self.rescue {
            Some(rescue) => rescue.relieve(),
            None => Box::pin(std::future::ready(())),
        }
    }
}

/// What is sent in place of a response that cannot be, and its message.
pub(super) fn instead_of(error: &TransportError) -> Option<(JobResponse, &'static str)> {
    let (code, message) = match error.kind() {
        TransportErrorKind::MessageTooLarge => {
            (codes::RESPONSE_TOO_LARGE, "Could not send the response because it was too large")
        }
        TransportErrorKind::InvalidMessage => {
            (codes::RESPONSE_NOT_SERIALIZABLE, "Could not send the response because it failed to serialize")
        }
        _ => return None,
    };
    Some((JobResponse::failed(vec![Error::new(code, message)]), message))
}
