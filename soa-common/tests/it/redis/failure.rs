//! Redis and the way to it out of order.

use std::{collections::HashSet, pin::pin, sync::Arc, time::Duration};

use futures_util::future::join_all;
use soa_common::{
    JobResponse,
    transport::{
        ServerTransport,
        redis::{Popper, Push, Pusher},
    },
};
use soa_fixtures::{Direction, FaultProxy, RedisServer, Reply};
use tokio::{
    task::spawn_blocking,
    time::{self, Instant},
};

use super::{
    LONG, list, message, node, numbered, popper, pusher,
    server::{request, send, settings, transport},
};

#[tokio::test]
async fn a_restart_of_redis_loses_no_accepted_message() {
    let redis = Arc::new(RedisServer::builder().appendonly(true).config("appendfsync", "always").start());
    let pusher = pusher(&redis.url());
    let mut accepted = Vec::new();
    for round in 0..6 {
        let restart = async {
            if round % 2 == 1 {
                time::sleep(Duration::from_millis(round)).await;
                let redis = Arc::clone(&redis);
                spawn_blocking(move || redis.restart()).await.unwrap();
            }
        };
        let numbers = (0..200).map(|number| round as usize * 1_000 + number);
        let pushes = join_all(numbers.map(async |number| {
            time::sleep(Duration::from_micros(number as u64 % 1_000 * 50)).await;
            (number, pusher.push(Push { capacity: 10_000, ..message("list", numbered(number)) }).await)
        }));
        let (pushed, ()) = tokio::join!(pushes, restart);
        for (number, result) in pushed {
            match result {
                Ok(()) => accepted.push(numbered(number).to_vec()),
                Err(error) => assert!(error.to_string().contains("may have been delivered"), "{error}"),
            }
        }
    }
    assert!(accepted.len() > 1_000, "{}", accepted.len());
    let list = list(&redis, "list");
    let found: HashSet<_> = list.iter().collect();
    assert_eq!(found.len(), list.len(), "a message is there twice");
    assert!(accepted.iter().all(|message| found.contains(message)));
}

#[tokio::test]
async fn deadlines_hold_while_redis_stands_still() {
    let redis = RedisServer::start();
    let pusher = pusher(&redis.url());
    pusher.push(message("list", "a")).await.unwrap();
    redis.pause();
    let start = Instant::now();
    let deadline = start + Duration::from_secs(1);
    let push = || pusher.push(Push { deadline, ..message("list", "b") });
    let late = async {
        time::sleep(Duration::from_millis(50)).await;
        push().await
    };
    let (flushed, queued) = tokio::join!(push(), late);
    assert!(start.elapsed() < LONG, "{:?}", start.elapsed());
    assert!(flushed.unwrap_err().to_string().contains("it may have been delivered"));
    let queued = queued.unwrap_err().to_string();
    assert!(queued.starts_with("Redis redis://") && queued.ends_with("too slow to take it in time"), "{queued}");
    redis.resume();
    pusher.push(message("other", "c")).await.unwrap();
}

#[tokio::test]
async fn a_push_waits_for_redis_until_its_deadline() {
    let redis = RedisServer::start();
    redis.stop();
    let pusher = pusher(&redis.url());
    let start = Instant::now();
    let deadline = start + Duration::from_millis(500);
    let error = pusher.push(Push { deadline, ..message("list", "a") }).await.unwrap_err().to_string();
    assert!(start.elapsed() >= Duration::from_millis(500));
    assert!(error.starts_with("Redis redis://127.0.0.1:") && error.contains(" is out of order: "), "{error}");
    assert!(error.contains("refused"), "{error}");
    let waiting = async {
        tokio::task::yield_now().await;
        redis.restart();
    };
    let (pushed, ()) = tokio::join!(pusher.push(message("list", "b")), waiting);
    pushed.unwrap();
    assert_eq!(list(&redis, "list"), [b"b"]);
}

#[tokio::test]
async fn a_push_that_is_dropped_in_the_queue_is_taken_back() {
    let redis = RedisServer::start();
    let pusher = pusher(&redis.url());
    pusher.push(message("list", "a")).await.unwrap();
    let dropped = async {
        tokio::select! {
            biased;
            _ = pusher.push(message("list", "b")) => unreachable!("nothing has run yet"),
            () = std::future::ready(()) => {}
        }
    };
    tokio::join!(dropped, async { pusher.push(message("list", "c")).await.unwrap() });
    assert_eq!(list(&redis, "list"), [b"a", b"c"]);
}

#[tokio::test]
async fn a_connection_cut_anywhere_repeats_nothing_that_may_have_arrived() {
    let redis = RedisServer::start();
    let proxy = FaultProxy::start(redis.addr());
    let pusher = pusher(&proxy.url());
    let mut unknown = 0;
    for (number, bytes) in (0..120).map(|step| (step, step * 37 % 1_500)) {
        let direction = if number % 3 == 0 { Direction::ToClient } else { Direction::ToServer };
        proxy.cut_after(direction, bytes);
        let size = if number % 2 == 0 { 10 } else { 5_000 };
        let frame = format!("{number}:{}", "x".repeat(size));
        let result = pusher.push(message("list", frame.clone())).await;
        let there = list(&redis, "list").iter().filter(|element| **element == frame.as_bytes()).count();
        match result {
            Ok(()) => assert_eq!(there, 1),
            Err(error) => {
                unknown += 1;
                assert!(error.to_string().contains("may have been delivered"), "{error}");
                assert!(there <= 1);
            }
        }
    }
    assert!(unknown > 0);
}

#[tokio::test]
async fn a_server_goes_on_after_cuts_and_restarts() {
    let redis = RedisServer::start();
    let proxy = FaultProxy::start(redis.addr());
    let transport = transport(&settings(&proxy.url()));
    for id in 0..6 {
        send(&redis, &request(id));
        while transport.receive(4).await.unwrap().is_empty() {}
        match id % 3 {
            0 => proxy.cut(),
            1 => redis.restart(),
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_server_answers_once_redis_is_back() {
    let redis = RedisServer::start();
    let transport = transport(&settings(&redis.url()));
    send(&redis, &request(1));
    let received = transport.receive(1).await.unwrap();
    let response = JobResponse::default();
    redis.stop();
    let restart = async {
        time::sleep(Duration::from_millis(100)).await;
        redis.restart();
    };
    let (responded, ()) = tokio::join!(time::timeout(LONG, transport.respond(&received[0].reply, &response)), restart);
    responded.unwrap().unwrap();
    assert_eq!(redis.command(&["DBSIZE"]), Reply::Int(1));
}

#[tokio::test]
async fn pushes_and_pops_wait_while_redis_is_read_only() {
    let redis = RedisServer::start();
    let (pusher, mut popper) = (pusher(&redis.url()), popper(&redis.url()));
    pusher.push(message("list", "a")).await.unwrap();
    popper.pop(&["list".into()], 1, LONG).await.unwrap();
    redis.command(&["REPLICAOF", "127.0.0.1", "1"]);
    for size in [10, 20_000] {
        let error = loop {
            let deadline = Instant::now() + Duration::from_millis(200);
            let push = pusher.push(Push { deadline, ..message("list", vec![b'x'; size]) });
            let error = push.await.unwrap_err().to_string();
            // Where the deadline comes while Redis is asked once more, nobody can know.
            if !error.contains("did not confirm the message in time") {
                break error;
            }
        };
        assert!(error.starts_with("Redis redis://") && error.contains(" is out of order: "), "{error}");
        assert!(error.contains("READONLY"), "{error}");
    }
    let error = popper.pop(&["list".into()], 1, LONG).await.unwrap_err();
    assert!(error.to_string().contains("READONLY"), "{error}");
    let promotion = async {
        time::sleep(Duration::from_millis(50)).await;
        redis.command(&["REPLICAOF", "NO", "ONE"]);
    };
    let (pushed, ()) = tokio::join!(pusher.push(message("list", "b")), promotion);
    pushed.unwrap();
    assert_eq!(popper.pop(&["list".into()], 1, LONG).await.unwrap()[0].frame, "b");
}

#[tokio::test]
async fn a_push_waits_while_redis_loads_its_data() {
    // Loading takes a second and lets connections in all the while.
    let slow = RedisServer::builder().appendonly(true).config("key-load-delay", "200");
    let redis = Arc::new(slow.start());
    redis.command(&["EVAL", "for i = 1, 5000 do redis.call('SET', 'key' .. i, i) end", "0"]);
    let node = node(&redis.url());
    let (pusher, mut popper) = (Pusher::new(Arc::clone(&node)), Popper::new(Arc::clone(&node), LONG));
    redis.stop();
    let restart = spawn_blocking({
        let redis = Arc::clone(&redis);
        move || redis.restart()
    });
    let mut push = pin!(pusher.push(message("list", "a")));
    let mut was_loading = false;
    while let Err(_waits) = time::timeout(Duration::from_millis(10), &mut push).await.map(Result::unwrap) {
        was_loading |= node.failure().is_some_and(|failure| failure.contains("LOADING"));
    }
    assert!(was_loading);
    assert_eq!(popper.pop(&["list".into()], 1, LONG).await.unwrap()[0].frame, "a");
    restart.await.unwrap();
}

#[tokio::test]
async fn a_redis_without_memory_says_so() {
    let redis = RedisServer::builder().config("maxmemory", "1").start();
    let pusher = pusher(&redis.url());
    for size in [10, 20_000] {
        let error = pusher.push(message("list", vec![b'x'; size])).await.unwrap_err();
        assert!(error.to_string().contains("refused the message: OOM"), "{error}");
    }
}

#[tokio::test]
async fn what_is_no_redis_is_told_in_one_line() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let _ = std::io::Write::write_all(&mut connection.unwrap(), b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let deadline = Instant::now() + Duration::from_millis(500);
    let pushed = pusher(&format!("redis://{address}")).push(Push { deadline, ..message("list", "a") }).await;
    let error = pushed.unwrap_err().to_string();
    assert!(error.contains("does not speak the protocol of Redis") && !error.contains('\n'), "{error}");
}

#[tokio::test]
async fn a_missing_or_wrong_password_is_told_without_showing_one() {
    let redis = RedisServer::builder().config("requirepass", "right-secret").start();
    let address = redis.addr();
    for (login, expected) in [("", "NOAUTH"), (":wrong-secret@", "the login was refused")] {
        let pusher = pusher(&format!("redis://{login}{address}"));
        let deadline = Instant::now() + Duration::from_millis(500);
        let error = pusher.push(Push { deadline, ..message("list", "a") }).await.unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains("secret"), "{error}");
        assert!(!format!("{pusher:?}").contains("secret"));
    }
    pusher(&format!("redis://:right-secret@{address}")).push(message("list", "a")).await.unwrap();
}
