use futures_util::{
    future::{BoxFuture, FutureExt},
    stream::{FuturesUnordered, StreamExt},
};
use soa_common::{ActionResponse, JobResponse, transport::TransportError};
use tokio::{task::yield_now, time::Instant};

use super::{Call, Kind, ManyActions, Raising, answer::Answer, sealed};
use crate::{CallError, Client, headers::Options, job::Job};

/// A call of several jobs at the same time that gives a `Vec<T>` in the order of the jobs.
pub struct Parallel<T> {
    jobs: Result<Vec<Job>, CallError>,
    finish: fn(Answer) -> T,
}

/// As [`Parallel`], giving a `Vec<Result<T, TransportError>>`.
pub struct Caught<T>(Parallel<T>);

impl Parallel<ActionResponse> {
    pub(crate) fn actions(jobs: Result<Vec<Job>, CallError>) -> Self {
        Self { jobs, finish: Answer::into_action }
    }
}

impl Parallel<JobResponse> {
    pub(crate) fn jobs(jobs: Result<Vec<Job>, CallError>) -> Self {
        Self { jobs, finish: |answer| answer.response }
    }
}

impl<T> Call<Parallel<T>> {
    /// Gives a transport error in the place of the response it prevented, so that the other responses are not lost.
    /// Without this the first transport error fails the whole call.
    ///
    /// ```
    /// # async fn run(client: &soa_client::Client) -> Result<(), soa_client::CallError> {
    /// use serde_json::json;
    ///
    /// let users = (1..=3).map(|id| ("get_user", json!({"user_id": id})));
    /// for response in client.call_actions_parallel("users", users).catch_transport_errors().await? {
    ///     match response {
    ///         Ok(response) => println!("{:?}", response.body),
    ///         Err(error) => println!("no response: {error}"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn catch_transport_errors(self) -> Call<Caught<T>> {
        Call { client: self.client, options: self.options, raise: self.raise, kind: Caught(self.kind) }
    }
}

impl<T: Send + 'static> sealed::Run for Parallel<T> {
    type Output = Vec<T>;

    fn run(call: Call<Self>) -> BoxFuture<'static, Result<Vec<T>, CallError>> {
        let Call { client, options, raise, kind: Self { jobs, finish } } = call;
        async move {
            let answers = run_all(jobs?, &client, &options, |result| result).await?;
            answers.into_iter().map(|answer| Ok(finish(answer.raise(raise)?))).collect()
        }
        .boxed()
    }
}

impl<T: Send + 'static> sealed::Run for Caught<T> {
    type Output = Vec<Result<T, TransportError>>;

    fn run(call: Call<Self>) -> BoxFuture<'static, Result<Self::Output, CallError>> {
        let Call { client, options, raise, kind: Self(Parallel { jobs, finish }) } = call;
        async move {
            let catch = |result| match result {
                Ok(answer) => Ok(Ok(answer)),
                Err(CallError::Transport(error)) => Ok(Err(error)),
                Err(error) => Err(error),
            };
            let answers = run_all(jobs?, &client, &options, catch).await?;
            let finish = |answer: Result<Answer, TransportError>| match answer {
                Ok(answer) => Ok(Ok(finish(answer.raise(raise)?))),
                Err(error) => Ok(Err(error)),
            };
            answers.into_iter().map(finish).collect()
        }
        .boxed()
    }
}

/// How many jobs are sent before the next ones are made: so the service begins while the others are being written.
const AT_ONCE: usize = 64;

/// Runs jobs at the same time, with the same deadline; the results come in the order of the jobs, and the first error
/// ends it.
async fn run_all<T>(
    jobs: Vec<Job>,
    client: &Client,
    options: &Options,
    take: impl Fn(Result<Answer, CallError>) -> Result<T, CallError> + Send,
) -> Result<Vec<T>, CallError> {
    let now = Instant::now();
    let mut results: Vec<Option<T>> = Vec::new();
    results.resize_with(jobs.len(), || None);
    let mut running = FuturesUnordered::new();
    for (index, job) in jobs.into_iter().enumerate() {
        running.push(job.prepare(client, options, now).run().map(move |result| (index, result)));
        if (index + 1).is_multiple_of(AT_ONCE) {
            // Sends them, and has them leave.
            while let Some(Some((index, result))) = running.next().now_or_never() {
                results[index] = Some(take(result)?);
            }
            yield_now().await;
        }
    }
    while let Some((index, result)) = running.next().await {
        results[index] = Some(take(result)?);
    }
    Ok(results.into_iter().flatten().collect())
}

impl<T: Send + 'static> Kind for Parallel<T> {}
impl<T: Send + 'static> Kind for Caught<T> {}
impl<T: Send + 'static> Raising for Parallel<T> {}
impl<T: Send + 'static> Raising for Caught<T> {}
impl ManyActions for Parallel<JobResponse> {}
impl ManyActions for Caught<JobResponse> {}
