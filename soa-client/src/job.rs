use std::{
    future::{Future, ready},
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::future::{BoxFuture, FutureExt};
use soa_common::{
    ActionRequest, IntoBody, InvalidField, JobRequest, JobResponse,
    transport::{ClientRequest, TransportError, TransportErrorKind},
};
use tokio::time::{Instant, timeout_at};

use crate::{
    CallError, Client,
    call::Answer,
    handler::{Calling, ServiceHandler},
    headers::Options,
};

/// What can be given as an action of a job: an [`ActionRequest`], or a name and a body.
///
/// ```
/// use serde_json::json;
/// use soa_client::{ActionRequest, Body, IntoAction};
///
/// let action = ("square", json!({"number": 3})).into_action()?;
/// assert_eq!(action, ActionRequest::new("square", Body::encode(&json!({"number": 3}))?));
/// # Ok::<(), soa_common::InvalidField>(())
/// ```
pub trait IntoAction {
    /// Makes the request.
    ///
    /// # Errors
    /// When the body cannot be encoded or is no map.
    fn into_action(self) -> Result<ActionRequest, InvalidField>;
}

impl IntoAction for ActionRequest {
    fn into_action(self) -> Result<ActionRequest, InvalidField> {
        Ok(self)
    }
}

impl<N: Into<String>, B: IntoBody> IntoAction for (N, B) {
    fn into_action(self) -> Result<ActionRequest, InvalidField> {
        let (action, body) = self;
        let action = action.into();
        match body.into_body() {
            Ok(body) => Ok(ActionRequest { action, body }),
            Err(error) => Err(InvalidField::new(format!("the body of action \"{action}\": {error}"))),
        }
    }
}

/// The actions of a job and whom to send it to.
pub(crate) struct Job {
    pub(crate) handler: Arc<ServiceHandler>,
    pub(crate) actions: Vec<ActionRequest>,
}

impl Job {
    pub(crate) fn new(
        client: &Client,
        service: &str,
        actions: impl IntoIterator<Item: IntoAction>,
    ) -> Result<Self, CallError> {
        let handler = client.handler(service)?;
        let actions: Result<Vec<_>, _> = actions.into_iter().map(IntoAction::into_action).collect();
        let invalid =
            |error: InvalidField| CallError::InvalidRequest { service: service.into(), message: error.to_string() };
        let actions = actions.map_err(invalid)?;
        if actions.is_empty() {
            return Err(invalid(InvalidField::new("a job needs at least one action")));
        }
        Ok(Self { handler, actions })
    }

    /// The job with its headers, ready to be sent.
    pub(crate) fn prepare(self, client: &Client, options: &Options, now: Instant) -> PreparedJob {
        let actions = self.actions.iter().map(|action| action.action.clone()).collect();
        let mut told = options.timeout;
        let mut timeout = told.unwrap_or_else(|| self.handler.receive_timeout());
        if let Some(left) = client.deadline().map(|deadline| deadline.saturating_duration_since(now))
            && left < timeout
        {
            (told, timeout) = (Some(left), left);
        }
        let request_id = client.next_request_id();
        let request = ClientRequest {
            request_id,
            meta: soa_common::Map::new(),
            job: JobRequest {
                control: options.control(told),
                context: options.context(client.context(), || client.correlation_id(request_id)),
                actions: self.actions,
            },
            timeout: told,
            deadline: now + timeout.min(LONGEST_TIMEOUT),
        };
        PreparedJob { handler: self.handler, actions, timeout, request }
    }
}

/// Keeps deadlines inside of what the clock can say: a hundred years.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A job that is ready to be sent.
pub(crate) struct PreparedJob {
    handler: Arc<ServiceHandler>,
    /// The names of the actions, to hold the response against.
    actions: Vec<String>,
    timeout: Duration,
    request: ClientRequest,
}

impl PreparedJob {
    /// Sends the job and waits for its response, once it is polled.
    pub(crate) fn run(self) -> Running {
        let Self { handler, actions, timeout, request } = self;
        let request_id = request.request_id;
        let response = match check_time(&handler, timeout) {
            Ok(()) => handler.call(request),
            Err(error) => Calling::Wrapped(ready(Err(error)).boxed()),
        };
        Running { handler, actions, timeout, request_id, response }
    }

    /// Sends the job; gives its id and the response to come.
    pub(crate) async fn send(self) -> Result<(u64, BoxFuture<'static, Result<JobResponse, CallError>>), CallError> {
        let Self { handler, actions, timeout, request } = self;
        check_time(&handler, timeout)?;
        let (request_id, deadline) = (request.request_id, request.deadline);
        let sent = timeout_at(deadline, handler.send(request)).await;
        let pending = sent.unwrap_or_else(|_| Err(handler.no_response(request_id, timeout)))?;
        let response = async move {
            let response = timeout_at(deadline, handler.receive(request_id, pending)).await;
            let response = response.unwrap_or_else(|_| Err(handler.no_response(request_id, timeout)))?;
            handler.verify(&actions, &response)?;
            Ok(response)
        };
        Ok((request_id, response.boxed()))
    }
}

/// A job that is sent, and its response to come.
pub(crate) struct Running {
    handler: Arc<ServiceHandler>,
    actions: Vec<String>,
    timeout: Duration,
    request_id: u64,
    response: Calling,
}

impl Future for Running {
    type Output = Result<Answer, CallError>;

    /// Not to be polled again when it is ready.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(self.response.poll_unpin(context))?;
        let (handler, actions) = (Arc::clone(&self.handler), mem::take(&mut self.actions));
        let response = response.ok_or_else(|| handler.no_response(self.request_id, self.timeout))?;
        handler.verify(&actions, &response)?;
        Poll::Ready(Ok(Answer { handler, actions, response }))
    }
}

/// A service is not bothered with what nobody waits for.
fn check_time(handler: &ServiceHandler, timeout: Duration) -> Result<(), CallError> {
    if !timeout.is_zero() {
        return Ok(());
    }
    let service = &handler.service;
    let message = format!("the request to service \"{service}\" was not sent: there is no time left for it");
    Err(TransportError::new(TransportErrorKind::MessageSend, message).into())
}
