//! Pushing messages: what is queued while a flush is under way leaves together with the next one.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use tokio::{
    sync::{
        mpsc::{self, UnboundedSender},
        oneshot,
    },
    time::{self, Instant},
};

use super::node::Node;
use crate::transport::{TransportError, TransportErrorKind};

mod committer;
mod flush;

use committer::Committer;

/// A message to be pushed.
#[derive(Clone, Debug)]
pub struct Push {
    /// The list.
    pub key: Bytes,
    /// The frames of the message, at least one: one command pushes them all.
    pub frames: Vec<Bytes>,
    /// How many seconds the list has to live from now on; it is never made to live shorter than it would.
    pub ttl: u64,
    /// The length at which the list is full.
    pub capacity: usize,
    /// When the message has to be pushed, or given up.
    pub deadline: Instant,
    /// How often the push is tried again when the list is full.
    pub retries: u32,
}

/// Pushes messages to the lists of one master over one connection, which is made when the first message comes and
/// again when it breaks.
#[derive(Debug)]
pub struct Pusher {
    node: Arc<Node>,
    queue: Mutex<Option<UnboundedSender<Entry>>>,
}

/// A message on its way through the queue.
#[derive(Debug)]
struct Entry {
    push: Push,
    /// How often the list was full.
    refusals: u32,
    /// Whether the message may have reached Redis.
    flushed: Arc<AtomicBool>,
    /// Whether the message is given back when Redis is out of order, instead of waiting for it.
    can_go_elsewhere: bool,
    done: oneshot::Sender<Result<(), TransportError>>,
}

impl Pusher {
    /// A pusher that is not connected yet.
    #[must_use]
    pub fn new(node: Arc<Node>) -> Self {
        Self { node, queue: Mutex::new(None) }
    }

    /// Pushes a message and waits until Redis has it. Messages for one list keep their order, except where the list was
    /// full. A future that is dropped while its message waits in the queue takes it back.
    ///
    /// # Errors
    /// [`TransportErrorKind::MessageSend`] at the deadline of the message at the latest: the list stayed full, or Redis
    /// is out of order. The text says where the message may have been delivered all the same, because the connection
    /// broke or fell silent after it had left; such a message is not sent again.
    pub async fn push(&self, push: Push) -> Result<(), TransportError> {
        self.push_flagged(push, false, &Arc::default()).await
    }

    /// As [`push`](Self::push), but does not wait for a Redis that is out of order: false when the message was surely
    /// not sent for that reason and there is time left to push it elsewhere.
    pub(super) async fn try_push(&self, push: Push) -> Result<bool, TransportError> {
        let (deadline, flushed) = (push.deadline, Arc::default());
        match self.push_flagged(push, true, &flushed).await {
            Ok(()) => Ok(true),
            Err(error) => {
                let was_sent = flushed.load(Ordering::Acquire) || !self.node.is_down();
                if was_sent || Instant::now() >= deadline { Err(error) } else { Ok(false) }
            }
        }
    }

    async fn push_flagged(
        &self,
        push: Push,
        can_go_elsewhere: bool,
        flushed: &Arc<AtomicBool>,
    ) -> Result<(), TransportError> {
        let deadline = push.deadline;
        let (done, result) = oneshot::channel();
        self.enqueue(Entry { push, refusals: 0, flushed: Arc::clone(flushed), can_go_elsewhere, done });
        match time::timeout_at(deadline, result).await {
            Ok(Ok(result)) => result,
            // The task of the queue ended with its runtime, or time is up.
            Ok(Err(_)) | Err(_) => Err(self.out_of_time(flushed.load(Ordering::Acquire))),
        }
    }

    fn enqueue(&self, entry: Entry) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = match &*queue {
            Some(sender) => match sender.send(entry) {
                Ok(()) => return,
                Err(unsent) => unsent.0,
            },
            None => entry,
        };
        // The first message, or the first on another runtime than before.
        let (sender, receiver) = mpsc::unbounded_channel();
        tokio::spawn(Committer::new(Arc::clone(&self.node), receiver).run());
        // The receiver lives: it is in the task.
        let _ = sender.send(entry);
        *queue = Some(sender);
    }

    fn out_of_time(&self, flushed: bool) -> TransportError {
        let master = self.node.master();
        let message = if flushed {
            format!("Redis {master} did not confirm the message in time: it may have been delivered")
        } else {
            match self.node.failure() {
                Some(failure) => format!("the message was not sent, Redis {master} is out of order: {failure}"),
                None => format!("the message was not sent in time: Redis {master} is too slow"),
            }
        };
        TransportError::new(TransportErrorKind::MessageSend, message)
    }
}
