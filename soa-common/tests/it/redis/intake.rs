//! A server that pops from several masters.

use std::{net::TcpListener, time::Duration};

use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use soa_common::{
    JobResponse,
    transport::{ServerTransport, redis::keys},
};
use soa_fixtures::RedisServer;
use tokio::time;

use super::{
    LONG, list,
    server::{REQUESTS, request, request_to, send, settings, transport},
};

fn urls(servers: &[RedisServer]) -> String {
    servers.iter().map(RedisServer::url).collect::<Vec<_>>().join(",")
}

fn left(servers: &[RedisServer]) -> usize {
    servers.iter().map(|redis| usize::try_from(redis.command(&["LLEN", REQUESTS]).int()).unwrap()).sum()
}

#[tokio::test]
async fn never_more_is_popped_than_there_are_free_places() {
    let servers = [RedisServer::start(), RedisServer::start(), RedisServer::start()];
    let transport = transport(&settings(&urls(&servers)));
    for (index, redis) in servers.iter().enumerate() {
        (0..40).for_each(|id| send(redis, &request(100 * index as u64 + id)));
    }
    let mut ids = Vec::new();
    for free in [1, 2, 3, 4, 7, 64] {
        let mut places = free;
        while places > 0 && ids.len() < 120 {
            // It is told of the others when it waits.
            let mut receive = transport.receive(1);
            let received = match (&mut receive).now_or_never() {
                Some(received) => received.unwrap(),
                None => {
                    transport.freed(places);
                    receive.await.unwrap()
                }
            };
            places -= received.len();
            ids.extend(received.into_iter().map(|request| request.request_id));
            assert!(left(&servers) + ids.len() + places >= 120, "{free}: {} and {places}", ids.len());
        }
    }
    while ids.len() < 120 {
        ids.extend(transport.receive(64).await.unwrap().into_iter().map(|request| request.request_id));
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 120);
}

/// Requests that one worker took all at once were run long after they came, while others had none.
#[tokio::test]
async fn a_pop_takes_only_some_of_many() {
    let servers = [RedisServer::start()];
    let transport = transport(&settings(&urls(&servers)));
    (0..100).for_each(|id| send(&servers[0], &request(id)));
    for expected in [32, 32, 32, 4] {
        assert_eq!(transport.receive(64).await.unwrap().len(), expected);
    }
}

/// While all free places were spoken for by the pop of an empty list, no other was looked at until it ended.
#[tokio::test]
async fn places_that_come_free_are_used_at_once() {
    let servers = [RedisServer::start(), RedisServer::start()];
    let transport = transport(&settings(&urls(&servers)));
    for redis in &servers {
        send(redis, &request(1));
        assert_eq!(transport.receive(4).await.unwrap().len(), 1);
    }
    // Each pops one or two by now. The second one does not answer.
    servers[1].pause();
    send(&servers[0], &request(2));
    assert_eq!(transport.receive(4).await.unwrap().len(), 1);
    send(&servers[0], &request(3));
    let mut receive = transport.receive(1);
    assert!((&mut receive).now_or_never().is_none(), "the second one may give it");
    transport.freed(4);
    let received = time::timeout(Duration::from_secs(2), receive).await.expect("it waits for the other pop");
    assert_eq!(received.unwrap()[0].request_id, "3");
    servers[1].resume();
}

/// Places that waited at the empty list of one master were not to be had at another for up to a second, however many
/// requests that had.
#[tokio::test]
async fn places_that_wait_in_vain_are_called_back() {
    let servers = [RedisServer::start(), RedisServer::start()];
    let transport = transport(&settings(&urls(&servers)));
    // With so many, each shows that it may have more, and is asked for half of the places.
    servers.iter().for_each(|redis| (0..8).for_each(|id| send(redis, &request(id))));
    let mut left = 16;
    while left > 0 {
        left -= transport.receive(12).await.unwrap().len();
    }
    assert!(transport.receive(12).now_or_never().is_none(), "both are empty, and asked for 6");
    for redis in &servers {
        send(redis, &request(1));
        assert_eq!(transport.receive(12).await.unwrap().len(), 1);
        // The other one has more places than there are now.
        send(redis, &request(2));
        let received = time::timeout(Duration::from_millis(500), transport.receive(6)).await;
        assert_eq!(received.expect("the places are called back").unwrap().len(), 1);
    }
}

/// Nothing else would end the pop of a master that does not answer.
#[tokio::test]
async fn a_busy_master_that_hangs_keeps_half_of_the_places_at_most() {
    let servers = [RedisServer::start(), RedisServer::start()];
    let transport = transport(&settings(&urls(&servers)));
    servers.iter().for_each(|redis| (0..200).for_each(|id| send(redis, &request(id))));
    let mut received = 0;
    while received < 60 {
        received += transport.receive(12).await.unwrap().len();
    }
    servers[0].pause();
    while left(&servers[1..]) > 0 {
        let received = time::timeout(Duration::from_millis(500), transport.receive(12)).await;
        assert!(!received.expect("the other one has places").unwrap().is_empty());
    }
    servers[0].resume();
}

#[tokio::test]
async fn a_dead_master_costs_only_its_own_share() {
    let servers = [RedisServer::start(), RedisServer::start()];
    let refusing = RedisServer::start();
    refusing.stop();
    // Accepts nothing: whoever connects waits for a timeout as long as a receive lasts.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("redis://{}", silent.local_addr().unwrap());
    for free in [1, 64] {
        let dead = format!("{silent},{},{},{}", servers[0].url(), refusing.url(), servers[1].url());
        let transport = transport(&settings(&dead));
        for redis in [&servers[0], &servers[1], &servers[0], &servers[1]] {
            send(redis, &request(1));
            assert_eq!(transport.receive(free).await.unwrap().len(), 1);
        }
        if free == 64 {
            refusing.restart();
            send(&refusing, &request(9));
            while transport.receive(free).await.unwrap().is_empty() {}
        }
    }
}

#[tokio::test]
async fn responses_wait_for_a_dead_master_on_its_share_of_the_places() {
    let servers = [RedisServer::start(), RedisServer::start()];
    let transport = transport(&settings(&urls(&servers)));
    let is_dead = |reply_to: &String| keys::master_of(&keys::response_key(reply_to), 2) == 1;
    let reply_to = (0..).map(|number| format!("service.square.client!{number}")).find(is_dead).unwrap();
    (0..4).for_each(|id| send(&servers[0], &request_to(id, &reply_to)));
    let mut received = Vec::new();
    while received.len() < 4 {
        received.extend(transport.receive(4 - received.len()).await.unwrap());
    }
    servers[1].kill();
    let response = JobResponse::default();
    let mut responding: FuturesUnordered<_> =
        received.iter().map(|request| transport.respond(&request.reply, &response)).collect();
    for _ in 0..2 {
        let refused = time::timeout(LONG, responding.next()).await.unwrap().unwrap().unwrap_err();
        assert!(refused.to_string().contains("is out of order, and 2 responses wait for it already"), "{refused}");
    }
    servers[1].restart();
    for _ in 0..2 {
        time::timeout(LONG, responding.next()).await.unwrap().unwrap().unwrap();
    }
    assert_eq!(list(&servers[1], &format!("pysoa:{reply_to}")).len(), 2);
}

#[tokio::test]
async fn a_receive_that_is_dropped_loses_nothing() {
    let servers = [RedisServer::start(), RedisServer::start()];
    let transport = transport(&settings(&urls(&servers)));
    let mut received = Vec::new();
    for id in 0..60 {
        send(&servers[id as usize % 2], &request(id));
        let wait = Duration::from_micros(id * 50);
        if let Ok(some) = time::timeout(wait, transport.receive(16)).await {
            received.extend(some.unwrap());
        }
    }
    while received.len() < 60 {
        received.extend(transport.receive(16).await.unwrap());
    }
    let mut ids: Vec<u64> = received.iter().map(|request| request.request_id.parse().unwrap()).collect();
    ids.sort_unstable();
    assert!(ids.into_iter().eq(0..60));
}
