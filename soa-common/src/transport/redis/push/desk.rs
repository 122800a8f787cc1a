//! The messages of a pusher that are not sent yet.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll},
    time::Duration,
};

use tokio::{sync::mpsc::UnboundedReceiver, time::Instant};

use super::{Entry, flush::Run};
use crate::transport::redis::wire::Wire;

/// How long a flush takes that is nothing unusual.
pub(in crate::transport::redis) const MOMENT: Duration = Duration::from_millis(10);

/// What the task of a pusher works on. Whenever that task waits, all that is not sent lies here, so that another pusher
/// can take it over when the task's runtime is stuck.
#[derive(Debug)]
pub(super) struct Desk {
    queue: UnboundedReceiver<Entry>,
    /// What leaves with the next flushes, in order.
    pub(super) ready: VecDeque<Entry>,
    /// What waits because its list was full, by the time of the next try.
    refused: BTreeMap<(Instant, u64), Entry>,
    refusals: u64,
    /// What leaves as soon as the lengths of the lists are known.
    pub(super) next: Vec<Run>,
    /// When the flush began that is under way, or the attempt to connect.
    pub(super) busy_since: Option<Instant>,
    /// The bytes of the last connection.
    pub(super) wire: Weak<Wire>,
}

/// What a pusher is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::transport::redis) enum Activity {
    Idle,
    /// It sends, or is about to.
    Busy,
    /// Messages wait for a flush that takes unusually long, or for room in a list.
    Slow,
}

pub(super) fn lock(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk {
    pub(super) fn new(queue: UnboundedReceiver<Entry>) -> Self {
        Self {
            queue,
            ready: VecDeque::new(),
            refused: BTreeMap::new(),
            refusals: 0,
            next: Vec::new(),
            busy_since: None,
            wire: Weak::new(),
        }
    }

    /// Takes the next message of the queue; none when there will be no more.
    pub(super) fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<bool> {
        self.queue.poll_recv(context).map(|entry| {
            let is_open = entry.is_some();
            self.ready.extend(entry);
            is_open
        })
    }

    /// Takes what was queued meanwhile.
    pub(super) fn receive(&mut self) {
        while let Ok(entry) = self.queue.try_recv() {
            self.ready.push_back(entry);
        }
    }

    /// See [`Pusher::activity`](super::Pusher::activity).
    pub(super) fn activity(&self) -> Activity {
        match self.busy_since {
            Some(since) if since.elapsed() >= MOMENT => Activity::Slow,
            _ if !self.refused.is_empty() => Activity::Slow,
            None if self.ready.is_empty() && self.queue.is_empty() => Activity::Idle,
            _ => Activity::Busy,
        }
    }

    /// How many messages wait for room in their lists.
    pub(super) fn refused(&self) -> usize {
        self.refused.len()
    }

    /// Lets a message wait for room in its list.
    pub(super) fn refuse(&mut self, entry: Entry, next_try: Instant) {
        self.refusals += 1;
        self.refused.insert((next_try, self.refusals), entry);
    }

    /// When the first of these is tried again.
    pub(super) fn next_try(&self) -> Option<Instant> {
        self.refused.first_key_value().map(|((time, _), _)| *time)
    }

    /// Has those tried again whose time has come.
    pub(super) fn retry(&mut self, now: Instant) {
        let later = self.refused.split_off(&(now, u64::MAX));
        self.ready.extend(std::mem::replace(&mut self.refused, later).into_values());
    }

    /// See [`Pusher::send_rest`](super::Pusher::send_rest).
    pub(super) fn send_rest(&self) -> bool {
        self.wire.upgrade().is_none_or(|wire| wire.send_rest())
    }

    /// See [`Pusher::take_over`](super::Pusher::take_over).
    pub(super) fn take_over(&mut self) -> Vec<Entry> {
        self.receive();
        let next = std::mem::take(&mut self.next).into_iter().flat_map(|run| run.entries);
        let refused = std::mem::take(&mut self.refused).into_values();
        next.chain(self.ready.drain(..)).chain(refused).collect()
    }
}
