//! What acts for the transport while the runtime that drives it is stuck.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{
    FutureExt,
    future::{BoxFuture, join, join_all},
};
use redis::RedisError;
use tokio::{
    sync::Mutex,
    time::{self, Instant},
};

use super::{RedisReply, Shared};
use crate::{
    JobResponse,
    transport::{
        Rescue, TransportError, TransportErrorKind,
        redis::{
            Node, Pusher,
            commands::{Commands, Number},
            connection::{Connection, describe},
            pop::{UnderWay, unblocking},
            resp::Reply,
        },
    },
};

/// How long an outstanding pop may take to end: the longest block where Redis does not let us end it, and some more. As
/// long may be taken for sending the rest of what is half sent.
const LIMIT: Duration = Duration::from_millis(1500);

/// How long a pop has to end before it is told again, and Redis to make room.
const INTERVAL: Duration = Duration::from_millis(5);

/// How long Redis has to reply to a command.
const REPLY_LIMIT: Duration = Duration::from_secs(2);

/// How long to wait when no master takes requests back.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) struct RedisRescue {
    /// Those of the transport.
    stuck: Arc<Shared>,
    /// The same with pushers of its own.
    shared: Arc<Shared>,
    masters: Arc<Masters>,
    under_way: Vec<UnderWay>,
}

struct Masters {
    key: Bytes,
    expiry: Duration,
    masters: Vec<Master>,
}

/// A connection of its own to one master.
struct Master {
    node: Arc<Node>,
    connection: Mutex<Option<Connection>>,
}

/// Why commands got no reply.
struct Failure {
    error: RedisError,
    /// Whether they may have been obeyed.
    is_sent: bool,
}

impl RedisRescue {
    pub(super) fn new(stuck: Arc<Shared>, shared: Arc<Shared>, key: Bytes, under_way: Vec<UnderWay>) -> Self {
        let nodes = shared.outlets.iter().map(|outlet| Arc::clone(outlet.node()));
        let masters = nodes.map(|node| Master { node, connection: Mutex::default() }).collect();
        let masters = Masters { key, expiry: shared.settings.message_expiry, masters };
        Self { stuck, shared, masters: Arc::new(masters), under_way }
    }

    async fn relieve_all(&self) {
        for (stuck, outlet) in self.stuck.outlets.iter().zip(&self.shared.outlets) {
            outlet.pusher().adopt(stuck.pusher().take_over());
        }
        let halves = join_all(self.stuck.outlets.iter().map(|stuck| send_rest(stuck.pusher())));
        let pops = self.under_way.iter().zip(&self.masters.masters);
        join(halves, join_all(pops.map(|(pop, master)| self.end_pop(pop, master)))).await;
    }

    async fn end_pop(&self, pop: &UnderWay, master: &Master) {
        let taken = pop.take(async |id| {
            if let Some(id) = id {
                master.unblock(id).await;
            }
            time::sleep(INTERVAL).await;
        });
        let Ok(popped) = time::timeout(LIMIT, taken).await else { return };
        let frames: Vec<Bytes> = popped.into_iter().map(|popped| popped.frame).collect();
        if frames.is_empty() {
            return;
        }
        let masters = Arc::clone(&self.masters);
        // In a task, as these requests are nowhere else any more.
        let put_back = tokio::spawn(async move {
            if let Err(error) = masters.put_back(&frames).await {
                tracing::error!("requests that were not started are lost: {}: {error}", frames.len());
            }
        });
        let _ = put_back.await;
    }
}

/// Sends what is half sent, as Redis takes it.
async fn send_rest(pusher: &Pusher) {
    let sent = async {
        while !pusher.send_rest() {
            time::sleep(INTERVAL).await;
        }
    };
    let _ = time::timeout(LIMIT, sent).await;
}

impl Rescue<RedisReply> for RedisRescue {
    fn relieve(&self) -> BoxFuture<'_, ()> {
        self.relieve_all().boxed()
    }

    fn put_back<'a>(&'a self, reply: &'a RedisReply) -> BoxFuture<'a, Result<(), TransportError>> {
        async { self.masters.put_back(std::slice::from_ref(&reply.frame)).await }.boxed()
    }

    fn respond<'a>(
        &'a self,
        reply: &'a RedisReply,
        response: &'a JobResponse,
    ) -> BoxFuture<'a, Result<(), TransportError>> {
        self.shared.respond(reply, response).boxed()
    }
}

impl Masters {
    /// Puts requests before all others of the first master that takes them. Which one does not matter: workers pop from
    /// all.
    async fn put_back(&self, frames: &[Bytes]) -> Result<(), TransportError> {
        let deadline = Instant::now() + self.expiry;
        loop {
            let mut last = String::new();
            for master in &self.masters {
                match master.put_back(&self.key, frames, self.expiry).await {
                    Ok(()) => return Ok(()),
                    Err(failure) => {
                        let is_sent = failure.is_sent;
                        last = format!("Redis {}: {}", master.node.master(), describe(&failure.error));
                        if is_sent {
                            let message = format!("it is not known whether they were put back: {last}");
                            return Err(TransportError::new(TransportErrorKind::MessageSend, message));
                        }
                    }
                }
            }
            if Instant::now() + PAUSE >= deadline {
                let message = format!("no master took them back: {last}");
                return Err(TransportError::new(TransportErrorKind::MessageSend, message));
            }
            time::sleep(PAUSE).await;
        }
    }
}

impl Master {
    async fn put_back(&self, key: &Bytes, frames: &[Bytes], expiry: Duration) -> Result<(), Failure> {
        let mut commands = Commands::default();
        // The last one comes to stand in front.
        commands.add_with([b"LPUSH", key], frames.iter().rev().map(|frame| &frame[..]));
        commands.add([b"TTL", key]);
        let replies = self.query(commands).await?;
        let mut replies = replies.into_iter();
        if let Some(Reply::Error(error)) = replies.next() {
            return Err(Failure { error: error.into(), is_sent: false });
        }
        let expiry = expiry.as_secs().max(1);
        let lives = match replies.next() {
            Some(Reply::Int(lives)) => u64::try_from(lives).unwrap_or(0),
            _ => 0,
        };
        // A push never shortens the life of a list.
        if lives < expiry {
            let mut commands = Commands::default();
            commands.add([b"EXPIRE", key, Number::from(expiry).as_ref()]);
            let _ = self.query(commands).await;
        }
        Ok(())
    }

    async fn unblock(&self, id: i64) {
        // Whoever waits for the pop asks again.
        let _ = self.query(unblocking(id)).await;
    }

    async fn query(&self, commands: Commands) -> Result<Vec<Reply>, Failure> {
        let mut place = self.connection.lock().await;
        let mut connection = match place.take() {
            Some(connection) => connection,
            None => Connection::open(&self.node).await.map_err(|error| Failure { error, is_sent: false })?,
        };
        let before = connection.written();
        let replies = time::timeout(REPLY_LIMIT, connection.query(commands)).await;
        let replies = replies.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()));
        match replies {
            Ok(replies) => {
                *place = Some(connection);
                Ok(replies)
            }
            Err(error) => Err(Failure { error, is_sent: connection.close() > before }),
        }
    }
}
