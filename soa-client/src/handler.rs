use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::future::{BoxFuture, FutureExt};

use crate::{
    CallError,
    middleware::{DynMiddleware, ExpectedResponse, OutgoingRequest, RequestLevel, ResponseLevel},
};
use soa_common::{
    JobResponse, middleware,
    transport::{ClientRequest, ClientTransport, PendingResponse, TransportError, TransportErrorKind},
};
use tokio::time::timeout_at;

/// Talks to one service through its transport.
pub(crate) struct ServiceHandler {
    pub(crate) service: Arc<str>,
    transport: Arc<dyn ClientTransport>,
    middleware: Vec<Arc<dyn DynMiddleware>>,
}

/// A request on its way and its response to come; `None` when it did not come in time.
pub(crate) enum Calling {
    Plain(BoxFuture<'static, Result<Option<JobResponse>, TransportError>>),
    /// In middleware.
    Wrapped(BoxFuture<'static, Result<Option<JobResponse>, CallError>>),
}

impl Future for Calling {
    type Output = Result<Option<JobResponse>, CallError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Plain(response) => response.as_mut().poll(context).map_err(CallError::from),
            Self::Wrapped(response) => response.as_mut().poll(context),
        }
    }
}

impl ServiceHandler {
    pub(crate) fn new(
        service: Arc<str>,
        transport: Arc<dyn ClientTransport>,
        middleware: Vec<Arc<dyn DynMiddleware>>,
    ) -> Self {
        Self { service, transport, middleware }
    }

    /// How long a call may take whose caller does not say.
    pub(crate) fn receive_timeout(&self) -> Duration {
        self.transport.receive_timeout()
    }

    /// Sends a request and waits for its response, until its deadline.
    pub(crate) fn call(self: &Arc<Self>, request: ClientRequest) -> Calling {
        if self.middleware.is_empty() {
            return Calling::Plain(Arc::clone(&self.transport).call(request));
        }
        let handler = Arc::clone(self);
        let (request_id, deadline) = (request.request_id, request.deadline);
        let response = timeout_at(deadline, async move {
            let pending = handler.send(request).await?;
            handler.receive(request_id, pending).await
        });
        Calling::Wrapped(response.map(|response| response.map_or(Ok(None), |response| response.map(Some))).boxed())
    }

    pub(crate) async fn send(&self, request: ClientRequest) -> Result<PendingResponse, CallError> {
        let outgoing = OutgoingRequest { service: self.service.clone(), request };
        let send = |outgoing: OutgoingRequest| async { Ok(self.transport.send(outgoing.request).await?) };
        middleware::run::<RequestLevel, _, _>(&self.middleware, outgoing, send).await
    }

    pub(crate) async fn receive(&self, request_id: u64, response: PendingResponse) -> Result<JobResponse, CallError> {
        let expected = ExpectedResponse { service: self.service.clone(), request_id, response };
        let receive = |expected: ExpectedResponse| async { Ok(expected.response.await?) };
        middleware::run::<ResponseLevel, _, _>(&self.middleware, expected, receive).await
    }

    pub(crate) fn no_response(&self, request_id: u64, timeout: Duration) -> CallError {
        let service = &self.service;
        let message = format!("no response from service \"{service}\" to request {request_id} within {timeout:?}");
        TransportError::new(TransportErrorKind::MessageReceiveTimeout, message).into()
    }

    /// Holds a response against the actions that were asked for: the same names in the same order; some at the end may
    /// be missing when the job failed or its last action did.
    pub(crate) fn verify(&self, actions: &[String], response: &JobResponse) -> Result<(), CallError> {
        if !response.errors.is_empty() {
            return Ok(());
        }
        let answered = &response.actions;
        let invalid = |message| CallError::InvalidResponse { service: self.service.to_string(), message };
        let wrong = actions.iter().zip(answered).find(|(requested, answered)| **requested != answered.action);
        if let Some((requested, answered)) = wrong {
            let answered = &answered.action;
            return Err(invalid(format!("action \"{answered}\" is answered where \"{requested}\" was requested")));
        }
        let stopped_by_error = answered.last().is_some_and(|action| !action.errors.is_empty());
        if answered.len() > actions.len() || (answered.len() < actions.len() && !stopped_by_error) {
            let (answered, requested) = (answered.len(), actions.len());
            return Err(invalid(format!("{answered} actions are answered where {requested} were requested")));
        }
        Ok(())
    }
}
