mod stuck;

use std::time::Duration;

use soa_common::transport::Received;
use tokio::time::Instant;

use self::stuck::{LIMIT, PATIENCE, Place, Stuck, UNSENT, request};
use super::{Late, is_over};
use crate::{ServerSettings, watch::Beside, worker::Ended};

fn limited(settings: &mut ServerSettings) {
    settings.harakiri.actions.insert("block".to_owned(), Some(LIMIT));
}

#[test]
fn what_waits_behind_code_that_does_not_yield_is_handed_back_in_its_order() {
    let mut stuck = Stuck::start(Place::Action, |_| {});
    let expired = Received { deadline: Some(Instant::now() + Duration::from_millis(1)), ..request(5, &["ok"], false) };
    let ok = |id| request(id, &["ok"], false);
    stuck.send(vec![ok(1), request(2, &["block"], false), ok(3), ok(4), expired, ok(6)]);
    stuck.expect(&["1 sent ok", "6 back", "4 back", "3 back"]);
    stuck.let_go();
    stuck.expect(&["2 sent block"]);
    stuck.send(vec![ok(7)]);
    stuck.expect(&["7 sent ok"]);
    let (ended, notes) = stuck.end();
    assert!(matches!(ended, Ended::Clean), "{ended:?}");
    assert_eq!(notes, ["stops"]);
}

#[test]
fn the_transport_is_relieved_before_requests_are_put_back() {
    let mut stuck = Stuck::start(Place::Action, |_| {});
    stuck.send(vec![request(1, &["block"], false), request(2, &["ok"], false)]);
    let notes: Vec<_> = (0..2).map(|_| stuck.notes.recv_timeout(PATIENCE).unwrap()).collect();
    assert_eq!(notes, ["relieved", "2 back"]);
    // And again while it lasts.
    assert_eq!(stuck.notes.recv_timeout(PATIENCE).unwrap(), "relieved");
    stuck.end();
}

#[test]
fn what_computes_for_a_moment_at_its_limit_ends_no_worker() {
    let since = Instant::now();
    for (limit, expected) in [(0, 1_000), (999, 1_000), (5_000, 5_000)] {
        let limit = Duration::from_millis(limit);
        let late = Late { slot: Beside::limited("test", limit), since };
        let at = |milliseconds| is_over(&late, None, since + Duration::from_millis(milliseconds));
        assert!(!at(expected - 1) && at(expected), "{limit:?}");
    }
}

#[test]
fn everything_in_flight_is_answered_at_the_limit_and_the_process_ends() {
    let stuck = Stuck::start(Place::Action, limited);
    let wait = |id| request(id, &["ok", "wait", "ok"], false);
    stuck.send(vec![wait(1), request(UNSENT, &["ok"], false), request(2, &["wait"], true), wait(3)]);
    stuck.send(vec![request(4, &["ok", "block", "ok"], false), request(5, &["ok"], false)]);
    stuck.expect(&["5 back"]);
    stuck.expect_all(&[
        "1 rescued ok, wait ACTION_TIMEOUT worker_stuck",
        "3 rescued ok, wait ACTION_TIMEOUT worker_stuck",
        "4 rescued ok, block ACTION_TIMEOUT self",
    ]);
    stuck.expect(&["process ends"]);
}

#[test]
fn code_that_yields_within_the_grace_ends_the_worker_at_once() {
    let mut stuck = Stuck::start(Place::Action, limited);
    stuck.send(vec![request(1, &["wait"], false), request(2, &["block"], false)]);
    stuck.expect_all(&["1 rescued wait ACTION_TIMEOUT worker_stuck", "2 rescued block ACTION_TIMEOUT self"]);
    // The transport had these in hand.
    stuck.send(vec![request(3, &["ok"], false), request(4, &["ok"], false)]);
    let (ended, notes) = stuck.end();
    assert!(matches!(ended, Ended::Stuck), "{ended:?}");
    assert_eq!(notes, ["stops", "4 back", "3 back"]);
}

#[test]
fn all_code_of_a_service_is_watched() {
    for (place, expected) in [
        (Place::PreRequest, Some("1 rescued JOB_TIMEOUT self")),
        (Place::Middleware, Some("1 rescued JOB_TIMEOUT self")),
        (Place::PostRequest, Some("1 sent block")),
        (Place::Task, Some("1 sent block")),
        (Place::Idle, None),
        (Place::Teardown, None),
    ] {
        let mut stuck = Stuck::start(place, |settings| settings.harakiri.timeout = Some(LIMIT));
        match place {
            Place::Idle => stuck.send(Vec::new()),
            Place::Teardown => drop((stuck.stop.take(), stuck.requests.take())),
            _ => stuck.send(vec![request(1, &["block"], false)]),
        }
        match expected {
            Some(expected) => stuck.expect(&[expected, "process ends"]),
            None if place == Place::Teardown => stuck.expect(&["stops", "process ends"]),
            None => stuck.expect(&["process ends"]),
        }
        let (ended, _) = stuck.end();
        assert!(matches!(ended, Ended::Stuck), "{place:?}: {ended:?}");
    }
}

#[test]
fn one_of_several_threads_may_be_busy_until_its_limit() {
    let mut stuck = Stuck::start(Place::Action, |settings| {
        limited(settings);
        settings.runtime_threads = 2;
    });
    stuck.send(vec![request(1, &["wait"], false), request(2, &["block"], false)]);
    stuck.expect_all(&["1 rescued wait ACTION_TIMEOUT worker_stuck", "2 rescued block ACTION_TIMEOUT self", "stops"]);
    let (ended, _) = stuck.end();
    assert!(matches!(ended, Ended::Stuck), "{ended:?}");
}

#[test]
fn a_transport_out_of_order_keeps_no_process() {
    let stuck = Stuck::start_with(Place::Action, true, limited);
    stuck.send(vec![request(1, &["wait"], false), request(2, &["block"], false), request(3, &["ok"], false)]);
    stuck.expect(&["process ends"]);
}

#[test]
fn without_limits_nothing_is_ended() {
    let mut stuck = Stuck::start(Place::Action, |settings| settings.harakiri.timeout = None);
    stuck.send(vec![request(1, &["block"], false), request(2, &["ok"], false)]);
    stuck.expect(&["2 back"]);
    assert_eq!(stuck.notes.recv_timeout(PATIENCE).unwrap(), "relieved");
    stuck.let_go();
    stuck.expect(&["1 sent block"]);
    let (ended, _) = stuck.end();
    assert!(matches!(ended, Ended::Clean), "{ended:?}");
}
