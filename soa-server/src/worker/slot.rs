//! A request that a worker has received, as its watchdog sees it.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures_util::future::BoxFuture;
use soa_common::{
    Context, Control,
    transport::{Received, ServerTransport, TransportError},
};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};

use super::job::{Begun, JobRunner, instead_of};
use crate::{
    harakiri::{JobClock, Phase, Reason, after},
    watch::{Answer, Marks, Request, Return, Slot, Told},
};

/// A request, for the job that runs it and for the watchdog.
pub(super) struct JobSlot<T: ServerTransport> {
    runner: Arc<JobRunner<T>>,
    pub(super) request: Received<T::Reply>,
    arrival: u64,
    pub(super) clock: JobClock,
    pub(super) marks: Marks,
}

impl<T: ServerTransport> JobSlot<T> {
    pub(super) fn new(runner: Arc<JobRunner<T>>, request: Received<T::Reply>, arrival: u64) -> Self {
        let clock = JobClock::new(Some(Arc::clone(&runner.harakiri)));
        Self { runner, request, arrival, clock, marks: Marks::default() }
    }

    /// Runs the job, which holds its place as long as it needs one.
    pub(super) async fn run(&self, begun: Begun, place: Option<OwnedSemaphorePermit>) {
        self.runner.run(self, begun, place).await;
    }
}

impl<T: ServerTransport> Slot for JobSlot<T> {
    fn marks(&self) -> &Marks {
        &self.marks
    }

    fn limit(&self, since: Instant, timeout: Option<Duration>) -> Option<Instant> {
        match self.clock.phase() {
            Phase::Action(_, limit) | Phase::Middleware(limit) if !self.marks.is_finished() => limit,
            _ => after(since, timeout),
        }
    }

    fn told(&self) -> Told {
        let (what, action) = match self.clock.phase() {
            Phase::Before => ("the hook perform_pre_request_actions".to_owned(), None),
            _ if self.marks.is_finished() => ("the hook perform_post_request_actions".to_owned(), None),
            Phase::Action(name, _) => (format!("the action {name:?}"), Some(name.to_string())),
            Phase::Middleware(_) => ("the middleware of a job".to_owned(), None),
        };
        let correlation_id = Context::of_job(&self.request.job).correlation_id().map(str::to_owned);
        Told { what, request_id: Some(self.request.request_id.clone()), correlation_id, action }
    }

    fn request(&self) -> Option<&dyn Request> {
        Some(self)
    }
}

impl<T: ServerTransport> Request for JobSlot<T> {
    fn arrival(&self) -> u64 {
        self.arrival
    }

    fn has_rescue(&self) -> bool {
        self.runner.rescue.is_some()
    }

    fn put_back(&self) -> BoxFuture<'_, Result<Return, TransportError>> {
        Box::pin(async {
            if self.request.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                self.runner.expired.fetch_add(1, Ordering::Relaxed);
                return Ok(Return::Expired);
            }
            if let Some(rescue) = &self.runner.rescue {
                rescue.put_back(&self.request.reply).await?;
            }
            Ok(Return::PutBack)
        })
    }

    fn answer(&self, reason: Reason) -> BoxFuture<'_, Result<Answer, TransportError>> {
        Box::pin(async move {
            let Some(rescue) = &self.runner.rescue else { return Ok(Answer::Suppressed) };
            if Control::of_job(&self.request.job).suppress_response() {
                return Ok(Answer::Suppressed);
            }
            let mut response = self.clock.cut_short(reason);
            if !response.actions.is_empty() {
                let context = Context::of_job(&self.request.job);
                response.context = response.context.with_correlation_id_of(&context);
            }
            if let Err(error) = rescue.respond(&self.request.reply, &response).await {
                let Some((instead, _)) = instead_of(&error) else { return Err(error) };
                rescue.respond(&self.request.reply, &instead).await?;
            }
            Ok(Answer::Sent)
        })
    }
}
