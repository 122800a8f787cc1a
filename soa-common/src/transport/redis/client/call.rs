//! A call that waits for its response.

use std::{fmt, sync::Arc, time::Duration};

use tokio::{
    sync::oneshot,
    time::{self, Instant},
};

use super::{
    RedisConnections,
    lanes::{End, ServiceId},
    mailbox::{Answer, Registered},
};
use crate::{
    JobResponse,
    transport::{TransportError, TransportErrorKind},
};

/// The most actions that an error names.
const MOST_NAMES: usize = 5;

/// A call in the mailbox; dropping it takes it out.
#[derive(Debug)]
pub(super) struct Call {
    connections: RedisConnections,
    request_id: u64,
    master: usize,
    answer: oneshot::Receiver<Answer>,
    /// How it leaves the mailbox when it is dropped; `None` when it has left.
    end: Option<End>,
}

/// What an error says about a call.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) service: Arc<str>,
    pub(super) actions: Vec<String>,
    pub(super) started: Instant,
    pub(super) deadline: Instant,
}

impl Call {
    /// Puts a call into the mailbox, with its lane on this master; gives the reply address too. Where so many calls wait
    /// for a service that the next one has no lane, it waits for one.
    ///
    /// # Errors
    /// When a request with this id waits already, and when there is no lane until the deadline.
    pub(super) async fn open(
        connections: &RedisConnections,
        service: ServiceId,
        master: usize,
        request_id: u64,
        deadline: Instant,
    ) -> Result<(Self, Arc<str>), TransportError> {
        let shared = connections.shared();
        let (sender, answer) = oneshot::channel();
        let mut sender = Some(sender);
        let ticket = loop {
            let registered = shared.mailbox().register(service, master, request_id, &mut sender, Instant::now());
            match registered {
                Registered::Yes(ticket) => break ticket,
                Registered::Twice => {
                    let message = format!("a request with the id {request_id} waits for its response already");
                    return Err(TransportError::new(TransportErrorKind::InvalidMessage, message));
                }
                Registered::Full(room) => {
                    if time::timeout_at(deadline, room).await.is_err() {
                        let message = "too many earlier calls wait for their answers still";
                        return Err(TransportError::new(TransportErrorKind::MessageSend, message));
                    }
                }
            }
        };
        let call = Self { connections: connections.clone(), request_id, master, answer, end: Some(End::Done) };
        shared.wake(master, ticket.wake);
        Ok((call, ticket.reply_to))
    }

    /// Says whether the request may be on its way, so that a response may come.
    pub(super) fn set_sent(&mut self, is_sent: bool) {
        self.end = Some(if is_sent { End::Abandoned } else { End::Done });
    }

    /// Waits for the response.
    ///
    /// # Errors
    /// A response that cannot be read; none at the deadline.
    pub(super) async fn response(mut self, subject: Subject) -> Result<JobResponse, TransportError> {
        let Ok(Ok(answer)) = time::timeout_at(subject.deadline, &mut self.answer).await else {
            return Err(self.timed_out(&subject));
        };
        self.end = None;
        answer.and_then(|response| JobResponse::from_body(&response)).map_err(|error| {
            let message = format!("the response of service {:?} to {subject} cannot be read: {error}", subject.service);
            TransportError::new(TransportErrorKind::InvalidMessage, message).with_source(error)
        })
    }

    fn timed_out(&self, subject: &Subject) -> TransportError {
        let waited = Seconds(subject.deadline.saturating_duration_since(subject.started));
        let mut message = format!("service {:?} did not answer {subject} within {waited}", subject.service);
        let node = &self.connections.shared().links[self.master].node;
        if let Some(failure) = node.failure() {
            message += &format!("; Redis {} is out of order: {failure}", node.master());
        }
        TransportError::new(TransportErrorKind::MessageReceiveTimeout, message)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if let Some(end) = self.end {
            self.connections.shared().mailbox().forget(self.request_id, end, Instant::now());
        }
    }
}

impl fmt::Display for Subject {
    /// The names of the actions.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, action) in self.actions.iter().take(MOST_NAMES).enumerate() {
            write!(f, "{}{action:?}", if index > 0 { ", " } else { "" })?;
        }
        match self.actions.len().saturating_sub(MOST_NAMES) {
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
