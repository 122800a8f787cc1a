//! The reply lists of a client on one master.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;

use super::chunks::{Assembly, Lost};
use crate::transport::redis::keys;

/// How long a lane without a call is still popped, in case the next call comes soon.
const IDLE: Duration = Duration::from_secs(2);

/// The most lanes made ahead of their calls at once.
const MOST_SPARE: usize = 64;

/// The number of a service among those of a client.
pub(super) type ServiceId = usize;

/// The number of a lane among those of a master; the end of its key says it.
pub(super) type LaneId = u64;

/// The lanes of one client on one master.
///
/// A lane is a reply list. Pieces of responses do not say whose they are, so a lane serves many calls only where the
/// service pushes all pieces of a response at once; else it serves one call at a time, and the next one only when that
/// one was answered, because what is still to come would be taken for the next answer.
#[derive(Debug)]
pub(super) struct Lanes {
    client: Arc<str>,
    ring: Ring,
    /// The number of the last lane made.
    last: LaneId,
    /// The number of the last turn given.
    turns: u64,
    /// Those with calls, and those that calls share.
    open: BTreeMap<LaneId, Lane>,
    shared: BTreeMap<ServiceId, LaneId>,
    /// Those for one call that have none, the one used last at the end.
    free: BTreeMap<ServiceId, Vec<Lane>>,
    /// The calls on all lanes.
    calls: usize,
    reader: Reader,
}

/// What the task that pops the lanes is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// There is none: none was needed so far, or its runtime ended.
    Gone,
    /// It waits for a call.
    Parked,
    /// It is about to ask for the keys of the next pop.
    Busy,
    /// It pops; once it is told to pop more lanes, it need not be told again.
    Popping { is_interrupted: bool },
}

/// What the reader needs, so that it pops the lane of a new call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// Nothing.
    No,
    /// To be started.
    Start,
    /// To be told that there are calls again.
    Unpark,
    /// Its pop to be ended, because it does not cover the lane.
    Interrupt,
}

/// The lanes of the next pop, with their keys.
#[derive(Debug)]
pub(super) struct NextPop {
    pub(super) lanes: Vec<LaneId>,
    pub(super) keys: Vec<Bytes>,
}

/// Which of how many masters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ring {
    pub(super) master: usize,
    pub(super) masters: usize,
}

/// A reply list.
#[derive(Debug)]
pub(super) struct Lane {
    id: LaneId,
    reply_to: Arc<str>,
    key: Bytes,
    pub(super) service: ServiceId,
    pub(super) calls: Calls,
    pub(super) assembly: Assembly,
    /// Whether no further call is put on it.
    is_retired: bool,
    /// Whether the pop that is under way covers it.
    is_popped: bool,
    idle_since: Instant,
    /// Its place in the order of the keys: the lane that had nothing for the longest time comes first. Redis pops from
    /// the first list that has something, so with any other order busy lanes could keep others from ever being popped.
    turn: u64,
}

/// The calls of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Calls {
    /// One at a time: this one, or none yet.
    One(Option<u64>),
    /// This many.
    Many(usize),
}

/// A lane as a call gets it.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    pub(super) lane: LaneId,
    pub(super) reply_to: Arc<str>,
    pub(super) wake: Wake,
}

/// How a call left its lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Its response came, or its request was surely not sent: nothing more is to come.
    Done,
    /// Its response may still come.
    Abandoned,
}

impl Lanes {
    pub(super) fn new(client: Arc<str>, ring: Ring) -> Self {
        let (open, shared, free) = Default::default();
        Self { client, ring, last: 0, turns: 0, open, shared, free, calls: 0, reader: Reader::Gone }
    }

    /// Whether a call waits.
    pub(super) fn has_calls(&self) -> bool {
        self.calls > 0
    }

    /// How many lanes there are.
    pub(super) fn len(&self) -> usize {
        self.open.len() + self.free.values().map(Vec::len).sum::<usize>()
    }

    /// What the reader is doing.
    pub(super) fn set_reader(&mut self, reader: Reader) {
        self.reader = reader;
    }

    /// A lane with calls. One without is not used again when it gets something.
    pub(super) fn get(&mut self, id: LaneId) -> Option<&mut Lane> {
        if !self.open.contains_key(&id) {
            self.free.values_mut().for_each(|free| free.retain(|lane| lane.id != id));
        }
        let lane = self.open.get_mut(&id)?;
        self.turns += 1;
        lane.turn = self.turns;
        Some(lane)
    }

    /// Puts a call on a lane that many calls share.
    pub(super) fn share(&mut self, service: ServiceId, name: &str, now: Instant) -> Ticket {
        self.calls += 1;
        let shared = self.shared.get(&service).and_then(|id| self.open.get_mut(id));
        if let Some(lane) = shared {
            let calls = match lane.calls {
                Calls::Many(calls) => calls,
                Calls::One(_) => 0,
            };
            return lane.enter(Calls::Many(calls + 1), &mut self.turns, &mut self.reader);
        }
        // A free one may be popped already, and then needs no new pop.
        let mut lane = self.take_free(service).unwrap_or_else(|| self.make(service, name, now));
        self.shared.insert(service, lane.id);
        let ticket = lane.enter(Calls::Many(1), &mut self.turns, &mut self.reader);
        self.open.insert(lane.id, lane);
        ticket
    }

    /// Puts a call on a lane of its own. When none is free, as many more are made as there are, so that a growing
    /// number of calls needs few new pops.
    pub(super) fn own(&mut self, service: ServiceId, name: &str, call: u64, now: Instant) -> Ticket {
        self.calls += 1;
        let mut lane = self.take_free(service).unwrap_or_else(|| {
            let lane = self.make(service, name, now);
            let spare = self.open.values().filter(|lane| lane.service == service).count().min(MOST_SPARE);
            let spare: Vec<_> = (0..spare).map(|_| self.make(service, name, now)).collect();
            self.free.entry(service).or_default().extend(spare);
            lane
        });
        let ticket = lane.enter(Calls::One(Some(call)), &mut self.turns, &mut self.reader);
        self.open.insert(lane.id, lane);
        ticket
    }

    /// Takes a call off its lane.
    pub(super) fn leave(&mut self, id: LaneId, end: End, now: Instant) {
        let Some(lane) = self.open.get_mut(&id) else {
            return;
        };
        self.calls -= 1;
        lane.idle_since = now;
        match &mut lane.calls {
            Calls::Many(calls) => {
                *calls -= 1;
                // Pieces are not held for an answer that nobody waits for.
                if *calls == 0 && (lane.is_retired || lane.assembly.is_started()) {
                    self.close(id);
                }
            }
            Calls::One(call) => {
                *call = None;
                let lane = self.close(id);
                if let Some(lane) = lane.filter(|lane| end == End::Done && !lane.is_retired && lane.assembly.is_idle())
                {
                    self.free.entry(lane.service).or_default().push(lane);
                }
            }
        }
    }

    /// Lets no further call share the lane of a service.
    pub(super) fn stop_sharing(&mut self, service: ServiceId) {
        if let Some(id) = self.shared.remove(&service) {
            self.retire(id);
        }
    }

    /// Takes note that frames may have been lost: no lane is given to another call. Gives the responses that cannot be
    /// put together any more.
    pub(super) fn lose_frames(&mut self) -> Vec<(LaneId, Lost)> {
        const REASON: &str = "the connection to Redis broke while they came";
        self.shared.clear();
        self.free.clear();
        let mut lost = Vec::new();
        for id in self.open.keys().copied().collect::<Vec<_>>() {
            let Some(lane) = self.open.get_mut(&id) else { continue };
            let assembly = &mut lane.assembly;
            match lane.calls {
                Calls::Many(_) => lost.extend(assembly.skip(REASON).map(|lost| (id, lost))),
                // The rest of the only response is of no use without what was lost.
                Calls::One(_) if assembly.is_started() => {
                    lost.extend(assembly.poison(REASON).into_iter().map(|lost| (id, lost)));
                }
                Calls::One(_) => {}
            }
            self.retire(id);
        }
        lost
    }

    /// What to pop next: all lanes with calls, and those that had one lately. `None` when the last pop was in vain and
    /// nobody waits: then there is nothing to do before [`Wake::Unpark`].
    pub(super) fn next_pop(&mut self, in_vain: bool, now: Instant) -> Option<NextPop> {
        if self.calls == 0 && (in_vain || (self.open.is_empty() && self.free.is_empty())) {
            self.open.clear();
            self.free.clear();
            self.reader = Reader::Parked;
            return None;
        }
        let is_old = |lane: &Lane| now.duration_since(lane.idle_since) >= IDLE;
        self.free.values_mut().for_each(|free| free.retain(|lane| !is_old(lane)));
        self.open.retain(|_, lane| lane.calls != Calls::Many(0) || !is_old(lane));
        self.reader = Reader::Popping { is_interrupted: false };
        let mut lanes: Vec<_> = self.open.values_mut().chain(self.free.values_mut().flatten()).collect();
        lanes.sort_unstable_by_key(|lane| (matches!(lane.calls, Calls::One(None)), lane.turn));
        let pop = lanes.into_iter().map(|lane| {
            lane.is_popped = true;
            (lane.id, lane.key.clone())
        });
        let (lanes, keys) = pop.unzip();
        Some(NextPop { lanes, keys })
    }

    /// What the reader needs to be at work at all. The caller has to do it.
    pub(super) fn rouse(&mut self) -> Wake {
        self.reader.rouse()
    }

    fn take_free(&mut self, service: ServiceId) -> Option<Lane> {
        self.free.get_mut(&service)?.pop()
    }

    /// Makes a lane. The hash of its key decides its master, so names are tried until one belongs to this one.
    fn make(&mut self, service: ServiceId, name: &str, now: Instant) -> Lane {
        let (reply_to, key) = loop {
            self.last += 1;
            let reply_to = format!("service.{name}.{}!{:x}", self.client, self.last);
            let key = keys::response_key(&reply_to);
            if keys::master_of(&key, self.ring.masters) == self.ring.master {
                break (reply_to.into(), key);
            }
        };
        Lane {
            id: self.last,
            reply_to,
            key,
            service,
            calls: Calls::One(None),
            assembly: Assembly::default(),
            is_retired: false,
            is_popped: false,
            idle_since: now,
            turn: 0,
        }
    }

    fn retire(&mut self, id: LaneId) {
        if let Some(lane) = self.open.get_mut(&id) {
            lane.is_retired = true;
            if lane.calls == Calls::Many(0) {
                self.close(id);
            }
        }
    }

    fn close(&mut self, id: LaneId) -> Option<Lane> {
        let lane = self.open.remove(&id)?;
        if self.shared.get(&lane.service) == Some(&id) {
            self.shared.remove(&lane.service);
        }
        Some(lane)
    }
}

impl Lane {
    /// Takes in a call, which makes these its calls.
    fn enter(&mut self, calls: Calls, turns: &mut u64, reader: &mut Reader) -> Ticket {
        self.calls = calls;
        if matches!(calls, Calls::One(_) | Calls::Many(1)) {
            *turns += 1;
            self.turn = *turns;
        }
        let wake = match reader {
            Reader::Popping { is_interrupted } if !self.is_popped && !*is_interrupted => {
                *is_interrupted = true;
                Wake::Interrupt
            }
            reader => reader.rouse(),
        };
        Ticket { lane: self.id, reply_to: Arc::clone(&self.reply_to), wake }
    }
}

impl Reader {
    /// What it needs to be at work at all.
    fn rouse(&mut self) -> Wake {
        match self {
            Self::Gone => {
                *self = Self::Busy;
                Wake::Start
            }
            Self::Parked => {
                *self = Self::Busy;
                Wake::Unpark
            }
            Self::Popping { .. } | Self::Busy => Wake::No,
        }
    }
}
