use std::{pin::Pin, time::Duration};

use tokio::{
    sync::Semaphore,
    time::{sleep, sleep_until, timeout},
};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

type Answer = Pin<Box<dyn Future<Output = Result<(), CallError>> + Send>>;

/// A pace that keeps the time of the test's clock.
fn pace(rate: u32) -> Pace {
    let pace = Pace { started: Instant::now(), rate: rate.into(), released: Arc::new(Semaphore::new(0)) };
    let (started, released) = (pace.started, pace.released.clone());
    tokio::spawn(async move {
        for index in 0.. {
            sleep_until(started + SECOND * index / rate).await;
            released.add_permits(1);
        }
    });
    pace
}

/// A service that does not answer its first call for a while, and the others at once.
fn stalled_at_first(time: Duration) -> impl Fn() -> Answer + Clone + Send {
    let calls = Arc::new(AtomicU64::new(0));
    move || {
        let time = if calls.fetch_add(1, Ordering::Relaxed) == 0 { time } else { Duration::ZERO };
        Box::pin(async move {
            sleep(time).await;
            Ok(())
        })
    }
}

/// The latencies in tenths of a second, and how many calls had each.
fn tenths(load: &Load) -> Vec<(u64, u64)> {
    let tally = load.tally();
    let recorded = tally.latencies.iter_recorded();
    recorded.map(|value| ((value.value_iterated_to() + 50_000) / 100_000, value.count_at_value())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_a_place_counts_from_when_it_was_due() {
    let mut load = Load::start(1, End::Requests(21), Some(pace(10)), stalled_at_first(SECOND));
    load.finish().await;
    // One call took a second. The nine due meanwhile waited for it: 0.9 s, 0.8 s and so on.
    let mut expected = vec![(0, 11)];
    expected.extend((1..=10).map(|tenths| (tenths, 1)));
    assert_eq!(tenths(&load), expected);
    assert_eq!(load.missed(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_finds_a_place_does_not_wait_for_a_slow_one() {
    let mut load = Load::start(2, End::Requests(21), Some(pace(10)), stalled_at_first(SECOND));
    load.finish().await;
    assert_eq!(tenths(&load), [(0, 20), (10, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_closed_loop_measures_from_when_a_call_begins() {
    let mut load = Load::start(1, End::Requests(21), None, stalled_at_first(SECOND));
    load.finish().await;
    assert_eq!(tenths(&load), [(0, 20), (10, 1)]);
}

#[tokio::test(start_paused = true)]
async fn calls_that_find_no_place_before_the_end_are_counted() {
    let mut load = Load::start(1, End::After(2 * SECOND), Some(pace(10)), stalled_at_first(5 * SECOND));
    load.finish().await;
    assert_eq!((tenths(&load), load.missed()), (vec![(50, 1)], 19));

    let mut load = Load::start(1, End::After(2 * SECOND), Some(pace(10)), stalled_at_first(SECOND));
    load.finish().await;
    assert_eq!((load.tally().requests(), load.missed()), (20, 0));

    let load = Load::start(1, End::Requests(30), Some(pace(10)), stalled_at_first(5 * SECOND));
    sleep(4 * SECOND).await;
    assert_eq!((load.tally().requests(), load.missed()), (0, 29));
}

#[tokio::test(start_paused = true)]
async fn a_closed_loop_ends_in_time_and_waits_for_its_last_calls() {
    let call = || async {
        sleep(SECOND).await;
        Ok(())
    };
    let mut load = Load::start(3, End::After(SECOND * 5 / 2), None, call);
    load.finish().await;
    assert_eq!((load.tally().requests(), load.passed(), load.missed()), (9, 3 * SECOND, 0));
    // The last three of them came half a second after what counts for calls a second.
    assert_eq!((load.measured(), load.tally().late), (SECOND * 5 / 2, 3));
}

/// The time of measuring of a load of calls that take a tenth of a second, after some time if it is not over before.
async fn measured(end: End, rate: Option<u32>, after: Duration) -> (Duration, u64) {
    let call = || async {
        sleep(SECOND / 10).await;
        Ok(())
    };
    let mut load = Load::start(1, end, rate.map(pace), call);
    let _ = timeout(after, load.finish()).await;
    (load.measured(), load.unanswered())
}

#[tokio::test(start_paused = true)]
async fn what_is_measured_is_the_time_in_which_calls_are_due() {
    let long = 3600 * SECOND;
    assert_eq!(measured(End::Requests(20), None, long).await, (2 * SECOND, 0));
    // The last call is answered before the next one would be due: a second more than that would be flattered.
    assert_eq!(measured(End::After(10 * SECOND), Some(1), long).await, (10 * SECOND, 0));
    assert_eq!(measured(End::Requests(2), Some(1), long).await, (2 * SECOND, 0));
    // The service is too slow for the rate.
    assert_eq!(measured(End::Requests(20), Some(1000), long).await, (2 * SECOND, 0));
    assert_eq!(measured(End::After(SECOND), Some(1000), long).await, (SECOND, 0));
}

#[tokio::test(start_paused = true)]
async fn what_is_stopped_was_measured_until_then() {
    let stopped = SECOND * 255 / 100;
    for end in [End::Requests(1000), End::After(1000 * SECOND)] {
        for rate in [None, Some(1000)] {
            assert_eq!(measured(end, rate, stopped).await, (stopped, 1), "{end:?} {rate:?}");
        }
    }
    // While the last calls are waited for.
    assert_eq!(measured(End::After(SECOND * 25 / 10 - SECOND / 100), None, stopped).await, (SECOND * 249 / 100, 0));
    assert_eq!(measured(End::After(SECOND * 251 / 100), None, stopped).await, (SECOND * 251 / 100, 1));
}

#[tokio::test]
async fn calls_that_fail_at_once_leave_room_for_others() {
    let call = || async { Err(CallError::InvalidRequest { service: "demo".to_owned(), message: "no".to_owned() }) };
    let load = Load::start(1, End::After(3600 * SECOND), None, call);
    while load.tally().errors < 10 {
        yield_now().await;
    }
}

#[tokio::test]
async fn the_thread_releases_every_call_in_order_and_none_early() {
    let pace = Pace::start(10_000.0).unwrap();
    for index in 0..100 {
        pace.wait().await;
        assert!(pace.due(index) <= Instant::now(), "{index}");
    }
}

#[test]
fn the_calls_due_agree_with_their_times() {
    for rate in [0.001, 0.3, 1.0, 3.0, 7.0, 10.0, 999.9, 1e6] {
        let pace = Pace { started: std::time::Instant::now().into(), rate, released: Arc::new(Semaphore::new(0)) };
        assert_eq!(pace.due_before(Duration::ZERO), 0);
        for index in [0, 1, 2, 7, 10, 1_000, 123_457] {
            let due = pace.due(index) - pace.started;
            assert_eq!(pace.due_before(due), index, "{rate}");
            assert_eq!(pace.due_before(due + Duration::from_nanos(1)), index + 1, "{rate}");
        }
    }
}
