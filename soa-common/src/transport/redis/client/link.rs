//! What a client has to do with one master: it pushes requests there, and a task pops the lanes there.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::{sync::Notify, task::AbortHandle, time::Instant};

use super::{
    Shared,
    lanes::{NextPop, Reader as State, Wake},
    mailbox::Decoded,
    request,
};
use crate::{
    frame::Frame,
    transport::redis::{Interrupt, Node, Popped, Popper, Pusher, keys},
};

/// The longest pause between attempts to connect again.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How long one pop blocks.
const BLOCK: Duration = Duration::from_secs(2);

/// How many frames one pop takes at most: enough for a batch of small ones, not too much memory for pieces.
const MOST: usize = 128;

/// The connections to one master.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) node: Arc<Node>,
    pub(super) pusher: Pusher,
    unpark: Notify,
    reader: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    interrupt: Interrupt,
    task: AbortHandle,
}

/// The task that pops the lanes of one master.
struct Reader {
    shared: Arc<Shared>,
    master: usize,
    popper: Popper,
}

impl Link {
    pub(super) fn new(node: Arc<Node>) -> Self {
        let pusher = Pusher::new(Arc::clone(&node));
        Self { node, pusher, unpark: Notify::new(), reader: Mutex::default() }
    }

    /// Ends the reader.
    pub(super) fn stop(&self) {
        if let Some(running) = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take() {
            running.task.abort();
        }
    }
}

impl Shared {
    /// Makes the reader of a master pop the lane of a new call.
    pub(super) fn wake(self: &Arc<Self>, master: usize, wake: Wake) {
        let link = &self.links[master];
        match wake {
            Wake::No => {}
            Wake::Unpark => link.unpark.notify_one(),
            Wake::Start => {
                let popper = Popper::new(Arc::clone(&link.node), LONGEST_PAUSE);
                let interrupt = popper.interrupter();
                let reader = Reader { shared: Arc::clone(self), master, popper };
                let task = tokio::spawn(reader.run()).abort_handle();
                *link.reader.lock().unwrap_or_else(PoisonError::into_inner) = Some(Running { interrupt, task });
            }
            Wake::Interrupt => {
                if let Some(running) = &*link.reader.lock().unwrap_or_else(PoisonError::into_inner) {
                    running.interrupt.interrupt();
                }
            }
        }
    }
}

impl Reader {
    /// Runs until it is aborted or its runtime ends.
    async fn run(mut self) {
        let mut in_vain = true;
        loop {
            let next = self.shared.mailbox().lanes(self.master).next_pop(in_vain, Instant::now());
            in_vain = match next {
                None => self.park().await,
                Some(next) => self.pop(&next).await,
            };
        }
    }

    /// Pops lanes once; true when nothing came.
    async fn pop(&mut self, next: &NextPop) -> bool {
        let popped = self.popper.pop(&next.keys, MOST, BLOCK).await;
        self.shared.mailbox().lanes(self.master).set_reader(State::Busy);
        match popped {
            Ok(popped) => {
                let in_vain = popped.is_empty();
                self.receive(next, popped);
                in_vain
            }
            // The log has the error already, once for all connections to the master.
            Err(_) => {
                self.shared.mailbox().lose_frames(self.master, Instant::now());
                true
            }
        }
    }

    /// Waits for a call, or for one that went elsewhere because the master is down: then it finds out whether it still
    /// is, as nothing else would. Gives true, for nothing came.
    async fn park(&mut self) -> bool {
        let link = &self.shared.links[self.master];
        link.unpark.notified().await;
        if link.node.is_down() && !self.shared.mailbox().lanes(self.master).has_calls() {
            // The list is nobody's. Success and failure are noted where they happen.
            let nobody = keys::response_key(&request::unanswered("", &self.shared.client));
            let _ = self.popper.try_pop(&nobody, 1).await;
        }
        true
    }

    fn receive(&self, next: &NextPop, popped: Vec<Popped>) {
        let (now, unix_now) = (Instant::now(), unix_now());
        for Popped { key, frame } in popped {
            let lane = next.lanes[key];
            let frame = Frame::parse(&frame);
            let message = self.shared.mailbox().take(self.master, lane, frame, now);
            if let Some(message) = message {
                let decoded = Decoded::read(message, self.shared.settings.serializer);
                self.shared.mailbox().dispatch(self.master, lane, decoded, now, unix_now);
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut mailbox = self.shared.mailbox();
        mailbox.lanes(self.master).set_reader(State::Gone);
        mailbox.lose_frames(self.master, Instant::now());
    }
}

/// The time in Unix seconds.
pub(super) fn unix_now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}
