//! Popping messages, over a connection that does nothing else.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::FutureExt;
use redis::{RedisError, RedisResult};
use tokio::{
    select,
    sync::Notify,
    task::JoinHandle,
    time::{self, Instant},
};

use super::{
    backoff::Backoff,
    commands::Commands,
    connection::{Connection, describe, is_unsupported},
    node::Node,
    resp::Reply,
};
use crate::transport::{TransportError, TransportErrorKind};

mod command;
mod under_way;

use command::Form;
pub(super) use under_way::UnderWay;

/// How much longer than a pop may block its reply is waited for.
const GRACE: Duration = Duration::from_secs(2);

/// The longest block where Redis does not let us end one.
const SHORT_BLOCK: Duration = Duration::from_secs(1);

/// How long an interrupted pop may take to return before it is interrupted again.
const INTERRUPT_INTERVAL: Duration = Duration::from_millis(20);

/// A popped message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Popped {
    /// The index of its list in the keys that were asked for.
    pub key: usize,
    /// The element of the list.
    pub frame: Bytes,
}

/// Pops messages from lists of one master.
///
/// It has a connection of its own, made by the first pop and again after it broke, because a blocking command holds up
/// everything behind it. **A pop that was begun must be driven to its end**: Redis may take a message off the list for a
/// future that was dropped. End a long pop with [`Interrupt`].
#[derive(Debug)]
pub struct Popper {
    node: Arc<Node>,
    connection: Option<Connection>,
    control: Control,
    form: Form,
    backoff: Backoff,
    /// When to connect again after a failure.
    not_before: Option<Instant>,
    interrupt: Interrupt,
    under_way: UnderWay,
}

/// The connection that interrupts the other one.
#[derive(Debug, Default)]
struct Control {
    connection: Option<Connection>,
    /// A task, as the pop may end sooner, and the next one may need it.
    opening: Option<JoinHandle<RedisResult<Connection>>>,
}

/// Ends the pop of a [`Popper`] that is under way, or else the next one as soon as it begins.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<Notify>);

impl Interrupt {
    /// Ends the pop. Where Redis forbids `CLIENT UNBLOCK`, pops last a second at most and end by themselves.
    pub fn interrupt(&self) {
        self.0.notify_one();
    }

    /// Has no effect on the next pop, if there is none under way.
    pub(super) fn take_back(&self) {
        let _ = self.0.notified().now_or_never();
    }
}

impl Popper {
    /// A popper that is not connected yet. Between attempts to connect it waits for `longest_pause` at most.
    #[must_use]
    pub fn new(node: Arc<Node>, longest_pause: Duration) -> Self {
        Self {
            node,
            connection: None,
            control: Control::default(),
            form: Form::Many,
            backoff: Backoff::new(longest_pause),
            not_before: None,
            interrupt: Interrupt::default(),
            under_way: UnderWay::default(),
        }
    }

    /// What ends this popper's pops.
    pub fn interrupter(&self) -> Interrupt {
        self.interrupt.clone()
    }

    /// The pop under way, whenever there is one.
    pub(super) fn under_way(&self) -> UnderWay {
        self.under_way.clone()
    }

    /// Whether there is a connection, as far as is known.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    /// Whether a pop can be ended, as far as is known.
    pub(super) fn can_be_ended(&self) -> bool {
        self.connection.as_ref().is_none_or(|connection| connection.unblock_id().is_some())
    }

    /// How many messages a pop may give that is asked for so many.
    pub(super) fn at_most(&self, most: usize) -> usize {
        if self.form == Form::One { most.min(1) } else { most }
    }

    /// Connects, unless there is a connection: at once, or after a pause when something failed before.
    /// [`pop`](Self::pop) does it too.
    ///
    /// This may be dropped.
    ///
    /// # Errors
    /// [`TransportErrorKind::MessageReceive`] when Redis cannot be reached.
    pub async fn connect(&mut self) -> Result<(), TransportError> {
        if self.connection.is_some() {
            return Ok(());
        }
        if let Some(time) = self.not_before {
            time::sleep_until(time).await;
        }
        match Connection::open(&self.node).await {
            Ok(connection) => {
                self.node.connected();
                self.connection = Some(connection);
                self.form = Form::Many;
                Ok(())
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Pops up to `most` messages from the first of these lists that has any, waiting up to `block` for one; none when
    /// none came or the pop was interrupted.
    ///
    /// With a Redis before version 7, the first list gives up to `most` messages and the others give one; before version
    /// 6.2 only one message comes, and a block is counted in whole seconds.
    ///
    /// # Errors
    /// [`TransportErrorKind::MessageReceive`] when Redis is out of order. The next call connects again.
    pub async fn pop(&mut self, keys: &[Bytes], most: usize, block: Duration) -> Result<Vec<Popped>, TransportError> {
        self.run(keys, most, Some(block)).await
    }

    /// Pops up to `most` messages that are in the list now. A Redis that can only pop with a block gives none.
    ///
    /// # Errors
    /// As [`pop`](Self::pop).
    pub async fn try_pop(&mut self, key: &Bytes, most: usize) -> Result<Vec<Popped>, TransportError> {
        self.run(std::slice::from_ref(key), most, None).await
    }

    async fn run(
        &mut self,
        keys: &[Bytes],
        most: usize,
        block: Option<Duration>,
    ) -> Result<Vec<Popped>, TransportError> {
        if keys.is_empty() || most == 0 {
            return Ok(Vec::new());
        }
        if self.connection.is_none() {
            let interrupt = self.interrupt.clone();
            select! {
                connected = self.connect() => connected?,
                () = interrupt.0.notified() => return Ok(Vec::new()),
            }
        }
        let can_unblock = self.connection.as_ref().is_some_and(|connection| connection.unblock_id().is_some());
        let block = if can_unblock { block } else { block.map(|block| block.min(SHORT_BLOCK)) };
        loop {
            let form = self.form;
            let replies = self.query(form.pop(keys, most, block), form.longest(block) + GRACE, block.is_some()).await?;
            match form.read(keys, block.is_some(), replies) {
                Ok(popped) => {
                    self.node.works();
                    self.backoff.reset();
                    self.not_before = None;
                    return Ok(popped);
                }
                Err(refused) => match form.older() {
                    Some(older) if is_unsupported(&refused.error) => {
                        self.form = older;
                        if !refused.popped.is_empty() {
                            return Ok(refused.popped);
                        }
                    }
                    None if is_unsupported(&refused.error) && block.is_none() => return Ok(Vec::new()),
                    _ => return Err(self.failed(&refused.error.into())),
                },
            }
        }
    }

    /// Sends commands and waits for the replies, passing interruptions on to Redis meanwhile.
    async fn query(&mut self, commands: Commands, limit: Duration, blocks: bool) -> Result<Vec<Reply>, TransportError> {
        let limit = time::sleep(limit);
        let Some(mut connection) = self.connection.take() else {
            return Ok(Vec::new());
        };
        let id = connection.unblock_id();
        self.under_way.begin(&connection, self.form, blocks);
        let result = {
            let mut reply = std::pin::pin!(connection.query(commands));
            let mut limit = std::pin::pin!(limit);
            loop {
                select! {
                    biased;
                    result = &mut reply => break result,
                    () = self.interrupt.0.notified() => {}
                    () = &mut limit => break Err(silence()),
                }
                let Some(id) = id else { continue };
                select! {
                    biased;
                    result = &mut reply => break result,
                    () = self.control.unblock(&self.node, id) => {}
                    () = &mut limit => break Err(silence()),
                }
            }
        };
        self.under_way.ended();
        match result {
            Ok(replies) => {
                self.connection = Some(connection);
                Ok(replies)
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Notes a failure: the next pop connects again, after a pause.
    fn failed(&mut self, error: &RedisError) -> TransportError {
        let is_refusal = error.code().is_some();
        let error = describe(error);
        if is_refusal {
            self.node.refused(&error);
        } else {
            self.node.failed(&error);
        }
        self.connection = None;
        self.not_before = Some(Instant::now() + self.backoff.pause());
        let message = format!("nothing can be received from Redis {}: {error}", self.node.master());
        TransportError::new(TransportErrorKind::MessageReceive, message)
    }
}

impl Control {
    /// Tells Redis to end the block of a connection, again and again: the block may not have begun yet.
    async fn unblock(&mut self, node: &Arc<Node>, id: i64) {
        loop {
            if self.connection.is_none() {
                let node = Arc::clone(node);
                let open = async move { Connection::open(&node).await };
                let opening = self.opening.get_or_insert_with(|| tokio::spawn(open));
                self.connection = opening.await.ok().and_then(Result::ok);
                self.opening = None;
            }
            if let Some(connection) = &mut self.connection
                && connection.query(unblocking(id)).await.is_err()
            {
                self.connection = None;
            }
            time::sleep(INTERRUPT_INTERVAL).await;
        }
    }
}

/// Ends the block of the connection with this id.
pub(super) fn unblocking(id: i64) -> Commands {
    let mut commands = Commands::default();
    commands.add([b"CLIENT", b"UNBLOCK", id.to_string().as_bytes()]);
    commands
}

fn silence() -> RedisError {
    std::io::Error::new(std::io::ErrorKind::TimedOut, "no answer in time").into()
}
