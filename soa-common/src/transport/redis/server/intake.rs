//! Popping from all masters without ever holding more requests than there are free places.
//!
//! A pop that waits at an empty list keeps places for all that may come. So a master that may have many requests is asked
//! for many, and any other for a few; and when places are short, pops that wait in vain are ended.

use std::{
    collections::VecDeque,
    fmt,
    future::pending,
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

/// How many requests are asked of a master that does not have many, where a pop can be ended.
const FEW: usize = 4;

/// How many places are worth a pop where there may be many requests: smaller groups cost more than to wait for places.
const ENOUGH: usize = 16;

/// A pop that lasts longer finds nothing in its list. Where the way to Redis takes as long, more pops are ended than need
/// to be, which costs a command each.
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
    /// Of the pops under way, by master.
    reservations: Vec<Option<Reservation>>,
    /// The most places that were free at any time.
    places: usize,
    /// When the last call to [`receive`](Self::receive) ended, or began if it was dropped.
    left: Instant,
}

/// One master.
struct Source {
    master: usize,
    popper: Popper,
    /// Whether its list was empty when looked at last, in this round.
    was_empty: bool,
    /// Whether it may have many requests: it gave all that it was asked for, and something since, and its pops can be
    /// ended.
    is_busy: bool,
}

/// Places for what a pop under way may give.
struct Reservation {
    places: usize,
    /// Ends the pop; `None` where it may keep its places.
    interrupt: Option<Interrupt>,
    /// When the pop is to be ended if places are short; after that, how long to wait for its end.
    until: Instant,
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
            reservations: poppers.iter().map(|_| None).collect(),
            places: 0,
            left: Instant::now(),
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
        let frames = self.receive_some(free, limit, is_stopped, changed).await;
        self.left = Instant::now();
        frames
    }

    async fn receive_some(
        &mut self,
        free: &AtomicUsize,
        limit: Instant,
        is_stopped: &AtomicBool,
        changed: &Notify,
    ) -> Vec<Bytes> {
        let mut limit = pin!(time::sleep_until(limit));
        // What came while nobody looked was not waited for in vain.
        let now = Instant::now();
        let away = now - std::mem::replace(&mut self.left, now);
        self.reservations.iter_mut().flatten().for_each(|reservation| reservation.until += away);
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
                () = sleep_until(again) => {}
                () = &mut limit, if !is_stopped => return Vec::new(),
            }
        }
    }

    /// Hands the places that are free and not spoken for to idle masters; gives when to look again, if that may change
    /// by itself.
    fn assign(&mut self, free: usize) -> Option<Instant> {
        self.places = self.places.max(free);
        let connected = self.idle.len() + self.popping.len();
        let is_alone = self.reservations.len() == 1;
        // A part stays open for the master that turns out to have requests.
        let share = (free / (connected + 1)).max(1);
        while !self.idle.is_empty() {
            let open = free.saturating_sub(self.reserved());
            let quiet = self.idle.iter().position(|source| !source.is_busy);
            let wanted = if is_alone || quiet.is_some() { 1 } else { ENOUGH.min(self.places / 4).max(1) };
            if open < wanted {
                let kept = if free < connected { 0 } else { share.min(FEW) };
                if let Some(time) = self.recall(kept) {
                    return Some(time);
                }
            }
            if open == 0 {
                return None;
            }
            let block = Some(self.block.min(SHARED_BLOCK));
            match quiet {
                _ if is_alone => self.pop(0, open, Some(self.block), false),
                _ if free < connected => self.look_around(open),
                Some(index) => {
                    let most = if self.idle[index].popper.can_be_ended() { share.min(FEW) } else { share };
                    self.pop(index, open.min(most), block, true);
                }
                // A busy master that hangs keeps half of all places at most.
                None => self.pop(0, open.min(self.places.div_ceil(2)), block, true),
            }
        }
        None
    }

    /// Ends pops that find nothing and keep more places than so many; gives when their places may be there.
    fn recall(&mut self, kept: usize) -> Option<Instant> {
        let now = Instant::now();
        let mut next = None;
        for reservation in self.reservations.iter_mut().flatten().filter(|reservation| reservation.places > kept) {
            let Some(interrupt) = &reservation.interrupt else { continue };
            if reservation.until <= now && !reservation.is_interrupted {
                interrupt.interrupt();
                (reservation.is_interrupted, reservation.until) = (true, now + MOMENT);
            }
            if reservation.until > now {
                next = Some(next.map_or(reservation.until, |next: Instant| next.min(reservation.until)));
            }
        }
        next
    }

    /// Pops where there are fewer places than masters: from each in turn, without a block as long as one was not looked
    /// at in this round.
    fn look_around(&mut self, open: usize) {
        if let Some(index) = self.idle.iter().position(|source| !source.was_empty) {
            self.pop(index, open, None, false);
        } else {
            self.idle.iter_mut().for_each(|source| source.was_empty = false);
            // Others always wait: it would be ended again and again.
            self.pop(0, open, Some(self.block.min(SCARCE_BLOCK)), false);
        }
    }

    /// How many requests the pops under way may give.
    fn reserved(&self) -> usize {
        self.reservations.iter().flatten().map(|reservation| reservation.places).sum()
    }

    /// Begins to pop up to `most` requests from an idle master; others `may_end` that when places are short.
    fn pop(&mut self, index: usize, most: usize, block: Option<Duration>, may_end: bool) {
        let Some(mut source) = self.idle.remove(index) else {
            return;
        };
        let most = source.popper.at_most(most.min(MOST_AT_ONCE));
        let key = self.key.clone();
        self.reservations[source.master] = Some(Reservation {
            places: most,
            interrupt: (may_end && source.popper.can_be_ended()).then(|| source.popper.interrupter()),
            until: Instant::now() + MOMENT,
            is_interrupted: false,
        });
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
        let Some(reservation) = self.reservations[source.master].take() else { return Vec::new() };
        if let Some(interrupt) = reservation.interrupt.filter(|_| reservation.is_interrupted) {
            // It may have ended by itself, and the next one is not meant.
            interrupt.take_back();
        }
        match popped {
            Ok(popped) => {
                let is_full = popped.len() >= reservation.places && source.popper.can_be_ended();
                source.is_busy = is_full || (source.is_busy && !popped.is_empty());
                self.idle.push_back(source);
                popped.into_iter().map(|popped| popped.frame).collect()
            }
            Err(_) => {
                source.is_busy = false;
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

/// Waits for this time, or for ever.
async fn sleep_until(time: Option<Instant>) {
    match time {
        Some(time) => time::sleep_until(time).await,
        None => pending().await,
    }
}
