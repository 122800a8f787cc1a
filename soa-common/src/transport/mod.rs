//! How jobs travel: the traits that clients and servers speak to, and the Redis transport (`docs/protocol.md`).

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout_at};

use crate::{JobRequest, JobResponse, Map};

mod error;
pub mod redis;

pub use error::{TransportError, TransportErrorKind};

/// A request as a client hands it to its transport.
#[derive(Clone, Debug)]
pub struct ClientRequest {
    /// Unique among the requests of this client.
    pub request_id: u64,
    /// What middleware adds to the meta of the envelope.
    pub meta: Map,
    /// The job.
    pub job: JobRequest,
    /// How long the caller said it waits; decides how long the message lives. `None`: the transport's expiry.
    pub timeout: Option<Duration>,
    /// When sending has to be done and the response to be there. Nothing goes on past it.
    pub deadline: Instant,
}

/// The client's side of a transport to one service.
///
/// Transports are implemented rarely, hence the boxed futures.
pub trait ClientTransport: Send + Sync + 'static {
    /// Sends a request. Resolves when the transport has accepted it (it may be answered already), and at the deadline
    /// at the latest. A request whose `control.suppress_response` is set gets a [`PendingResponse`] that fails at once.
    ///
    /// # Errors
    /// [`TransportErrorKind::MessageTooLarge`], [`TransportErrorKind::InvalidMessage`],
    /// [`TransportErrorKind::MessageSend`]; after an error the request was not sent, except where the error says that
    /// this is unknown.
    fn send(&self, request: ClientRequest) -> BoxFuture<'_, Result<PendingResponse, TransportError>>;

    /// Sends a request and waits for its response: the same as [`send`](Self::send) and then its [`PendingResponse`], as
    /// by default. A transport to which both in one are less work does it in its own way. `None` when neither gave
    /// anything by the deadline; nothing goes on past it.
    ///
    /// # Errors
    /// As [`send`](Self::send) and its [`PendingResponse`].
    fn call(
        self: Arc<Self>,
        request: ClientRequest,
    ) -> BoxFuture<'static, Result<Option<JobResponse>, TransportError>> {
        Box::pin(async move {
            let response = timeout_at(request.deadline, async { self.send(request).await?.await });
            response.await.map_or(Ok(None), |response| response.map(Some))
        })
    }

    /// How long a call may take whose caller does not say. Default: 5 seconds.
    fn receive_timeout(&self) -> Duration {
        Duration::from_secs(5)
    }
}

/// The response to a request that was sent. Dropping it abandons the call and leaks nothing.
pub struct PendingResponse(BoxFuture<'static, Result<JobResponse, TransportError>>);

impl PendingResponse {
    /// Wraps the future that gives the response, or an error at the request's deadline at the latest.
    #[must_use]
    pub fn new(response: impl Future<Output = Result<JobResponse, TransportError>> + Send + 'static) -> Self {
        Self(Box::pin(response))
    }
}

impl Future for PendingResponse {
    type Output = Result<JobResponse, TransportError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}

impl fmt::Debug for PendingResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingResponse").finish_non_exhaustive()
    }
}

/// The server's side of a transport.
pub trait ServerTransport: Send + Sync + 'static {
    /// What the transport needs to answer a request.
    type Reply: Send + Sync + 'static;

    /// Waits for requests and gives those that came, `free` at most; none when nothing came for the transport's receive
    /// timeout. Cancel-safe: a request popped for a call that was dropped comes with the next one. `free` must not be
    /// less than with the last call, counting the requests given since: the transport may have asked for that many.
    ///
    /// # Errors
    /// When the transport is out of order; the caller backs off and calls again.
    fn receive(&self, free: usize) -> BoxFuture<'_, Result<Vec<Received<Self::Reply>>, TransportError>>;

    /// Tells the outstanding receive that it may give this many by now, which is more than it was asked for: places have
    /// come free. Gives whether it is to be told again. The default heeds nothing, which is right where a receive waits
    /// for one list.
    fn freed(&self, _free: usize) -> bool {
        false
    }

    /// Makes outstanding receives return soon. After that `receive` gives what was popped already and then nothing,
    /// without waiting.
    fn stop(&self);

    /// Sends the response to a request.
    ///
    /// # Errors
    /// [`TransportErrorKind::MessageTooLarge`] and [`TransportErrorKind::InvalidMessage`] (not serializable): nothing
    /// was sent and the caller may send another response instead. [`TransportErrorKind::MessageSend`]: it could not be
    /// delivered within the message's expiry.
    fn respond<'a>(
        &'a self,
        reply: &'a Self::Reply,
        response: &'a JobResponse,
    ) -> BoxFuture<'a, Result<(), TransportError>>;

    /// What acts for this transport while the runtime that drives it is stuck; `None` where there is no such thing, as
    /// by default. Connects to nothing yet.
    fn rescue(&self) -> Option<Box<dyn Rescue<Self::Reply>>> {
        None
    }
}

/// Keeps the promises of a [`ServerTransport`] while code that does not yield keeps the transport from doing so.
///
/// It is used from a thread and a runtime of its own and has connections of its own. The transport may wake up again at
/// any moment and go on; neither does twice what the other did.
pub trait Rescue<R>: Send + Sync + 'static {
    /// Sends the responses that the transport was given and has not sent, ends its outstanding receives, and puts back
    /// the requests that these have popped. Takes a second or two at most. Dropping it loses nothing.
    fn relieve(&self) -> BoxFuture<'_, ()>;

    /// Puts a request back that was received and not started, before those that wait.
    ///
    /// # Errors
    /// [`TransportErrorKind::MessageSend`]: it could not be put back within the message's expiry.
    fn put_back<'a>(&'a self, reply: &'a R) -> BoxFuture<'a, Result<(), TransportError>>;

    /// As [`ServerTransport::respond`].
    ///
    /// # Errors
    /// As there.
    fn respond<'a>(&'a self, reply: &'a R, response: &'a JobResponse) -> BoxFuture<'a, Result<(), TransportError>>;
}

/// A request as a server received it.
#[derive(Debug)]
pub struct Received<R> {
    /// What answering needs.
    pub reply: R,
    /// The request id for logs.
    pub request_id: String,
    /// The raw job: checked MessagePack of any shape, to be validated.
    pub job: bytes::Bytes,
    /// When the caller stops waiting; `None` when it does not say.
    pub deadline: Option<Instant>,
}
