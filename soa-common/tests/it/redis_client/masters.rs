//! Which of several masters requests go to.

use std::pin::pin;

use futures_util::{future::join_all, poll};

use super::*;

/// Two masters with a service at each, which shows what it is and goes.
async fn masters(is_ours: bool) -> ([Arc<RedisServer>; 2], RedisClientTransport) {
    let redis = [(); 2].map(|()| Arc::new(RedisServer::start()));
    let services = redis.each_ref().map(|redis| Fake::start(redis, move |got| vec![got.answer(is_ours)]));
    let transport = RedisClientTransport::new(SERVICE, settings(&[&redis[0], &redis[1]])).unwrap();
    call(&transport, 1, LONG).await.unwrap();
    call(&transport, 2, LONG).await.unwrap();
    drop(services);
    (redis, transport)
}

/// How many requests wait at each master.
fn lengths(redis: &[Arc<RedisServer>; 2]) -> [i64; 2] {
    redis.each_ref().map(|redis| redis.command(&["LLEN", "pysoa:service.fake"]).int())
}

/// Sends requests that want no response in one moment, however long that takes.
async fn send_unanswered(transport: &RedisClientTransport, count: u64) {
    let sends = (0..count).map(async |id| {
        let mut request = request(id, LONG);
        request.job.control = Control::default().with("suppress_response", true);
        drop(transport.send(request).await.unwrap());
    });
    tokio::time::pause();
    let mut sends = pin!(join_all(sends));
    let polled = poll!(&mut sends);
    tokio::time::resume();
    if polled.is_pending() {
        sends.await;
    }
}

/// Each master costs client and server a command: requests of one moment once went to all of them. PySOA's servers take
/// one request at a time and wait at masters that have none: there they still do.
#[tokio::test]
async fn requests_of_one_moment_go_to_one_master_of_our_servers() {
    for (is_ours, expected) in [(true, [[0, 16], [288, 512]]), (false, [[8, 8], [400, 400]])] {
        let (redis, transport) = masters(is_ours).await;
        let send = async |count: u64| {
            let before = lengths(&redis);
            send_unanswered(&transport, count).await;
            let after = lengths(&redis);
            let mut sent = [after[0] - before[0], after[1] - before[1]];
            sent.sort_unstable();
            sent
        };
        assert_eq!([send(1).await, send(1).await], [[0, 1]; 2]);
        assert_eq!(lengths(&redis), [1, 1], "one after the other");
        assert_eq!([send(16).await, send(800).await], expected);
    }
}

/// Many calls in flight once came apart into ever smaller groups, as each flush went to the next master.
#[tokio::test]
async fn calls_in_flight_keep_those_of_the_same_moment_at_their_master() {
    let (redis, transport) = masters(true).await;
    let mut pending = Vec::new();
    // On a slow machine the moment may be over.
    for _ in 0..100 {
        let before = lengths(&redis);
        pending.push(send(&transport, 3, LONG).await);
        send_unanswered(&transport, 1).await;
        let after = lengths(&redis);
        if after[0] == before[0] || after[1] == before[1] {
            return;
        }
    }
    panic!("the second one always went to the other master");
}

/// Calls that nobody answers once drew all others to their master.
#[tokio::test]
async fn a_call_that_waits_keeps_no_later_ones_at_its_master() {
    let (redis, transport) = masters(true).await;
    let before = lengths(&redis);
    let _pending = send(&transport, 3, LONG).await;
    for _ in 0..7 {
        tokio::time::pause();
        tokio::time::advance(Duration::from_millis(20)).await;
        tokio::time::resume();
        send_unanswered(&transport, 1).await;
    }
    let after = lengths(&redis);
    assert_eq!([after[0] - before[0], after[1] - before[1]], [4, 4]);
}

/// Every second request went to a master that did not answer, until that was known to be down.
#[tokio::test]
async fn a_master_that_hangs_gets_no_further_requests() {
    for is_ours in [true, false] {
        let (redis, transport) = masters(is_ours).await;
        redis[1].pause();
        let mut unsent = 0;
        for id in 100..120 {
            let mut request = request(id, LONG);
            request.job.control = Control::default().with("suppress_response", true);
            let sent = tokio::time::timeout(Duration::from_millis(300), transport.send(request)).await;
            unsent += usize::from(sent.is_err());
        }
        redis[1].resume();
        assert_eq!(unsent, 1);
    }
}
