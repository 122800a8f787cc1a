//! A call that waits for its response.

use std::{fmt, future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use tokio::{
    sync::futures::OwnedNotified,
    time::{self, Instant},
};

use super::{
    RedisConnections,
    lanes::{End, ServiceId},
    mailbox::Registered,
    waiter::{News, Stage, Waiter},
};
use crate::{
    ActionRequest, JobResponse,
    transport::{
        ClientRequest, TransportError, TransportErrorKind,
        redis::{MOST_NAMES, Push},
    },
};

/// A call in the mailbox; dropping it takes it out.
#[derive(Debug)]
pub(super) struct Call {
    connections: RedisConnections,
    request_id: u64,
    master: usize,
    waiter: Arc<Waiter>,
    started: Instant,
    deadline: Instant,
    /// How it leaves the mailbox when it is dropped; `None` when it has left.
    end: Option<End>,
}

/// What became of a request on one master.
#[derive(Debug)]
pub(super) enum Sent<T> {
    /// It is there.
    Yes(T),
    /// It surely is not, because the master is down: it can go to another one.
    No(ClientRequest),
}

impl Call {
    /// Puts a call into the mailbox, with its lane on this master; gives the reply address too. Where so many calls wait
    /// for a service that the next one has no lane, it gives what ends when there may be one.
    ///
    /// # Errors
    /// When a request with this id waits already.
    pub(super) fn open(
        connections: &RedisConnections,
        service: ServiceId,
        master: usize,
        request: &ClientRequest,
    ) -> Result<Result<(Self, Arc<str>), OwnedNotified>, TransportError> {
        let shared = connections.shared();
        let (request_id, waiter, started) = (request.request_id, Arc::default(), Instant::now());
        let registered = shared.mailbox().register(service, master, request_id, &waiter, started);
        let ticket = match registered {
            Registered::Yes(ticket) => ticket,
            Registered::Full(room) => return Ok(Err(room)),
            Registered::Twice => {
                let message = format!("a request with the id {request_id} waits for its response already");
                return Err(TransportError::new(TransportErrorKind::InvalidMessage, message));
            }
        };
        let connections = connections.clone();
        let deadline = request.deadline;
        let call = Self { connections, request_id, master, waiter, started, deadline, end: Some(End::Done) };
        shared.wake(master, ticket.wake);
        Ok(Ok((call, ticket.reply_to)))
    }

    /// A call that gets no response, and needs no lane.
    pub(super) fn without_response(connections: &RedisConnections, master: usize, request: &ClientRequest) -> Self {
        let (connections, request_id, deadline) = (connections.clone(), request.request_id, request.deadline);
        Self { connections, request_id, master, waiter: Arc::default(), started: Instant::now(), deadline, end: None }
    }

    /// Has its request pushed: from now on a response may come. Where there are other masters, the request does not wait
    /// for one that is down.
    pub(super) fn push(&mut self, push: Push, request: ClientRequest) {
        self.end = self.end.map(|_| End::Abandoned);
        let links = &self.connections.shared().links;
        let can_go_elsewhere = links.len() > 1;
        self.waiter.keep(request, can_go_elsewhere);
        links[self.master].pusher.submit(push, can_go_elsewhere, Arc::<Waiter>::clone(&self.waiter));
    }

    /// Waits until the request is pushed.
    ///
    /// # Errors
    /// When it is not until the deadline.
    pub(super) async fn pushed(&mut self) -> Result<Sent<()>, TransportError> {
        match time::timeout_at(self.deadline, poll_fn(|context| self.waiter.poll_pushed(context))).await {
            Ok(None) => Ok(Sent::Yes(())),
            Ok(Some(News::GivenBack)) => self.given_back(),
            Ok(Some(News::Failed(error))) => Err(error),
            _ => Err(self.not_sent()),
        }
    }

    /// Waits for the response to a request that `service` was sent.
    ///
    /// # Errors
    /// A request that cannot be sent, a response that cannot be read; none at the deadline.
    pub(super) async fn response(&mut self, service: &str) -> Result<Sent<JobResponse>, TransportError> {
        let mut time_is_up = pin!(time::sleep_until(self.deadline));
        let news = poll_fn(|context| match self.waiter.poll(context) {
            Poll::Ready(news) => Poll::Ready(Some(news)),
            Poll::Pending => time_is_up.as_mut().poll(context).map(|()| None),
        });
        let answer = match news.await {
            Some(News::Answer(answer)) => answer,
            Some(News::GivenBack) => return self.given_back(),
            Some(News::Failed(error)) => return Err(error),
            Some(News::Lost) => return Err(self.not_sent()),
            None if self.waiter.stage() != Stage::Pushed => return Err(self.not_sent()),
            None => return Err(self.timed_out(service)),
        };
        self.end = None;
        let response = answer.and_then(|response| JobResponse::from_body(&response)).map_err(|error| {
            let message =
                format!("the response of service {service:?} to {} cannot be read: {error}", self.take_names());
            TransportError::new(TransportErrorKind::InvalidMessage, message).with_source(error)
        });
        response.map(Sent::Yes)
    }

    /// The request can go to another master, while there is time.
    fn given_back<T>(&mut self) -> Result<Sent<T>, TransportError> {
        match self.waiter.take_request() {
            Some(request) if Instant::now() < self.deadline => {
                self.end = self.end.map(|_| End::Done);
                Ok(Sent::No(request))
            }
            _ => Err(self.not_sent()),
        }
    }

    pub(super) fn not_sent(&self) -> TransportError {
        let is_flushed = self.waiter.stage() != Stage::Queued;
        self.connections.shared().links[self.master].pusher.out_of_time(is_flushed)
    }

    fn timed_out(&self, service: &str) -> TransportError {
        let waited = Seconds(self.deadline.saturating_duration_since(self.started));
        let mut message = format!("service {service:?} did not answer {} within {waited}", self.take_names());
        let node = &self.connections.shared().links[self.master].node;
        if let Some(failure) = node.failure() {
            message += &format!("; Redis {} is out of order: {failure}", node.master());
        }
        TransportError::new(TransportErrorKind::MessageReceiveTimeout, message)
    }

    /// The actions of the request.
    fn take_names(&self) -> Names {
        Names(self.waiter.take_actions())
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.waiter.end();
        if let Some(end) = self.end {
            self.connections.shared().mailbox().forget(self.request_id, end, Instant::now());
        }
    }
}

/// The names of actions, for people.
struct Names(Vec<ActionRequest>);

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, action) in self.0.iter().take(MOST_NAMES).enumerate() {
            write!(f, "{}{:?}", if index > 0 { ", " } else { "" }, action.action)?;
        }
        match self.0.len().saturating_sub(MOST_NAMES) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// A time for people, to the millisecond.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", (self.0.as_secs_f64() * 1_000.0).round() / 1_000.0)
    }
}
