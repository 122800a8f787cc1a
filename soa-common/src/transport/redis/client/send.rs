//! Sending a request.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    RedisClientTransport,
    call::{Call, Subject},
    link::unix_now,
    request,
};
use crate::transport::{
    ClientRequest, PendingResponse, TransportError, TransportErrorKind,
    redis::{LONGEST_TIME, Push},
};

/// How much longer than its caller waits a request stays in Redis: the clocks of machines differ, and a server that is
/// late drops what has expired and can count it.
const LATE: Duration = Duration::from_secs(10);

/// What became of a request on one master.
enum Sent {
    /// It is there; the call, when it has a response.
    Yes(Option<Call>),
    /// It surely is not, because the master is down.
    No,
}

impl RedisClientTransport {
    pub(super) async fn send_request(&self, request: ClientRequest) -> Result<PendingResponse, TransportError> {
        let started = Instant::now();
        let call = self.send_somewhere(&request).await?;
        let Some(call) = call else {
            let message = format!("the request to {:?} asked for no response, so none comes", self.name);
            let error = TransportError::new(TransportErrorKind::MessageReceive, message);
            return Ok(PendingResponse::new(std::future::ready(Err(error))));
        };
        let subject = Subject {
            service: self.name.clone(),
            actions: request.job.actions.into_iter().map(|action| action.action).collect(),
            started,
            deadline: request.deadline,
        };
        Ok(PendingResponse::new(call.response(subject)))
    }

    /// Sends a request to the next master, or to another one when that is down. When all are, they are tried in turn.
    async fn send_somewhere(&self, request: &ClientRequest) -> Result<Option<Call>, TransportError> {
        let shared = self.connections.shared();
        let ring = shared.ring();
        let masters = ring.clone().filter(|master| shared.is_up(*master)).chain(ring.clone().cycle());
        for master in masters {
            if let Sent::Yes(call) = self.send_to(master, request).await? {
                return Ok(call);
            }
        }
        Err(TransportError::new(TransportErrorKind::MessageSend, "there is no Redis master"))
    }

    /// Sends a request to one master, where its response is to come too. Where there are others, it does not wait for
    /// one that is down.
    async fn send_to(&self, master: usize, request: &ClientRequest) -> Result<Sent, TransportError> {
        let shared = self.connections.shared();
        let settings = &shared.settings;
        let mut call = None;
        let reply_to = if request.job.control.suppress_response() {
            request::unanswered(&self.name, &shared.client).into()
        } else {
            let id = request.request_id;
            let opened = Call::open(&self.connections, self.service, master, id, request.deadline).await;
            let (opened, reply_to) = opened.map_err(|error| self.failed(error))?;
            call = Some(opened);
            reply_to
        };
        let life = request.timeout.unwrap_or(settings.message_expiry).min(LONGEST_TIME);
        let frame = shared.frame(&self.name, &reply_to, unix_now() + life.as_secs_f64(), request)?;
        let life = life + request.timeout.map_or(Duration::ZERO, |_| LATE);
        let push = Push {
            key: self.queue.clone(),
            frames: vec![frame],
            ttl: life.as_secs() + u64::from(life.subsec_nanos() > 0),
            capacity: settings.queue_capacity,
            deadline: request.deadline,
            retries: settings.queue_full_retries,
            waiting: None,
        };
        if let Some(call) = &mut call {
            call.set_sent(true);
        }
        let pusher = &shared.links[master].pusher;
        let is_sent = match shared.links.len() {
            1 => pusher.push(push).await.map(|()| true),
            _ => pusher.try_push(push).await,
        };
        let is_sent = is_sent.map_err(|error| self.failed(error))?;
        if is_sent {
            return Ok(Sent::Yes(call));
        }
        if let Some(call) = &mut call {
            call.set_sent(false);
        }
        Ok(Sent::No)
    }

    /// An error that says what it is about.
    fn failed(&self, error: TransportError) -> TransportError {
        match error.kind() {
            TransportErrorKind::MessageSend => {
                let message = format!("sending the request to {:?} failed: {error}", self.name);
                TransportError::new(error.kind(), message)
            }
            _ => error,
        }
    }
}
