//! Popping from all masters without ever holding more requests than there are free places.
//!
//! A pop that waits at an empty list keeps the places of all that may come. So a master that may have many requests is
//! asked for many, and any other for a few; and when places are short, pops that wait in vain are ended for those that
//! would not.

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
    redis::{Interrupt, Popped, Popper},
};

/// The most requests of one pop: enough for it to cost each of them little, and few enough that they are run soon. Clients
/// and Redis get to work while the next ones are run, and other workers get some of what waits.
const MOST_AT_ONCE: usize = 32;

/// The longest block with several masters: one that hangs keeps the places that wait at it.
const SHARED_BLOCK: Duration = Duration::from_secs(1);

/// The longest block with fewer free places than masters.
const SCARCE_BLOCK: Duration = Duration::from_millis(250);

/// How many requests are asked of a master that does not have many.
const FEW: usize = 4;

/// How many places are worth a pop where there may be many requests.
const ENOUGH: usize = 16;

/// A pop that lasts longer found nothing in its list, as a rule.
const MOMENT: Duration = Duration::from_millis(2);

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
    /// The pops under way, by master.
    under_way: Vec<Option<Pop>>,
}

/// One master.
struct Source {
    master: usize,
    popper: Popper,
    /// Whether its list was empty when looked at last, in this round.
    was_empty: bool,
    /// Whether it may have many requests: it gave all that it was asked for, and something since.
    is_busy: bool,
}

/// A pop under way.
struct Pop {
    /// How many requests it may give.
    most: usize,
    /// Until when its places are left to it, and then, when it was interrupted, waited for.
    patience: Instant,
    interrupt: Interrupt,
    is_interrupted: bool,
}

/// A pop that has ended.
struct Turn {
    source: Source,
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
            under_way: poppers.iter().map(|_| None).collect(),
        };
        for (master, popper) in poppers.into_iter().enumerate() {
            intake.connect(Source { master, popper, was_empty: false, is_busy: false });
        }
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
            let mut again = None;
            if !is_stopped {
                again = self.assign(free.load(Ordering::Relaxed));
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
                () = time::sleep_until(again.unwrap_or_else(Instant::now)), if again.is_some() => {}
                () = &mut limit, if !is_stopped => return Vec::new(),
            }
        }
    }

    /// Hands the places that are free and not spoken for to idle masters; gives when to look again, if that may change
    /// by itself.
    fn assign(&mut self, free: usize) -> Option<Instant> {
        let connected = self.idle.len() + self.popping.len();
        let is_alone = self.under_way.len() == 1;
        while !self.idle.is_empty() {
            let open = free.saturating_sub(self.reserved());
            let quiet = self.idle.iter().position(|source| !source.is_busy);
            let enough = if is_alone || quiet.is_some() { 1 } else { ENOUGH.min(free / 2) };
            if open < enough
                && let Some(time) = self.recall()
            {
                return Some(time);
            }
            if open == 0 {
                return None;
            }
            let block = Some(self.block.min(SHARED_BLOCK));
            match quiet {
                _ if is_alone => self.pop(0, open, Some(self.block)),
                _ if free < connected => self.look_around(open),
                Some(index) => self.pop(index, open.min(FEW).min(free / connected), block),
                None => self.pop(0, open, block),
            }
        }
        None
    }

    /// Ends pops that keep many places and find nothing; gives when their places may be there.
    fn recall(&mut self) -> Option<Instant> {
        let now = Instant::now();
        let mut next = None;
        for pop in self.under_way.iter_mut().flatten().filter(|pop| pop.most > FEW) {
            if pop.patience <= now && !pop.is_interrupted {
                pop.interrupt.interrupt();
                (pop.is_interrupted, pop.patience) = (true, now + MOMENT);
            }
            if pop.patience > now {
                next = Some(next.map_or(pop.patience, |next: Instant| next.min(pop.patience)));
            }
        }
        next
    }

    /// Pops where there are fewer places than masters: from each in turn, without a block as long as one was not looked
    /// at in this round.
    fn look_around(&mut self, open: usize) {
        if let Some(index) = self.idle.iter().position(|source| !source.was_empty) {
            self.pop(index, open, None);
        } else {
            self.idle.iter_mut().for_each(|source| source.was_empty = false);
            self.pop(0, open, Some(self.block.min(SCARCE_BLOCK)));
        }
    }

    /// How many requests the pops under way may give.
    fn reserved(&self) -> usize {
        self.under_way.iter().flatten().map(|pop| pop.most).sum()
    }

    /// Begins to pop up to `most` requests from an idle master.
    fn pop(&mut self, index: usize, most: usize, block: Option<Duration>) {
        let Some(mut source) = self.idle.remove(index) else {
            return;
        };
        let most = most.min(MOST_AT_ONCE);
        let key = self.key.clone();
        let interrupt = source.popper.interrupter();
        self.under_way[source.master] =
            Some(Pop { most, patience: Instant::now() + MOMENT, interrupt, is_interrupted: false });
        self.popping.push(
            async move {
                let popped = match block {
                    Some(block) => source.popper.pop(&[key], most, block).await,
                    None => source.popper.try_pop(&key, most).await,
                };
                source.was_empty = block.is_none() && matches!(&popped, Ok(popped) if popped.is_empty());
                Turn { source, popped }
            }
            .boxed(),
        );
    }

    fn finish(&mut self, turn: Turn) -> Vec<Bytes> {
        let Turn { mut source, popped } = turn;
        let pop = self.under_way[source.master].take();
        match popped {
            Ok(popped) => {
                let is_full = pop.is_some_and(|pop| popped.len() >= pop.most);
                source.is_busy = is_full || (source.is_busy && !popped.is_empty());
                self.idle.push_back(source);
                popped.into_iter().map(|popped| popped.frame).collect()
            }
            Err(_) => {
                self.connect(source);
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
        f.debug_struct("Intake").field("key", &self.key).field("reserved", &self.reserved()).finish_non_exhaustive()
    }
}
