//! Pushing messages: what is queued while a flush is under way leaves together with the next one.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::mpsc::{self, UnboundedSender},
    time::{self, Instant},
};

use super::node::Node;
use crate::{
    gather::Gather,
    transport::{TransportError, TransportErrorKind},
};

mod committer;
mod desk;
mod flush;
mod receipt;

use committer::Committer;
use desk::Desk;
pub(super) use desk::{Activity, MOMENT};
pub(super) use receipt::{Pushed, Waiting};
use receipt::{Receipt, Wait};

/// A message to be pushed.
#[derive(Clone, Debug)]
pub struct Push {
    /// The list.
    pub key: Bytes,
    /// The frames of the message, at least one: one command pushes them all.
    pub frames: Vec<Gather>,
    /// How many seconds the list has to live from now on, a hundred years at most; it is never made to live shorter than
    /// it would.
    pub ttl: u64,
    /// The length at which the list is full.
    pub capacity: usize,
    /// When the message has to be pushed, or given up.
    pub deadline: Instant,
    /// How often the push is tried again when the list is full.
    pub retries: u32,
    /// How many messages of this pusher may wait for room in full lists at one time; one more is given up at once.
    /// `None`: any number.
    pub waiting: Option<usize>,
}

/// Pushes messages to the lists of one master over one connection, which is made when the first message comes and
/// again when it breaks.
///
/// The queue has no bound of its own: it holds what callers wait for, and what they gave up until the flush, connection
/// or pause under way ends, which none outlasts the latest deadline in a flush or the connect timeout.
#[derive(Debug)]
pub struct Pusher {
    node: Arc<Node>,
    queue: Mutex<Option<Queue>>,
}

/// Where messages go, and where they lie.
#[derive(Debug)]
struct Queue {
    sender: UnboundedSender<Entry>,
    /// It ends with the task that works on it.
    desk: Weak<Mutex<Desk>>,
}

/// A message on its way through the queue.
#[derive(Debug)]
pub(super) struct Entry {
    push: Push,
    /// How often the list was full.
    refusals: u32,
    /// Whether the message is given back when Redis is out of order, instead of waiting for it.
    can_go_elsewhere: bool,
    receipt: Receipt,
}

impl Push {
    /// How many bytes it has.
    fn size(&self) -> usize {
        self.frames.iter().map(Gather::len).sum()
    }

    /// When to try again after the list was full, for so many times before; `None` when to give up. `chance` is from 0
    /// to 1.
    fn next_try(&self, refusals: u32, now: Instant, chance: f64) -> Option<Instant> {
        if refusals >= self.retries {
            return None;
        }
        let wait = (2_f64.powi(refusals.min(30) as i32) + chance) / 4.0;
        Some(now + Duration::from_secs_f64(wait)).filter(|next_try| *next_try < self.deadline)
    }
}

impl Pusher {
    /// A pusher that is not connected yet.
    #[must_use]
    pub fn new(node: Arc<Node>) -> Self {
        Self { node, queue: Mutex::new(None) }
    }

    /// Pushes a message and waits until Redis has it. Messages for one list keep their order, except where the list was
    /// full and at the moment when an older Redis turns out to lack a command. A future that is dropped while its message
    /// waits in the queue takes it back.
    ///
    /// # Errors
    /// [`TransportErrorKind::MessageSend`] at the deadline of the message at the latest: the list stayed full, or Redis
    /// is out of order. The text says where the message may have been delivered all the same, because the connection
    /// broke or fell silent after it had left; such a message is not sent again.
    pub async fn push(&self, push: Push) -> Result<(), TransportError> {
        /// Ends the wait however the future ends.
        struct Ending(Arc<Wait>);
        impl Drop for Ending {
            fn drop(&mut self) {
                self.0.end();
            }
        }
        let deadline = push.deadline;
        let wait = Ending(Arc::default());
        self.submit(push, false, Arc::<Wait>::clone(&wait.0));
        match time::timeout_at(deadline, poll_fn(|context| wait.0.poll(context))).await {
            Ok(Pushed::Yes) => Ok(()),
            Ok(Pushed::Failed(error)) => Err(error),
            Ok(Pushed::GivenBack | Pushed::Lost) | Err(_) => Err(self.out_of_time(wait.0.is_flushed())),
        }
    }

    /// Queues a message; who waits for it is told what became of it, and has to watch the deadline. A message that can go
    /// elsewhere does not wait for a Redis that is out of order.
    pub(super) fn submit(&self, push: Push, can_go_elsewhere: bool, waiting: Arc<dyn Waiting>) {
        self.enqueue(Entry { push, refusals: 0, can_go_elsewhere, receipt: Receipt::new(waiting) });
    }

    fn enqueue(&self, entry: Entry) {
        let mut queue = self.queue();
        let entry = match &*queue {
            Some(queue) => match queue.sender.send(entry) {
                Ok(()) => return,
                Err(unsent) => unsent.0,
            },
            None => entry,
        };
        // The first message, or the first on another runtime than before.
        let (sender, receiver) = mpsc::unbounded_channel();
        let desk = Arc::new(Mutex::new(Desk::new(receiver)));
        // The receiver lives: it is on the desk.
        let _ = sender.send(entry);
        *queue = Some(Queue { sender, desk: Arc::downgrade(&desk) });
        tokio::spawn(Committer::new(Arc::clone(&self.node), desk).run());
    }

    /// What it is doing.
    pub(super) fn activity(&self) -> Activity {
        self.desk().map_or(Activity::Idle, |desk| desk::lock(&desk).activity())
    }

    /// Sends what is half sent; false while Redis does not take all of it. For another thread, when the runtime of this
    /// pusher is stuck.
    pub(super) fn send_rest(&self) -> bool {
        self.desk().is_none_or(|desk| desk::lock(&desk).send_rest())
    }

    /// Gives what is not sent at all: for another thread, when the runtime of this pusher is stuck. Who waits for the
    /// messages goes on waiting.
    pub(super) fn take_over(&self) -> Vec<Entry> {
        self.desk().map(|desk| desk::lock(&desk).take_over()).unwrap_or_default()
    }

    fn desk(&self) -> Option<Arc<Mutex<Desk>>> {
        self.queue().as_ref().and_then(|queue| queue.desk.upgrade())
    }

    /// Pushes messages that another pusher was given.
    pub(super) fn adopt(&self, entries: Vec<Entry>) {
        entries.into_iter().for_each(|entry| self.enqueue(entry));
    }

    fn queue(&self) -> MutexGuard<'_, Option<Queue>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why a message was not confirmed until its deadline, depending on whether it may have reached Redis.
    pub(super) fn out_of_time(&self, flushed: bool) -> TransportError {
        let master = self.node.master();
        let message = if flushed {
            format!("Redis {master} did not confirm the message in time: it may have been delivered")
        } else {
            match self.node.failure() {
                Some(failure) => format!("Redis {master} is out of order: {failure}"),
                None => format!("Redis {master} was too slow to take it in time"),
            }
        };
        TransportError::new(TransportErrorKind::MessageSend, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_come_as_those_of_the_original_and_end_with_the_deadline() {
        let now = Instant::now();
        let check = |refusals, chance, deadline, expected: Option<u64>| {
            let deadline = now + Duration::from_millis(deadline);
            let push = Push {
                key: "list".into(),
                frames: Vec::new(),
                ttl: 60,
                capacity: 1,
                deadline,
                retries: 10,
                waiting: None,
            };
            let next_try = push.next_try(refusals, now, chance);
            assert_eq!(next_try, expected.map(|wait| now + Duration::from_millis(wait)), "{refusals} {chance}");
        };
        check(0, 0.0, 60_000, Some(250));
        check(0, 1.0, 60_000, Some(500));
        check(1, 0.0, 60_000, Some(500));
        check(6, 0.5, 60_000, Some(16_125));
        check(9, 0.0, 600_000, Some(128_000));
        check(10, 0.0, 600_000, None);
        check(6, 0.5, 16_126, Some(16_125));
        check(6, 0.5, 16_125, None);
    }
}
