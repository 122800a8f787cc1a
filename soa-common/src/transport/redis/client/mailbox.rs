//! Which call waits for which response.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{Notify, futures::OwnedNotified},
    time::Instant,
};

use super::{
    chunks::{Lost, Message},
    lanes::{Calls, End, LaneId, Lanes, Ring, ServiceId, Ticket},
    peek,
    waiter::Waiter,
};
use crate::{InvalidMessage, envelope::ResponseEnvelope, frame::Frame, serializer::Serializer};

/// How long a service that has pushed a response in the other way must push all pieces at once before calls share a
/// lane again: old and new workers of one service may run side by side.
const MIXED: Duration = Duration::from_secs(60);

/// How many calls to one service have a lane of their own at one time. Each pop names all lanes, so the work for so many
/// calls grows with the square of their number; further calls wait for one of these to end, or to be told that the
/// service can share a lane.
const MOST_OWN: usize = 512;

/// What a call gets: the raw response, or why it cannot be read.
pub(super) type Answer = Result<Bytes, InvalidMessage>;

/// The calls of a client and its lanes on all masters.
#[derive(Debug)]
pub(super) struct Mailbox {
    services: Vec<Service>,
    masters: Vec<Lanes>,
    slots: HashMap<u64, Slot, BuildHasherDefault<IdHasher>>,
    dropped: u64,
}

/// What a client of the Redis transport holds at the moment; meant for monitoring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RedisClientStats {
    /// The calls that wait for a response.
    pub calls: usize,
    /// The reply lists that are popped.
    pub lanes: usize,
    /// How many frames have been dropped since the start: late, unknown, expired or unreadable ones, and pieces of
    /// responses that could not be put together.
    pub dropped: u64,
}

/// A response, as far as it can be read.
#[derive(Debug)]
pub(super) enum Decoded {
    Envelope(ResponseEnvelope),
    Unreadable { request_id: Option<u64>, error: InvalidMessage },
}

#[derive(Debug)]
struct Service {
    name: Arc<str>,
    /// Whether its last response says that all pieces of a response are pushed at once.
    is_atomic: bool,
    /// When a response last did not say so.
    mixed_at: Option<Instant>,
    /// How many calls have a lane of their own.
    own: usize,
    /// Wakes calls that wait for a lane.
    room: Arc<Notify>,
}

/// Whether a call got its lane.
#[derive(Debug)]
pub(super) enum Registered {
    Yes(Ticket),
    /// A request with this id waits already.
    Twice,
    /// There is no lane for it now. This ends when there may be one.
    Full(OwnedNotified),
}

#[derive(Debug)]
struct Slot {
    waiter: Arc<Waiter>,
    service: ServiceId,
    master: usize,
    lane: LaneId,
    /// Whether no other call is on its lane.
    is_own: bool,
}

/// Hashes request ids. The client counts them up, so nobody can choose many that collide.
#[derive(Debug, Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, id: u64) {
        // Spreads the bits that differ over the whole hash.
        self.0 = (self.0 ^ id).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Mailbox {
    pub(super) fn new(client: &Arc<str>, masters: usize) -> Self {
        let lanes = |master| Lanes::new(Arc::clone(client), Ring { master, masters });
        Self { services: Vec::new(), masters: (0..masters).map(lanes).collect(), slots: HashMap::default(), dropped: 0 }
    }

    /// The number of a service.
    pub(super) fn service(&mut self, name: &str) -> ServiceId {
        self.services.iter().position(|service| &*service.name == name).unwrap_or_else(|| {
            let (name, room) = (name.into(), Arc::default());
            self.services.push(Service { name, is_atomic: false, mixed_at: None, own: 0, room });
            self.services.len() - 1
        })
    }

    pub(super) fn stats(&self) -> RedisClientStats {
        let lanes = self.masters.iter().map(Lanes::len).sum();
        RedisClientStats { calls: self.slots.len(), lanes, dropped: self.dropped }
    }

    pub(super) fn lanes(&mut self, master: usize) -> &mut Lanes {
        &mut self.masters[master]
    }

    /// Whether the workers of a service are ours, as far as their answers have shown.
    pub(super) fn is_ours(&self, service: ServiceId) -> bool {
        let known = &self.services[service];
        known.is_atomic && known.mixed_at.is_none()
    }

    /// Makes room for the response to a request.
    pub(super) fn register(
        &mut self,
        service: ServiceId,
        master: usize,
        request_id: u64,
        waiter: &Arc<Waiter>,
        now: Instant,
    ) -> Registered {
        if self.slots.contains_key(&request_id) {
            return Registered::Twice;
        }
        let known = &mut self.services[service];
        let is_mixed = known.mixed_at.is_some_and(|mixed_at| now.duration_since(mixed_at) < MIXED);
        let is_own = !known.is_atomic || is_mixed;
        if is_own && known.own == MOST_OWN {
            return Registered::Full(Arc::clone(&known.room).notified_owned());
        }
        known.own += usize::from(is_own);
        if !is_own && known.mixed_at.is_some() {
            // When the service has stopped being mixed, nothing else tells those that wait still.
            known.room.notify_one();
        }
        let lanes = &mut self.masters[master];
        let ticket = match is_own {
            true => lanes.own(service, &known.name, request_id, now),
            false => lanes.share(service, &known.name, now),
        };
        self.slots.insert(request_id, Slot { waiter: Arc::clone(waiter), service, master, lane: ticket.lane, is_own });
        Registered::Yes(ticket)
    }

    /// Forgets a call.
    pub(super) fn forget(&mut self, request_id: u64, end: End, now: Instant) {
        if let Some(slot) = self.slots.remove(&request_id) {
            self.leave(&slot, end, now);
        }
    }

    /// Takes a frame that was popped; gives the message that is whole with it.
    pub(super) fn take(
        &mut self,
        master: usize,
        id: LaneId,
        frame: Result<Frame, InvalidMessage>,
        now: Instant,
    ) -> Option<Message> {
        let Some(lane) = self.masters[master].get(id) else {
            self.dropped += 1;
            return None;
        };
        let service = lane.service;
        let (message, lost) = match frame {
            Ok(frame) => {
                let step = lane.assembly.add(frame);
                (step.message, step.lost)
            }
            Err(error) => {
                let lost = match lane.assembly.is_started() {
                    true => lane.assembly.poison("an unreadable frame came between its pieces"),
                    false => Vec::new(),
                };
                self.dispatch(master, id, Decoded::Unreadable { request_id: None, error }, now, 0.0);
                (None, lost)
            }
        };
        if !lost.is_empty() {
            self.lose(master, service, id, lost, now);
        }
        message
    }

    /// Hands a message of a lane to the call that waits for it. Time is given twice, once in Unix seconds.
    pub(super) fn dispatch(&mut self, master: usize, lane: LaneId, decoded: Decoded, now: Instant, unix_now: f64) {
        let Some((service, calls)) = self.masters[master].get(lane).map(|lane| (lane.service, lane.calls)) else {
            self.dropped += 1;
            return;
        };
        match decoded {
            Decoded::Envelope(envelope) => {
                self.learn(service, envelope.has_atomic_chunks, now);
                let is_expired = envelope.expiry.is_some_and(|expiry| expiry < unix_now);
                let request_id = envelope.request_id.filter(|_| !is_expired);
                self.answer(master, lane, request_id, Ok(envelope.response), End::Done, now);
            }
            Decoded::Unreadable { request_id, error } => {
                let request_id = request_id.or(match calls {
                    Calls::One(call) => call,
                    Calls::Many(_) => None,
                });
                self.answer(master, lane, request_id, Err(error), End::Abandoned, now);
            }
        }
    }

    /// Takes note that the connection to a master broke: what was popped at that moment is lost.
    pub(super) fn lose_frames(&mut self, master: usize, now: Instant) {
        for (lane, lost) in self.masters[master].lose_frames() {
            self.answer(master, lane, lost.request_id, Err(lost.error()), End::Abandoned, now);
        }
    }

    /// Gives up responses whose pieces came in no good order, and their lane with them.
    fn lose(&mut self, master: usize, service: ServiceId, lane: LaneId, lost: Vec<Lost>, now: Instant) {
        match self.masters[master].get(lane).map(|lane| lane.calls) {
            Some(Calls::Many(_)) => {
                let known = &self.services[service];
                if known.is_atomic {
                    let name = &known.name;
                    tracing::warn!("pieces of responses of {name:?} were mixed: its calls share no reply list for now");
                }
                self.learn(service, false, now);
                for lost in lost {
                    self.answer(master, lane, lost.request_id, Err(lost.error()), End::Abandoned, now);
                }
            }
            Some(Calls::One(call)) => {
                if let Some(lost) = lost.first() {
                    self.answer(master, lane, call, Err(lost.error()), End::Abandoned, now);
                }
            }
            None => {}
        }
    }

    /// Remembers how a service pushes pieces.
    fn learn(&mut self, service: ServiceId, is_atomic: bool, now: Instant) {
        let known = &mut self.services[service];
        if is_atomic && !known.is_atomic {
            known.room.notify_waiters();
        }
        known.is_atomic = is_atomic;
        if !is_atomic {
            known.mixed_at = Some(now);
            self.masters.iter_mut().for_each(|lanes| lanes.stop_sharing(service));
        }
    }

    /// Takes a call whose slot is gone off its lane.
    fn leave(&mut self, slot: &Slot, end: End, now: Instant) {
        self.masters[slot.master].leave(slot.lane, end, now);
        if slot.is_own {
            let known = &mut self.services[slot.service];
            known.own -= 1;
            known.room.notify_one();
        }
    }

    fn answer(&mut self, master: usize, lane: LaneId, id: Option<u64>, answer: Answer, end: End, now: Instant) {
        let is_waiting = |slot: &Slot| slot.master == master && slot.lane == lane;
        let waiting = id.filter(|id| self.slots.get(id).is_some_and(is_waiting));
        let Some(slot) = waiting.and_then(|id| self.slots.remove(&id)) else {
            self.dropped += 1;
            return;
        };
        self.leave(&slot, end, now);
        // Where the caller is gone already, the response is a late one.
        self.dropped += u64::from(!slot.waiter.answer(answer));
    }
}

impl Decoded {
    /// Reads a message.
    pub(super) fn read(message: Message, default: Serializer) -> Self {
        let serializer = message.serializer.unwrap_or(default);
        let payload = match serializer.to_msgpack(message.payload) {
            Ok(payload) => payload,
            Err(error) => return Self::Unreadable { request_id: None, error },
        };
        match ResponseEnvelope::decode(&payload) {
            // Where pieces are pushed at once, those of others cannot be among them.
            Ok(envelope) if message.is_certain || envelope.has_atomic_chunks => Self::Envelope(envelope),
            Ok(envelope) => Self::Unreadable {
                request_id: envelope.request_id,
                error: InvalidMessage::new("the connection to Redis broke while it came in pieces"),
            },
            Err(error) => Self::Unreadable { request_id: peek::request_id(&payload), error },
        }
    }
}

#[cfg(test)]
mod tests;
