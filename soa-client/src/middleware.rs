//! What stands between a call and its transport (`docs/protocol.md`, section 6).

use std::{future::Future, sync::Arc};

use futures_util::future::{BoxFuture, FutureExt};
use soa_common::{
    JobResponse,
    middleware::{Level, Next},
    transport::{ClientRequest, PendingResponse},
};

use crate::CallError;

/// Wraps the sending of requests and the receiving of responses. The first middleware a client was given is outermost.
///
/// Both methods pass on what they get unless they are overridden. A middleware may change what goes down and what comes
/// up, do something before and after, refuse with an error ([`CallError::Middleware`] for its own), or answer itself.
///
/// ```
/// use soa_client::{CallError, ClientMiddleware, JobResponse, OutgoingRequest, RequestNext};
/// use soa_common::transport::PendingResponse;
///
/// /// Tells services which build of this program calls them.
/// struct NamesBuild(&'static str);
///
/// impl ClientMiddleware for NamesBuild {
///     async fn request(&self, mut call: OutgoingRequest, next: RequestNext<'_>) -> Result<PendingResponse, CallError> {
///         call.request.job.context = call.request.job.context.with("build", self.0);
///         next.run(call).await
///     }
/// }
///
/// /// Answers without asking the service.
/// struct NothingEverHappens;
///
/// impl ClientMiddleware for NothingEverHappens {
///     async fn request(&self, call: OutgoingRequest, next: RequestNext<'_>) -> Result<PendingResponse, CallError> {
///         if &*call.service != "news" {
///             return next.run(call).await;
///         }
///         let actions = call.request.job.actions.into_iter();
///         let actions = actions.map(|action| soa_client::ActionResponse { action: action.action, ..Default::default() });
///         let response = JobResponse { actions: actions.collect(), ..Default::default() };
///         Ok(PendingResponse::new(async { Ok(response) }))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), CallError> {
/// # use futures_util::future::{BoxFuture, FutureExt};
/// # use soa_common::transport::{ClientRequest, ClientTransport, TransportError};
/// # struct Redis;
/// # impl ClientTransport for Redis {
/// #     fn send(&self, _: ClientRequest) -> BoxFuture<'_, Result<PendingResponse, TransportError>> { unreachable!() }
/// # }
/// let client = soa_client::Client::builder()
///     .transport("news", Redis)
///     .middleware(NamesBuild("7"))
///     .middleware(NothingEverHappens)
///     .build()
///     .unwrap();
/// assert!(client.call_action("news", "get", serde_json::json!({})).await?.body.is_empty());
/// # Ok(())
/// # }
/// ```
pub trait ClientMiddleware: Send + Sync + 'static {
    /// Wraps the sending of a request. Gives the response that is to come, which may be one of its own.
    fn request(
        &self,
        request: OutgoingRequest,
        next: RequestNext<'_>,
    ) -> impl Future<Output = Result<PendingResponse, CallError>> + Send {
        next.run(request)
    }

    /// Wraps the receiving of a response.
    fn response(
        &self,
        response: ExpectedResponse,
        next: ResponseNext<'_>,
    ) -> impl Future<Output = Result<JobResponse, CallError>> + Send {
        next.run(response)
    }
}

/// A request on its way to a transport.
#[derive(Debug)]
#[non_exhaustive]
pub struct OutgoingRequest {
    /// The service it goes to.
    pub service: Arc<str>,
    /// The request.
    pub request: ClientRequest,
}

/// A response that is to come.
#[derive(Debug)]
#[non_exhaustive]
pub struct ExpectedResponse {
    /// The service it comes from.
    pub service: Arc<str>,
    /// The id of the request it answers.
    pub request_id: u64,
    /// The response.
    pub response: PendingResponse,
}

/// What stands below a middleware's [`request`](ClientMiddleware::request).
pub type RequestNext<'a> = Next<'a, RequestLevel>;

/// What stands below a middleware's [`response`](ClientMiddleware::response).
pub type ResponseNext<'a> = Next<'a, ResponseLevel>;

/// The level of sending.
#[derive(Debug)]
pub enum RequestLevel {}

/// The level of receiving.
#[derive(Debug)]
pub enum ResponseLevel {}

impl Level for RequestLevel {
    type Request = OutgoingRequest;
    type Response = Result<PendingResponse, CallError>;
    type Middleware = dyn DynMiddleware;

    fn call<'a>(
        middleware: &'a dyn DynMiddleware,
        request: OutgoingRequest,
        next: RequestNext<'a>,
    ) -> BoxFuture<'a, Self::Response> {
        middleware.request(request, next)
    }
}

impl Level for ResponseLevel {
    type Request = ExpectedResponse;
    type Response = Result<JobResponse, CallError>;
    type Middleware = dyn DynMiddleware;

    fn call<'a>(
        middleware: &'a dyn DynMiddleware,
        response: ExpectedResponse,
        next: ResponseNext<'a>,
    ) -> BoxFuture<'a, Self::Response> {
        middleware.response(response, next)
    }
}

/// The erased twin of [`ClientMiddleware`].
pub trait DynMiddleware: Send + Sync {
    /// As [`ClientMiddleware::request`].
    fn request<'a>(
        &'a self,
        request: OutgoingRequest,
        next: RequestNext<'a>,
    ) -> BoxFuture<'a, Result<PendingResponse, CallError>>;

    /// As [`ClientMiddleware::response`].
    fn response<'a>(
        &'a self,
        response: ExpectedResponse,
        next: ResponseNext<'a>,
    ) -> BoxFuture<'a, Result<JobResponse, CallError>>;
}

impl<M: ClientMiddleware> DynMiddleware for M {
    fn request<'a>(
        &'a self,
        request: OutgoingRequest,
        next: RequestNext<'a>,
    ) -> BoxFuture<'a, Result<PendingResponse, CallError>> {
        ClientMiddleware::request(self, request, next).boxed()
    }

    fn response<'a>(
        &'a self,
        response: ExpectedResponse,
        next: ResponseNext<'a>,
    ) -> BoxFuture<'a, Result<JobResponse, CallError>> {
        ClientMiddleware::response(self, response, next).boxed()
    }
}
