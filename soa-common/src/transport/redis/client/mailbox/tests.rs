use std::task::{Context, Poll, Waker};

use super::{
    super::{
        lanes::{Reader, Wake},
        waiter::News,
    },
    *,
};
use crate::{Body, Map, Value, transport::redis::keys};

mod room;

/// A mailbox with one master and one service, and a clock that stands until it is put forward.
struct Desk {
    mailbox: Mailbox,
    now: Instant,
    last: u64,
}

/// A call: its id, its list and what it gets.
struct Call {
    id: u64,
    lane: LaneId,
    reply_to: Arc<str>,
    wake: Wake,
    waiter: Arc<Waiter>,
}

impl Desk {
    fn new() -> Self {
        let mut mailbox = Mailbox::new(&"c".into(), 1);
        assert_eq!(mailbox.service("s"), 0);
        Self { mailbox, now: Instant::now(), last: 0 }
    }

    /// A desk whose service has shown that it pushes all pieces of a response at once.
    fn shared() -> Self {
        let mut desk = Self::new();
        let call = desk.call();
        desk.answer(&call, true);
        desk
    }

    fn call(&mut self) -> Call {
        self.last += 1;
        let waiter = Arc::default();
        let ticket = registered(self.mailbox.register(0, 0, self.last, &waiter, self.now));
        Call::new(self.last, ticket, waiter)
    }

    fn calls(&mut self, count: usize) -> Vec<Call> {
        (0..count).map(|_| self.call()).collect()
    }

    /// Pushes the raw frame to the list of a call.
    fn push(&mut self, call: &Call, frame: &[u8]) {
        let frame = Frame::parse(&Bytes::copy_from_slice(frame));
        if let Some(message) = self.mailbox.take(0, call.lane, frame, self.now) {
            let decoded = Decoded::read(message, Serializer::Msgpack);
            self.mailbox.dispatch(0, call.lane, decoded, self.now, 1_000.0);
        }
    }

    /// Answers a call with its id as the body.
    fn answer(&mut self, call: &Call, is_atomic: bool) {
        self.push(call, &response(call.id, is_atomic, 2_000.0));
    }

    /// Pushes a piece, one of two, of the answer to `call` to the list of another.
    fn piece(&mut self, list: &Call, call: &Call, piece: u32) {
        self.piece_of(list, call, piece, false);
    }

    fn piece_of(&mut self, list: &Call, call: &Call, piece: u32, is_atomic: bool) {
        let payload = response(call.id, is_atomic, 2_000.0);
        let (first, second) = payload.split_at(payload.len() / 2);
        let header = format!("pysoa-redis/3//content-type:application/msgpack;chunk-count:2;chunk-id:{piece};");
        self.push(list, &[header.as_bytes(), if piece == 1 { first } else { second }].concat());
    }

    /// How many lists the next pop covers.
    fn keys(&mut self) -> usize {
        self.mailbox.lanes(0).next_pop(false, self.now).map_or(0, |pop| pop.keys.len())
    }

    fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }
}

impl Call {
    fn new(id: u64, ticket: Ticket, waiter: Arc<Waiter>) -> Self {
        Self { id, lane: ticket.lane, reply_to: ticket.reply_to, wake: ticket.wake, waiter }
    }

    /// What the call got: its own id, `"error"`, or nothing yet.
    fn got(&mut self) -> &'static str {
        match self.waiter.poll(&Context::from_waker(Waker::noop())) {
            Poll::Ready(News::Answer(Ok(body))) => {
                assert_eq!(Body::from_msgpack(body).unwrap().get("id"), Some(Value::from(self.id)));
                "answer"
            }
            Poll::Ready(_) => "error",
            Poll::Pending if Arc::strong_count(&self.waiter) == 1 => "forgotten",
            Poll::Pending => "nothing",
        }
    }
}

/// A response as a frame of version 1.
fn response(id: u64, is_atomic: bool, expiry: f64) -> Vec<u8> {
    let mut meta = Map::new();
    meta.insert("atomic_chunks", is_atomic);
    meta.insert("__expiry__", expiry);
    let mut body = Map::new();
    body.insert("id", id);
    let mut envelope = Map::new();
    envelope.insert("request_id", id);
    envelope.insert("meta", Value::Map(meta));
    envelope.insert("body", Value::Map(body));
    Body::from(envelope).to_msgpack().to_vec()
}

fn registered(registered: Registered) -> Ticket {
    match registered {
        Registered::Yes(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

fn got<const N: usize>(calls: [&mut Call; N]) -> [&'static str; N] {
    calls.map(Call::got)
}

#[test]
fn calls_to_an_unknown_service_have_lists_of_their_own() {
    let mut desk = Desk::new();
    let (mut first, mut second) = (desk.call(), desk.call());
    assert_ne!(first.reply_to, second.reply_to);
    desk.answer(&second, false);
    desk.answer(&first, false);
    assert_eq!(got([&mut first, &mut second]), ["answer", "answer"]);
    // The list of an answered call serves the next one.
    assert_eq!(desk.call().reply_to, first.reply_to);
}

#[test]
fn a_service_that_pushes_pieces_at_once_gets_a_list_for_all_calls() {
    let mut desk = Desk::shared();
    let (mut first, mut second) = (desk.call(), desk.call());
    assert_eq!(first.reply_to, second.reply_to);
    assert_eq!(desk.keys(), 1);
    desk.answer(&second, true);
    desk.answer(&first, true);
    assert_eq!(got([&mut first, &mut second]), ["answer", "answer"]);
}

#[test]
fn an_answer_of_another_kind_ends_sharing_for_a_while() {
    let mut desk = Desk::shared();
    let [mut first, mut second, mut third] = [desk.call(), desk.call(), desk.call()];
    desk.answer(&first, false);
    desk.answer(&second, true);
    let (fourth, fifth) = (desk.call(), desk.call());
    assert!(fourth.reply_to != third.reply_to && fourth.reply_to != fifth.reply_to);
    desk.answer(&third, true);
    assert_eq!(got([&mut first, &mut second, &mut third]), ["answer"; 3]);
    desk.pass(60);
    assert_eq!(desk.call().reply_to, desk.call().reply_to);
}

#[test]
fn the_list_of_an_abandoned_call_is_not_used_again() {
    let mut desk = Desk::new();
    let first = desk.call();
    desk.mailbox.forget(first.id, End::Abandoned, desk.now);
    assert_eq!(desk.keys(), 0);
    let mut second = desk.call();
    assert_ne!(first.reply_to, second.reply_to);
    desk.answer(&first, false);
    desk.answer(&second, false);
    assert_eq!(second.got(), "answer");
    assert_eq!(desk.mailbox.stats().dropped, 1);
    assert_eq!(desk.mailbox.stats().calls, 0);
}

#[test]
fn the_list_of_a_request_that_was_not_sent_is_used_again() {
    let mut desk = Desk::new();
    let first = desk.call();
    desk.mailbox.forget(first.id, End::Done, desk.now);
    assert_eq!(desk.call().reply_to, first.reply_to);
}

#[test]
fn late_double_expired_and_foreign_answers_are_dropped() {
    let mut desk = Desk::shared();
    let (mut first, mut second) = (desk.call(), desk.call());
    desk.answer(&first, true);
    desk.answer(&first, true);
    desk.mailbox.forget(second.id, End::Abandoned, desk.now);
    desk.answer(&second, true);
    assert_eq!(got([&mut first, &mut second]), ["answer", "forgotten"]);
    assert_eq!(desk.mailbox.stats().dropped, 2);

    let mut third = desk.call();
    desk.push(&third, &response(third.id, true, 999.0));
    desk.push(&third, &response(77, true, 2_000.0));
    assert_eq!(third.got(), "nothing");
    assert_eq!(desk.mailbox.stats().dropped, 4);
    desk.push(&third, &response(third.id, true, 0.0));
    assert_eq!(third.got(), "answer");
}

#[test]
fn an_answer_on_the_list_of_another_service_is_dropped() {
    let mut desk = Desk::new();
    let other = desk.mailbox.service("other");
    let waiter = Arc::default();
    let ticket = registered(desk.mailbox.register(other, 0, 99, &waiter, desk.now));
    let other = Call::new(99, ticket, waiter);
    let mut call = desk.call();
    desk.push(&other, &response(call.id, false, 2_000.0));
    assert_eq!(call.got(), "nothing");
    assert_eq!(desk.mailbox.stats().dropped, 1);
}

#[test]
fn unreadable_answers_fail_the_call_they_are_for() {
    let broken = |id: u8| [b"\x83\xaarequest_id".as_slice(), &[id], b"\xa4meta\xc1"].concat();
    let check = |frame: &[u8], is_shared: bool, expected: &str| {
        let mut desk = if is_shared { Desk::shared() } else { Desk::new() };
        let mut call = desk.call();
        desk.push(&call, frame);
        assert_eq!(call.got(), expected, "{}", frame.escape_ascii());
    };
    check(&broken(2), true, "error");
    check(&broken(3), true, "nothing");
    check(&broken(1), false, "error");
    check(&broken(2), false, "nothing");
    check(b"pysoa-redis/9//", true, "nothing");
    check(b"pysoa-redis/9//", false, "error");
    check(b"", false, "error");
    check(b"content-type:application/json;nonsense", false, "error");
    check(b"content-type:text/nonsense;\x80", false, "error");
}

#[test]
fn mixed_pieces_reach_no_call() {
    let mut desk = Desk::shared();
    let (mut a, mut b, mut c) = (desk.call(), desk.call(), desk.call());
    for (call, piece) in [(&a, 1), (&b, 1), (&a, 2), (&b, 2)] {
        desk.piece(call, call, piece);
    }
    assert_eq!(got([&mut a, &mut b, &mut c]), ["error", "error", "nothing"]);
    // The list is done with, but a whole answer that is still to come there is one.
    assert_ne!(desk.call().reply_to, c.reply_to);
    desk.answer(&c, true);
    assert_eq!(c.got(), "answer");
}

#[test]
fn pieces_of_two_workers_on_two_lists_are_put_together() {
    let mut desk = Desk::new();
    let (mut a, mut b) = (desk.call(), desk.call());
    for (call, piece) in [(&a, 1), (&b, 1), (&a, 2), (&b, 2)] {
        desk.piece(call, call, piece);
    }
    assert_eq!(got([&mut a, &mut b]), ["answer", "answer"]);
}

#[test]
fn pieces_that_do_not_fit_fail_the_call_of_the_list() {
    let mut desk = Desk::new();
    let (mut a, mut b) = (desk.call(), desk.call());
    desk.piece(&a, &a, 2);
    assert_eq!(a.got(), "error");
    desk.piece(&b, &b, 1);
    desk.answer(&b, false);
    assert_eq!(b.got(), "error");
}

#[test]
fn a_broken_connection_ends_streams_and_retires_lists() {
    let mut desk = Desk::shared();
    let (mut a, mut b, mut c) = (desk.call(), desk.call(), desk.call());
    desk.piece(&a, &a, 1);
    desk.mailbox.lose_frames(0, desk.now);
    assert_eq!(got([&mut a, &mut b, &mut c]), ["error", "nothing", "nothing"]);
    // Behind the gap, pieces may be of two responses unless the service pushes them at once.
    desk.piece(&a, &a, 2);
    desk.piece(&b, &b, 1);
    desk.piece(&b, &a, 2);
    desk.piece_of(&c, &c, 1, true);
    desk.piece_of(&c, &c, 2, true);
    assert_eq!(got([&mut b, &mut c]), ["error", "answer"]);
    let mut d = desk.call();
    assert_ne!(d.reply_to, a.reply_to);
    desk.answer(&d, true);
    assert_eq!(d.got(), "answer");
}

#[test]
fn lists_grow_with_demand_and_shrink_again() {
    let mut desk = Desk::new();
    let mut pops = 0;
    for count in 1..=100 {
        pops += usize::from(desk.call().wake == Wake::Interrupt);
        assert!(desk.keys() <= 2 * count);
    }
    assert!(pops <= 8, "{pops}");
    for id in 1..=100 {
        desk.mailbox.forget(id, End::Done, desk.now);
    }
    let call = desk.call();
    desk.pass(2);
    assert_eq!(desk.keys(), 1);
    desk.answer(&call, false);
    desk.pass(2);
    assert_eq!(desk.keys(), 0);
    assert_eq!(desk.mailbox.stats().lanes, 0);
}

#[test]
fn the_reader_is_woken_only_when_it_has_to_be() {
    let mut desk = Desk::new();
    let first = desk.call();
    assert_eq!(first.wake, Wake::Start);
    assert_eq!(desk.call().wake, Wake::No);
    assert_eq!(desk.keys(), 3);
    assert_eq!([desk.call().wake, desk.call().wake, desk.call().wake], [Wake::No, Wake::Interrupt, Wake::No]);
    for id in 1..=desk.last {
        desk.mailbox.forget(id, End::Done, desk.now);
    }
    // One pop more, in case the next call comes soon.
    assert!(desk.mailbox.lanes(0).next_pop(false, desk.now).is_some());
    assert_eq!(desk.call().wake, Wake::No);
    desk.mailbox.forget(desk.last, End::Done, desk.now);
    assert!(desk.mailbox.lanes(0).next_pop(true, desk.now).is_none());
    assert_eq!([desk.call().wake, desk.call().wake], [Wake::Unpark, Wake::No]);
    desk.mailbox.lanes(0).set_reader(Reader::Gone);
    assert_eq!([desk.call().wake, desk.call().wake], [Wake::Start, Wake::No]);
}

#[test]
fn the_list_that_had_nothing_for_longest_is_popped_first() {
    let mut desk = Desk::new();
    let calls = desk.calls(3);
    let keys = |desk: &mut Desk| desk.mailbox.lanes(0).next_pop(false, desk.now).unwrap().lanes;
    assert_eq!(keys(&mut desk)[..3], [calls[0].lane, calls[1].lane, calls[2].lane]);
    desk.answer(&calls[0], false);
    let again = desk.call();
    assert_eq!(again.lane, calls[0].lane);
    assert_eq!(keys(&mut desk)[..3], [calls[1].lane, calls[2].lane, again.lane]);
}

#[test]
fn a_request_id_waits_once() {
    let mut desk = Desk::new();
    let call = desk.call();
    let again = desk.mailbox.register(0, 0, call.id, &Arc::default(), desk.now);
    assert!(matches!(again, Registered::Twice));
}

#[test]
fn every_list_belongs_to_its_master() {
    let mut mailbox = Mailbox::new(&"c".into(), 3);
    let service = mailbox.service("s");
    for id in 0..30 {
        let master = id as usize % 3;
        let ticket = registered(mailbox.register(service, master, id, &Arc::default(), Instant::now()));
        assert_eq!(keys::master_of(&keys::response_key(&ticket.reply_to), 3), master);
    }
}

#[test]
fn many_calls_leave_nothing_behind() {
    let mut desk = Desk::new();
    let calls = desk.calls(MOST_OWN);
    for call in &calls {
        desk.answer(call, true);
    }
    assert!(calls.into_iter().all(|mut call| call.got() == "answer"));
    desk.pass(2);
    assert_eq!(desk.keys(), 0);
    assert_eq!(desk.mailbox.stats(), RedisClientStats { calls: 0, lanes: 0, dropped: 0 });
}
