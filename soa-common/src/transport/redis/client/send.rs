//! Sending a request.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tokio::{
    sync::futures::OwnedNotified,
    time::{Instant, timeout_at},
};

use super::{
    RedisClientTransport,
    call::{Call, Sent},
    link::unix_now,
    request,
};
use crate::{
    JobResponse,
    transport::{
        ClientRequest, PendingResponse, TransportError, TransportErrorKind,
        redis::{LONGEST_TIME, Push},
    },
};

/// How much longer than its caller waits a request stays in Redis: the clocks of machines differ, and a server that is
/// late drops what has expired and can count it.
const LATE: Duration = Duration::from_secs(10);

impl RedisClientTransport {
    /// Sends a request; gives its response to come once it is pushed.
    pub(super) async fn send_request(&self, mut request: ClientRequest) -> Result<PendingResponse, TransportError> {
        let shared = self.connections.shared();
        let mut turn = shared.turn(self.service);
        let has_response = !request.job.control.suppress_response();
        let mut call = loop {
            let (mut call, push) = self.open(shared.next_master(&mut turn), &request, has_response).await?;
            call.push(push, request);
            match call.pushed().await.map_err(|error| self.failed(error))? {
                Sent::Yes(()) => break call,
                Sent::No(again) => request = again,
            }
        };
        if !has_response {
            let message = format!("the request to {:?} asked for no response, so none comes", self.name);
            let error = TransportError::new(TransportErrorKind::MessageReceive, message);
            return Ok(PendingResponse::new(std::future::ready(Err(error))));
        }
        let name = self.name.clone();
        Ok(PendingResponse::new(async move {
            match call.response(&name).await? {
                Sent::Yes(response) => Ok(response),
                // It is pushed already.
                Sent::No(_) => Err(call.not_sent()),
            }
        }))
    }

    /// Sends a request and waits for its response.
    ///
    /// It takes what it holds while it waits, and what only few calls need is boxed: of these futures there may be many.
    pub(super) fn call_service(
        self: Arc<Self>,
        mut request: ClientRequest,
    ) -> BoxFuture<'static, Result<Option<JobResponse>, TransportError>> {
        Box::pin(async move {
            if request.job.control.suppress_response() {
                let pending = Box::pin(self.send_request(request)).await?;
                return pending.await.map(Some);
            }
            let mut turn = self.connections.shared().turn(self.service);
            loop {
                let master = self.connections.shared().next_master(&mut turn);
                let (mut call, push) = self.open(master, &request, true).await?;
                call.push(push, request);
                match call.response(&self.name).await.map_err(|error| self.failed(error))? {
                    Sent::Yes(response) => return Ok(Some(response)),
                    Sent::No(again) => request = again,
                }
            }
        })
    }

    /// Opens the call that a request makes on one master, where its response is to come too; gives what to push there.
    async fn open(
        &self,
        master: usize,
        request: &ClientRequest,
        has_response: bool,
    ) -> Result<(Call, Push), TransportError> {
        let shared = self.connections.shared();
        let settings = &shared.settings;
        let (call, reply_to) = loop {
            if !has_response {
                let reply_to = request::unanswered(&self.name, &shared.client).into();
                break (Call::without_response(&self.connections, master, request), reply_to);
            }
            match Call::open(&self.connections, self.service, master, request)? {
                Ok(opened) => break opened,
                Err(room) => self.wait_for(room, request.deadline).await?,
            }
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
        Ok((call, push))
    }

    /// Waits until there may be a lane. Boxed because it is rare, and would make every call larger.
    fn wait_for(&self, room: OwnedNotified, deadline: Instant) -> BoxFuture<'_, Result<(), TransportError>> {
        Box::pin(async move {
            timeout_at(deadline, room).await.map_err(|_| {
                let message = "too many earlier calls wait for their answers still";
                self.failed(TransportError::new(TransportErrorKind::MessageSend, message))
            })
        })
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
