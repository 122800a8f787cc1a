//! The way of responses to one master, kept from taking up a whole server while that master is out of order.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time;

use crate::transport::{
    TransportError, TransportErrorKind,
    redis::{Node, Push, Pusher},
};

/// How often a response that waits finds out whether it may go on waiting.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Where the responses to one master go.
#[derive(Debug)]
pub(super) struct Outlet {
    node: Arc<Node>,
    pusher: Pusher,
    /// How many responses are on their way.
    waiting: AtomicUsize,
}

/// A response on its way.
struct Place<'a>(&'a AtomicUsize);

impl Outlet {
    pub(super) fn new(node: Arc<Node>) -> Self {
        Self { pusher: Pusher::new(Arc::clone(&node)), node, waiting: AtomicUsize::new(0) }
    }

    /// The master.
    pub(super) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// What pushes to it.
    pub(super) fn pusher(&self) -> &Pusher {
        &self.pusher
    }

    /// Pushes a response. While the master is out of order at most `share` responses wait for it; the others fail, so
    /// that requests of other masters find a place.
    ///
    /// # Errors
    /// As [`Pusher::push`], and when too many responses wait already.
    pub(super) async fn push(&self, push: Push, share: Option<usize>) -> Result<(), TransportError> {
        // Most services have one master, whose responses need no timer.
        let Some(share) = share else { return self.pusher.push(push).await };
        let _place = Place::take(&self.waiting);
        self.check(share)?;
        let mut pushed = pin!(self.pusher.push(push));
        loop {
            if let Ok(result) = time::timeout(CHECK_INTERVAL, &mut pushed).await {
                return result;
            }
            self.check(share)?;
        }
    }

    fn check(&self, share: usize) -> Result<(), TransportError> {
        if self.waiting.load(Ordering::Relaxed) <= share {
            return Ok(());
        }
        let Some(failure) = self.node.failure() else {
            return Ok(());
        };
        let master = self.node.master();
        let message = format!("Redis {master} is out of order, and {share} responses wait for it already: {failure}");
        Err(TransportError::new(TransportErrorKind::MessageSend, message))
    }
}

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
