//! From a raw job to its response: validation, middleware, actions, errors. None of it can fail.

use std::sync::Arc;

use bytes::Bytes;
use soa_common::{ActionRequest, ActionResponse, Body, Error, JobRequest, JobResponse, middleware};
use tokio::time::Instant;
use tracing::Instrument;

use crate::{
    ActionContext, ActionError, Call, Job, JobError, JobInfo, Service,
    action::{Scope, Switches, unknown_action},
    error::Failure,
    harakiri::JobClock,
    job_schema,
    middleware::{ActionLevel, JobLevel, JobResult},
    panics,
    schema::Violation,
    until::until,
};

impl Service {
    /// Runs a raw job, the checked MessagePack of an envelope's body (`docs/protocol.md`, section 5).
    ///
    /// Whatever happens is in the response: a job that has not the right shape, unknown actions, errors, panics, and what
    /// ran for longer than the limits in `info` allow.
    pub async fn process(&self, job: &Bytes, info: JobInfo) -> JobResponse {
        let read = JobRequest::read(job);
        self.process_on(&JobClock::new(info.harakiri), job, read, &info.request_id, info.deadline).await
    }

    /// As [`process`](Self::process), for a job that was read already and with a clock that others read.
    pub(crate) async fn process_on(
        &self,
        clock: &JobClock,
        job: &Bytes,
        (read, has_shape): (JobRequest, bool),
        request_id: &str,
        deadline: Option<Instant>,
    ) -> JobResponse {
        let violations = if has_shape { Vec::new() } else { job_schema::check_raw(job) };
        if !violations.is_empty() {
            return refused(violations);
        }
        self.run(clock, read, request_id, deadline).await
    }

    /// As [`process`](Self::process), for a job that never was bytes.
    pub async fn process_job(&self, job: JobRequest, info: JobInfo) -> JobResponse {
        let violations = job_schema::check(&job);
        if !violations.is_empty() {
            return refused(violations);
        }
        self.run(&JobClock::new(info.harakiri), job, &info.request_id, info.deadline).await
    }

    async fn run(&self, clock: &JobClock, job: JobRequest, request_id: &str, deadline: Option<Instant>) -> JobResponse {
        let JobRequest { control, context, actions } = job;
        let received = context.clone();
        let job = Job { control, context, actions, service: self.clone(), request_id: request_id.into(), deadline };
        clock.start();
        let run = middleware::run::<JobLevel, _, _>(&self.0.middleware, job, |job| self.run_actions(job, clock));
        // Without middleware a job has nothing to wait for besides its actions.
        let deadline = || if self.0.middleware.is_empty() { None } else { clock.deadline() };
        let Some(result) = until(panics::catch(run), deadline).await else {
            return JobResponse::failed(vec![clock.interrupted()]);
        };
        match result.unwrap_or_else(|panic| Err(JobError::panicked(&panic))) {
            Ok(mut response) => {
                response.context = response.context.with_correlation_id_of(&received);
                response
            }
            Err(error) => JobResponse::failed(self.report(error.into_failure())),
        }
    }

    /// The innermost part of a job: its actions, one after the other.
    async fn run_actions(&self, job: Job, clock: &JobClock) -> JobResult {
        let continue_on_error = job.control.continue_on_error();
        let scope = Arc::new(Scope {
            service: job.service,
            switches: Switches::of(&job.context),
            context: job.context,
            control: job.control,
            request_id: job.request_id,
            deadline: job.deadline,
        });
        let mut response = JobResponse { actions: Vec::with_capacity(job.actions.len()), ..JobResponse::default() };
        clock.start_actions();
        let mut requests = job.actions.into_iter();
        while let Some(request) = requests.next() {
            let action = self.run_action(&scope, request, clock).await?;
            let is_last = !action.errors.is_empty() && (!continue_on_error || clock.has_interrupted());
            if is_last || requests.len() == 0 {
                response.actions.push(action);
                break;
            }
            clock.keep(action.clone());
            response.actions.push(action);
        }
        Ok(response)
    }

    async fn run_action(
        &self,
        scope: &Arc<Scope>,
        request: ActionRequest,
        clock: &JobClock,
    ) -> Result<ActionResponse, JobError> {
        let Some((name, action)) = self.find(&request.action) else {
            let errors = vec![unknown_action(&request.action)];
            return Ok(ActionResponse { action: request.action, errors, body: Body::empty() });
        };
        // At the level of errors, so that the name stands on every line that is logged at all.
        let span = tracing::error_span!("action", action_name = &**name);
        let call = Call { ctx: ActionContext::new(Arc::clone(scope), Arc::clone(name)), body: request.body };
        let run = middleware::run::<ActionLevel, _, _>(&self.0.middleware, call, move |call: Call| async move {
            let body = panics::catch(action.call(call.ctx, call.body)).await;
            let body = body.unwrap_or_else(|panic| Err(ActionError::panicked(&panic)))?;
            Ok(ActionResponse { action: name.to_string(), errors: Vec::new(), body })
        });
        async {
            let clock = clock.start_action(name);
            let Some(result) = until(panics::catch(run), || clock.deadline()).await else {
                let errors = vec![clock.interrupted()];
                return Ok(ActionResponse { action: request.action, errors, body: Body::empty() });
            };
            match result.unwrap_or_else(|panic| Err(ActionError::panicked(&panic))) {
                Ok(response) => Ok(response),
                Err(error) if error.is_job() => Err(error.into_failure().into()),
                Err(error) => {
                    let errors = self.report(error.into_failure());
                    Ok(ActionResponse { action: request.action, errors, body: Body::empty() })
                }
            }
        }
        .instrument(span)
        .await
    }

    /// The errors as callers see them. What nobody planned for is logged.
    fn report(&self, failure: Failure) -> Vec<Error> {
        let mut errors = failure.errors;
        if let (Some(trace), Some(error)) = (failure.trace, errors.first_mut()) {
            // An error without a cause has nothing to add to its message.
            match error.message.ends_with(&trace) {
                true => tracing::error!("{}", error.message),
                false => tracing::error!(trace, "{}", error.message),
            }
            error.traceback = self.0.expose_tracebacks.then_some(trace);
        }
        errors
    }
}

/// A job that has not the right shape. A client library made it, not the caller, so it is nobody's fault here.
fn refused(violations: Vec<Violation>) -> JobResponse {
    let errors = violations.into_iter().map(|violation| {
        let mut error = Error::new(violation.code, violation.message);
        error.field = violation.pointer;
        error
    });
    JobResponse::failed(errors.collect())
}
