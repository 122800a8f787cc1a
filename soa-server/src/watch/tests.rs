use std::{
    future::{pending, ready},
    pin::pin,
    task::Waker,
    time::Duration,
};

use futures_util::FutureExt;

use super::*;

const TICK: Duration = Duration::from_millis(100);

/// Whether a future ends when it is polled now.
fn ends(future: Pin<&mut impl Future>) -> bool {
    future.poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

#[test]
fn a_job_is_either_finished_or_taken_or_handed_back() {
    type Step = fn(&Marks) -> bool;
    let [start, finish, take, hand_back]: [Step; 4] = [Marks::start, Marks::finish, Marks::take, Marks::hand_back];
    for (steps, allowed) in [
        // A job that runs.
        (vec![start, start, finish, start], "yyyy"),
        (vec![start, finish, finish, take, hand_back], "yynnn"),
        // It is answered by the watchdog and goes no further.
        (vec![start, take, start, finish, take, hand_back], "yynnnn"),
        // It is put back, and is not started.
        (vec![hand_back, start, finish, take, hand_back], "ynnnn"),
        // What has not started is not answered.
        (vec![take, finish, start], "nny"),
    ] {
        let marks = Marks::default();
        let found: String = steps.iter().map(|step| if step(&marks) { 'y' } else { 'n' }).collect();
        assert_eq!(found, allowed);
    }
}

#[test]
fn what_was_handed_back_is_dropped_without_being_polled() {
    let (watch, slot) = (Watch::default(), Beside::new("test"));
    let mut polled = false;
    let mut watched = Box::pin(watch.wrap(slot.clone(), async { polled = true }));
    assert!(slot.marks().hand_back());
    assert_eq!(watched.as_mut().now_or_never(), Some(None));
    drop(watched);
    assert!(!polled && watch.all().is_empty());
}

#[test]
fn what_was_taken_is_dropped_where_it_is_polled_next() {
    let (watch, slot) = (Watch::default(), Beside::new("test"));
    let held = Arc::new(());
    let inner = Arc::clone(&held);
    let mut watched = pin!(watch.wrap(slot.clone(), async move {
        pending::<()>().await;
        drop(inner);
    }));
    assert!(!ends(watched.as_mut()));
    assert!(slot.marks().take());
    assert!(ends(watched.as_mut()));
    assert_eq!(Arc::strong_count(&held), 1);
}

#[test]
fn a_poll_that_is_seen_twice_is_late() {
    let (watch, start) = (Watch::default(), Instant::now());
    let slot = Beside::new("test");
    let _place = watch.hold(slot.clone());
    let late = |ticks: u32| {
        let look = watch.look(start + TICK * ticks);
        (look.late.first().map(|late| (late.since - start).as_millis()), look.is_quiet)
    };
    // New, and then unchanged.
    assert_eq!((late(0), late(1)), ((None, false), (None, true)));
    let polling = slot.marks().enter();
    assert_eq!((late(2), late(3), late(4)), ((None, false), (Some(200), false), (Some(200), false)));
    drop(polling);
    assert_eq!((late(5), late(6)), ((None, false), (None, true)));
    // Another poll is not the same one.
    let first = slot.marks().enter();
    assert_eq!(late(7), (None, false));
    drop(first);
    let _second = slot.marks().enter();
    assert_eq!((late(8), late(9)), ((None, false), (Some(800), false)));
}

#[test]
fn a_parked_watchdog_wakes_when_something_is_polled() {
    let watch = Watch::default();
    let mut parked = Box::pin(watch.park());
    assert!(!ends(parked.as_mut()));
    let watched = watch.wrap(Beside::new("test"), ready(()));
    assert!(!ends(parked.as_mut()));
    assert_eq!(watched.now_or_never(), Some(Some(())));
    assert!(ends(parked.as_mut()));
    // What is polled already needs no waking.
    let slot = Beside::new("test");
    let _place = watch.hold(slot.clone());
    let _polling = slot.marks().enter();
    assert!(ends(pin!(watch.park())));
}
