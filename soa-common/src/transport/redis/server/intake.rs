//! Popping from all masters without ever holding more requests than there are free places.

use std::{
    collections::VecDeque,
    fmt,
    pin::pin,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio::{
    select,
    sync::Notify,
    time::{self, Instant},
};

use crate::transport::{
    TransportError,
    redis::{Popped, Popper},
};

/// The most requests of one pop: enough for it to cost each of them little, and few enough that they are run soon. Clients
/// and Redis get to work while the next ones are run, and other workers get some of what waits.
const MOST_AT_ONCE: usize = 32;

/// The longest block with several masters: places that wait at one of them are not to be had at another meanwhile.
const SHARED_BLOCK: Duration = Duration::from_secs(1);

/// The longest block with fewer free places than masters.
const SCARCE_BLOCK: Duration = Duration::from_millis(250);

/// The poppers of all masters, and what they are doing.
pub(super) struct Intake {
    key: Bytes,
    block: Duration,
    /// Connected and waiting for their turn; the next one is in front.
    idle: VecDeque<Source>,
    /// On their way to a connection, for which they need no place.
    connecting: FuturesUnordered<BoxFuture<'static, (Source, Result<(), TransportError>)>>,
    /// Never dropped before their end, or requests would be lost.
    popping: FuturesUnordered<BoxFuture<'static, Turn>>,
    /// How many requests the pops under way may give.
    reserved: usize,
}

/// One master.
struct Source {
    popper: Popper,
    /// Whether its list was empty when looked at last, in this round.
    was_empty: bool,
}

/// A pop that has ended.
struct Turn {
    source: Source,
    reserved: usize,
    popped: Result<Vec<Popped>, TransportError>,
}

impl Intake {
    pub(super) fn new(key: Bytes, block: Duration, poppers: Vec<Popper>) -> Self {
        let intake = Self {
            key,
            block,
            idle: VecDeque::new(),
            connecting: FuturesUnordered::new(),
            popping: FuturesUnordered::new(),
            reserved: 0,
        };
        poppers.into_iter().for_each(|popper| intake.connect(Source { popper, was_empty: false }));
        intake
    }

    /// Waits for messages: `free` at most, which is read again at each change; none at the limit. Once stopped it gives
    /// what was popped already.
    ///
    /// This may be dropped: pops go on with the next call.
    pub(super) async fn receive(
        &mut self,
        free: &AtomicUsize,
        limit: Instant,
        is_stopped: &AtomicBool,
        changed: &Notify,
    ) -> Vec<Bytes> {
        let mut limit = pin!(time::sleep_until(limit));
        loop {
            let is_stopped = is_stopped.load(Ordering::Acquire);
            if !is_stopped {
                self.assign(free.load(Ordering::Relaxed));
            } else if self.popping.is_empty() {
                return Vec::new();
            }
            select! {
                biased;
                Some(turn) = self.popping.next() => {
                    let mut frames = self.finish(turn);
                    while let Some(Some(turn)) = self.popping.next().now_or_never() {
                        frames.append(&mut self.finish(turn));
                    }
                    if !frames.is_empty() {
                        return frames;
                    }
                }
                Some((source, connected)) = self.connecting.next(), if !is_stopped => match connected {
                    Ok(()) => self.idle.push_back(source),
                    // The popper knows when to try again.
                    Err(_) => self.connect(source),
                },
                () = changed.notified(), if !is_stopped => {}
                () = &mut limit, if !is_stopped => return Vec::new(),
            }
        }
    }

    /// Hands the places that are free and not spoken for to idle masters.
    fn assign(&mut self, free: usize) {
        let connected = self.idle.len() + self.popping.len();
        let masters = connected + self.connecting.len();
        let block = match masters {
            1 => self.block,
            _ if free < masters => self.block.min(SCARCE_BLOCK),
            _ => self.block.min(SHARED_BLOCK),
        };
        while !self.idle.is_empty() && free > self.reserved {
            let open = free - self.reserved;
            if masters == 1 {
                self.pop(0, open, Some(block));
            } else if free >= connected {
                // A part stays open for the master that turns out to have requests.
                let share = (open / (self.idle.len() + 1)).max(1);
                self.pop(0, share, Some(block));
            } else if let Some(index) = self.idle.iter().position(|source| !source.was_empty) {
                self.pop(index, open, None);
            } else {
                self.idle.iter_mut().for_each(|source| source.was_empty = false);
                self.pop(0, open, Some(block));
            }
        }
    }

    /// Begins to pop up to `most` requests from an idle master.
    fn pop(&mut self, index: usize, most: usize, block: Option<Duration>) {
        let Some(mut source) = self.idle.remove(index) else {
            return;
        };
        let most = most.min(MOST_AT_ONCE);
        let key = self.key.clone();
        self.reserved += most;
        self.popping.push(
            async move {
                let popped = match block {
                    Some(block) => source.popper.pop(&[key], most, block).await,
                    None => source.popper.try_pop(&key, most).await,
                };
                source.was_empty = block.is_none() && matches!(&popped, Ok(popped) if popped.is_empty());
                Turn { source, reserved: most, popped }
            }
            .boxed(),
        );
    }

    fn finish(&mut self, turn: Turn) -> Vec<Bytes> {
        self.reserved -= turn.reserved;
        match turn.popped {
            Ok(popped) => {
                self.idle.push_back(turn.source);
                popped.into_iter().map(|popped| popped.frame).collect()
            }
            Err(_) => {
                self.connect(turn.source);
                Vec::new()
            }
        }
    }

    fn connect(&self, mut source: Source) {
        self.connecting.push(
            async move {
                let connected = source.popper.connect().await;
                (source, connected)
            }
            .boxed(),
        );
    }
}

impl fmt::Debug for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake").field("key", &self.key).field("reserved", &self.reserved).finish_non_exhaustive()
    }
}
