use futures_util::future::{BoxFuture, FutureExt};
use serde::de::DeserializeOwned;
use soa_common::{ActionResponse, JobResponse};
use tokio::time::Instant;

use super::{Call, Kind, ManyActions, Raising, answer::Answer, sealed};
use crate::{CallError, job::Job};

/// A call of one job that gives a `T`: an action's decoded output, an [`ActionResponse`] or a [`JobResponse`].
pub struct One<T> {
    job: Result<Job, CallError>,
    finish: fn(Answer) -> Result<T, CallError>,
}

impl<T: DeserializeOwned> One<T> {
    pub(crate) fn output(job: Result<Job, CallError>) -> Self {
        Self { job, finish: Answer::decode }
    }
}

impl One<ActionResponse> {
    pub(crate) fn action(job: Result<Job, CallError>) -> Self {
        Self { job, finish: |answer| Ok(answer.into_action()) }
    }
}

impl One<JobResponse> {
    pub(crate) fn job(job: Result<Job, CallError>) -> Self {
        Self { job, finish: |answer| Ok(answer.response) }
    }
}

impl<T: 'static> sealed::Run for One<T> {
    type Output = T;

    fn run(call: Call<Self>) -> BoxFuture<'static, Result<T, CallError>> {
        let Call { client, options, raise, kind: Self { job, finish } } = call;
        async move {
            let running = job?.prepare(&client, &options, Instant::now()).run();
            // What is not needed while it waits.
            drop((client, options));
            finish(running.await?.raise(raise)?)
        }
        .boxed()
    }
}

impl<T: 'static> Kind for One<T> {}
impl Raising for One<ActionResponse> {}
impl Raising for One<JobResponse> {}
impl ManyActions for One<JobResponse> {}
