use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::future::{BoxFuture, FutureExt};
use soa_common::{
    JobResponse,
    transport::{TransportError, TransportErrorKind},
};
use tokio::time::Instant;

use super::{Call, Kind, ManyActions, sealed};
use crate::{CallError, job::Job};

/// A job that is sent, its response left for later; gives a [`SentRequest`].
pub struct Sending(pub(crate) Result<Job, CallError>);

/// A request that was sent: a future of its response, with the errors in it.
///
/// The response has to come before the call's deadline, its [`timeout`](Call::timeout) counted from when it was made.
/// Until then it can be waited for again and again, a while each time:
///
/// ```
/// # async fn run(client: &soa_client::Client) -> Result<(), soa_client::CallError> {
/// use std::time::Duration;
///
/// let report = [("make_report", serde_json::json!({"year": 2024}))];
/// let mut sent = client.send_request("reports", report).timeout(Duration::from_secs(600)).await?;
/// let response = loop {
///     match tokio::time::timeout(Duration::from_secs(1), &mut sent).await {
///         Ok(response) => break response?,
///         Err(_) => println!("request {} is still running", sent.request_id()),
///     }
/// };
/// # Ok(())
/// # }
/// ```
///
/// Dropping it abandons the response, not the job.
pub struct SentRequest {
    request_id: u64,
    /// Gone when the response was given.
    response: Option<BoxFuture<'static, Result<JobResponse, CallError>>>,
}

impl Call<Sending> {
    /// Whether the service runs the job without sending a response. Default: false. When so, awaiting the
    /// [`SentRequest`] fails at once.
    pub fn suppress_response(mut self, suppress_response: bool) -> Self {
        self.options.suppress_response = suppress_response;
        self
    }
}

impl SentRequest {
    /// The id of the request, as it stands in the logs of the service.
    #[must_use]
    pub fn request_id(&self) -> u64 {
        self.request_id
    }
}

impl Future for SentRequest {
    type Output = Result<JobResponse, CallError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(response) = &mut self.response else {
            let message = format!("the response to request {} was taken already", self.request_id);
            return Poll::Ready(Err(TransportError::new(TransportErrorKind::MessageReceive, message).into()));
        };
        let polled = response.as_mut().poll(context);
        if polled.is_ready() {
            self.response = None;
        }
        polled
    }
}

impl fmt::Debug for SentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentRequest").field("request_id", &self.request_id).finish_non_exhaustive()
    }
}

impl sealed::Run for Sending {
    type Output = SentRequest;

    fn run(call: Call<Self>) -> BoxFuture<'static, Result<SentRequest, CallError>> {
        let Call { client, options, kind: Self(job), .. } = call;
        async move {
            let (request_id, response) = job?.prepare(&client, &options, Instant::now()).send().await?;
            Ok(SentRequest { request_id, response: Some(response) })
        }
        .boxed()
    }
}

impl Kind for Sending {}
impl ManyActions for Sending {}
