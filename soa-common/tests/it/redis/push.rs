use std::time::Duration;

use bytes::Bytes;
use futures_util::{
    future::join_all,
    stream::{FuturesUnordered, StreamExt},
};
use soa_common::{
    gather::Gather,
    transport::{TransportErrorKind, redis::Push},
};
use soa_fixtures::{RedisServer, Reply};
use tokio::time::Instant;

use super::{list, message, numbered, pusher};

/// Redis servers that make a push take each of its ways.
fn servers() -> Vec<RedisServer> {
    vec![
        RedisServer::start(),
        // Without `EXEC` no transaction can be ended: the same happens with flags that `EXPIRE` does not know.
        RedisServer::builder().rename_command("EXEC", "").start(),
        RedisServer::builder().rename_command("MULTI", "").start(),
    ]
}

#[tokio::test]
async fn messages_keep_their_order_however_they_are_grouped() {
    for redis in servers() {
        let pusher = pusher(&redis.url());
        let frames: Vec<Bytes> = (0..500)
            .map(|number| match number % 7 {
                0 => format!("{number}:{}", "x".repeat(10_000)).into(),
                _ => numbered(number),
            })
            .collect();
        let pushed = join_all(frames.iter().map(|frame| pusher.push(message("list", frame.clone())))).await;
        assert!(pushed.iter().all(Result::is_ok), "{pushed:?}");
        assert!(list(&redis, "list").iter().eq(&frames));
    }
}

#[tokio::test]
async fn a_push_never_shortens_the_life_of_a_list() {
    for redis in servers() {
        let pusher = pusher(&redis.url());
        let check = async |ttl, frame: Bytes, expected| {
            pusher.push(Push { ttl, ..message("list", frame) }).await.unwrap();
            let left = redis.command(&["TTL", "list"]).int();
            assert!((expected - 2..=expected).contains(&left), "{left} instead of {expected}");
        };
        let large = Bytes::from(vec![b'x'; 20_000]);
        check(60, "a".into(), 60).await;
        check(3_600, "b".into(), 3_600).await;
        check(1, "c".into(), 3_600).await;
        check(1, large.clone(), 3_600).await;
        check(7_200, large, 7_200).await;
        check(1, "d".into(), 7_200).await;
    }
}

#[tokio::test]
async fn a_full_list_takes_what_fits_and_the_rest_when_there_is_room() {
    for redis in servers() {
        let pusher = pusher(&redis.url());
        let push = |number| Push { capacity: 5, ..message("list", numbered(number)) };
        let pushes = join_all((0..8).map(|number| pusher.push(push(number))));
        let consumer = async {
            while redis.command(&["LLEN", "list"]) != Reply::Int(5) {
                tokio::task::yield_now().await;
            }
            redis.command(&["LTRIM", "list", "5", "-1"]);
        };
        let (pushed, ()) = tokio::join!(pushes, consumer);
        assert!(pushed.iter().all(Result::is_ok), "{pushed:?}");
        assert_eq!(redis.command(&["LLEN", "list"]), Reply::Int(3));
    }
}

#[tokio::test]
async fn a_list_that_stays_full_is_given_up_after_the_retries() {
    let redis = RedisServer::start();
    redis.command(&["RPUSH", "list", "a"]);
    let pusher = pusher(&redis.url());
    let check = async |retries, size, least: Duration| {
        let start = Instant::now();
        let push = Push { capacity: 1, retries, ..message("list", vec![b'x'; size]) };
        let error = pusher.push(push).await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::MessageSend);
        assert!(error.to_string().contains("the queue list on Redis"), "{error}");
        assert!(error.to_string().contains("stayed full (1 messages)"), "{error}");
        assert!(start.elapsed() >= least, "{:?}", start.elapsed());
    };
    check(0, 10, Duration::ZERO).await;
    check(0, 20_000, Duration::ZERO).await;
    check(1, 10, Duration::from_millis(250)).await;
    assert_eq!(redis.command(&["LLEN", "list"]), Reply::Int(1));
}

/// A client that had stopped reading its responses once stalled a whole worker: every response to it held a place for
/// as long as responses live.
#[tokio::test]
async fn only_so_many_messages_wait_for_room() {
    let redis = RedisServer::start();
    redis.command(&["RPUSH", "full", "a"]);
    let pusher = pusher(&redis.url());
    let push = |key: &'static str| Push { capacity: 1, waiting: Some(2), ..message(key, "b") };
    let mut pushed: FuturesUnordered<_> = (0..5).map(|_| pusher.push(push("full"))).collect();
    for _ in 0..3 {
        let error = pushed.next().await.unwrap().unwrap_err();
        assert!(error.to_string().contains("the queue full on Redis"), "{error}");
    }
    pusher.push(push("other")).await.unwrap();
    redis.command(&["DEL", "full"]);
    assert!(pushed.next().await.unwrap().is_ok());
}

#[tokio::test]
async fn the_frames_of_a_message_stay_together_and_count_as_one() {
    for redis in servers() {
        let pushers = [pusher(&redis.url()), pusher(&redis.url())];
        let frames = |name: u8| (0..4_u8).map(|number| [name, number].repeat(10_000)).collect::<Vec<_>>();
        let gather = |name| frames(name).into_iter().map(Gather::from).collect();
        let push = |name| Push { frames: gather(name), capacity: 30, ..message("list", "") };
        let pushed = join_all((0..8).map(|name| pushers[usize::from(name % 2)].push(push(name)))).await;
        assert!(pushed.iter().all(Result::is_ok), "{pushed:?}");
        for message in list(&redis, "list").chunks(4) {
            assert!(message.iter().eq(&frames(message[0][0])));
        }
        let over = pushers[0].push(Push { retries: 0, ..push(9) }).await.unwrap_err();
        assert!(over.to_string().contains("stayed full"), "{over}");
    }
}

#[tokio::test]
async fn what_redis_refuses_is_an_error_that_says_why() {
    for redis in servers() {
        redis.command(&["SET", "list", "a text"]);
        let pusher = pusher(&redis.url());
        for size in [10, 20_000] {
            let error = pusher.push(message("list", vec![b'x'; size])).await.unwrap_err();
            assert!(error.to_string().contains("refused the message: WRONGTYPE"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_script_that_redis_forgot_is_sent_again() {
    let redis = RedisServer::start();
    let pusher = pusher(&redis.url());
    pusher.push(message("list", "a")).await.unwrap();
    redis.command(&["SCRIPT", "FLUSH"]);
    pusher.push(message("list", "b")).await.unwrap();
    assert_eq!(list(&redis, "list"), [b"a", b"b"]);
}

#[tokio::test]
async fn a_list_is_never_filled_beyond_its_capacity() {
    let redis = RedisServer::start();
    let pushers = [pusher(&redis.url()), pusher(&redis.url()), pusher(&redis.url())];
    let push = |number: usize| Push { capacity: 50, retries: 0, ..message("list", numbered(number)) };
    let pushed = join_all((0..300).map(|number| pushers[number % 3].push(push(number)))).await;
    assert_eq!(pushed.iter().filter(|result| result.is_ok()).count(), 50);
    assert_eq!(redis.command(&["LLEN", "list"]), Reply::Int(50));
}

/// What one push tells of the length is enough for the next.
#[tokio::test]
async fn large_messages_that_leave_behind_each_other_ask_once_for_the_length() {
    let redis = RedisServer::start();
    let pusher = pusher(&redis.url());
    pusher.push(message("other", "first")).await.unwrap();
    redis.command(&["CONFIG", "RESETSTAT"]);
    let push = |capacity| {
        let push = || Push { capacity, retries: 0, ..message("list", vec![b'x'; 50_000]) };
        join_all((0..20).map(|_| pusher.push(push())).collect::<Vec<_>>())
    };
    let pushed = push(10_000).await;
    assert!(pushed.iter().all(Result::is_ok), "{pushed:?}");
    let calls = redis.command(&["INFO", "commandstats"]);
    // There are ten pushes, and an unusually slow one is too old to tell.
    assert!(!calls.text().contains("cmdstat_llen:calls=10,"), "{}", calls.text());
    // And the list is as full as it may be, not more.
    let pushed = push(27).await;
    assert_eq!(pushed.iter().filter(|result| result.is_ok()).count(), 7);
    assert_eq!(redis.command(&["LLEN", "list"]), Reply::Int(27));
}

#[tokio::test]
async fn what_is_queued_leaves_together() {
    let redis = RedisServer::start();
    let pusher = pusher(&redis.url());
    pusher.push(message("list", "first")).await.unwrap();
    redis.command(&["CONFIG", "RESETSTAT"]);
    let pushed = join_all((0..200).map(|number| pusher.push(message("list", numbered(number))))).await;
    assert!(pushed.iter().all(Result::is_ok), "{pushed:?}");
    let calls = redis.command(&["INFO", "commandstats"]);
    assert!(calls.text().contains("cmdstat_evalsha:calls=1,"), "{}", calls.text());
}

/// The script copies every message twice, which took a third of the time of Redis.
#[tokio::test]
async fn the_script_is_for_lists_that_may_be_nearly_full() {
    for (capacity, is_ample) in [(100_000, true), (4_050, false)] {
        let redis = RedisServer::start();
        let pusher = pusher(&redis.url());
        // Many flushes: some follow soon enough on the one before.
        let frame = |number| format!("{number} {}", "x".repeat(1_000));
        let push = |number| Push { capacity, ..message("list", frame(number)) };
        let pushed = join_all((0..4_000).map(|number| pusher.push(push(number)))).await;
        assert!(pushed.iter().all(Result::is_ok));
        let calls = redis.command(&["INFO", "commandstats"]);
        assert_eq!(calls.text().contains("cmdstat_exec"), is_ample, "{}", calls.text());
        assert!(redis.command(&["TTL", "list"]).int() > 0);
        assert_eq!(list(&redis, "list"), (0..4_000).map(|number| frame(number).into_bytes()).collect::<Vec<_>>());
    }
}
