//! What acts for a transport whose runtime is stuck.

use std::{pin::pin, sync::Arc, thread};

use futures_util::poll;
use soa_common::{
    ActionResponse, Body, JobResponse,
    transport::{
        Received, Rescue, ServerTransport,
        redis::{RedisReply, RedisServerTransport},
    },
};
use soa_fixtures::RedisServer;
use tokio::{runtime::Builder, sync::oneshot, time::timeout};

use super::{
    LONG, list,
    server::{REQUESTS, RESPONSES, receive_one, request, send, settings, transport},
};

/// A thread with a runtime that runs a transport and then does not yield until it is released.
struct Stuck<T> {
    release: std::sync::mpsc::Sender<()>,
    thread: thread::JoinHandle<T>,
}

impl<T: Send + 'static> Stuck<T> {
    /// Runs `before` on the runtime, which calls what it is given to block it.
    async fn start<F>(before: impl FnOnce(Box<dyn FnOnce() + Send>) -> F + Send + 'static) -> Self
    where
        F: Future<Output = T>,
    {
        let (release, released) = std::sync::mpsc::channel();
        let (stuck, is_stuck) = oneshot::channel();
        let block = Box::new(move || {
            stuck.send(()).unwrap();
            released.recv_timeout(LONG).unwrap();
        });
        let thread =
            thread::spawn(move || Builder::new_current_thread().enable_all().build().unwrap().block_on(before(block)));
        timeout(LONG, is_stuck).await.unwrap().unwrap();
        Self { release, thread }
    }

    async fn release(self) -> T {
        self.release.send(()).unwrap();
        let joined = tokio::task::spawn_blocking(|| self.thread.join().unwrap());
        timeout(LONG, joined).await.unwrap().unwrap()
    }
}

fn is_blocked(redis: &RedisServer) -> bool {
    let clients = redis.command(&["INFO", "clients"]);
    String::from_utf8_lossy(clients.bytes()).contains("blocked_clients:1")
}

fn response(text: &str) -> JobResponse {
    let action = ActionResponse { action: text.into(), errors: Vec::new(), body: Body::empty() };
    JobResponse { actions: vec![action], ..JobResponse::default() }
}

fn ids(received: &[Received<RedisReply>]) -> Vec<&str> {
    received.iter().map(|request| &*request.request_id).collect()
}

/// Sends requests at once.
fn send_all(redis: &RedisServer, frames: &[Vec<u8>]) {
    let command = [b"RPUSH".to_vec(), REQUESTS.into()];
    redis.command(&command.iter().chain(frames).collect::<Vec<_>>());
}

fn shared(redis: &RedisServer) -> (Arc<RedisServerTransport>, Box<dyn Rescue<RedisReply>>) {
    let transport = Arc::new(transport(&settings(&redis.url())));
    let rescue = transport.rescue().unwrap();
    (transport, rescue)
}

/// Waits with a pop under way that Redis has begun, and is stuck then.
async fn stuck_in_a_pop(
    redis: &RedisServer,
    transport: &Arc<RedisServerTransport>,
) -> Stuck<Vec<Received<RedisReply>>> {
    let transport = Arc::clone(transport);
    let (begin, begun) = oneshot::channel::<()>();
    let stuck = Stuck::start(async move |block| {
        let mut receive = pin!(transport.receive(10));
        tokio::select! {
            biased;
            _ = begun => {}
            _ = &mut receive => panic!("nothing was sent"),
        }
        block();
        receive.await.unwrap()
    });
    let ((), stuck) = tokio::join!(
        async {
            while !is_blocked(redis) {
                tokio::task::yield_now().await;
            }
            begin.send(()).unwrap();
        },
        stuck
    );
    stuck
}

#[tokio::test]
async fn what_a_pop_took_and_nobody_read_goes_back_in_order() {
    let redis = RedisServer::start();
    let (transport, rescue) = shared(&redis);
    let stuck = stuck_in_a_pop(&redis, &transport).await;
    let frames: Vec<_> = (1..=3).map(request).collect();
    send_all(&redis, &frames);
    assert!(list(&redis, REQUESTS).is_empty(), "the pop took them");

    rescue.relieve().await;
    assert_eq!(list(&redis, REQUESTS), frames);
    assert!(redis.command(&["TTL", REQUESTS]).int() > 0, "the list does not live for ever");

    let received = stuck.release().await;
    assert_eq!(ids(&received), ["1", "2", "3"], "and comes once when the runtime goes on");
    assert!(list(&redis, REQUESTS).is_empty());
}

#[tokio::test]
async fn a_pop_ends_and_takes_nothing_more() {
    let redis = RedisServer::start();
    let (transport, rescue) = shared(&redis);
    let stuck = stuck_in_a_pop(&redis, &transport).await;
    // A second time there is nothing to be done.
    for _ in 0..2 {
        rescue.relieve().await;
        assert!(!is_blocked(&redis));
    }
    send(&redis, &request(1));
    assert_eq!(list(&redis, REQUESTS).len(), 1, "for other workers");

    assert_eq!(ids(&stuck.release().await), ["1"]);
}

#[tokio::test]
async fn a_pop_that_redis_does_not_let_us_end_is_waited_for() {
    let redis = RedisServer::start();
    redis.command(&["ACL", "SETUSER", "default", "-client|unblock"]);
    let (transport, rescue) = shared(&redis);
    let stuck = stuck_in_a_pop(&redis, &transport).await;
    send_all(&redis, &[request(1)]);
    rescue.relieve().await;
    assert_eq!(list(&redis, REQUESTS).len(), 1);
    stuck.release().await;
}

#[tokio::test]
async fn responses_that_wait_to_be_sent_are_sent_once() {
    let redis = RedisServer::start();
    let (transport, rescue) = shared(&redis);
    send_all(&redis, &[request(1), request(2)]);
    let stuck = Stuck::start(async move |block| {
        let received = transport.receive(2).await.unwrap();
        // The first one makes the connection.
        transport.respond(&received[0].reply, &response("first")).await.unwrap();
        let response = response("second");
        let mut second = pin!(transport.respond(&received[1].reply, &response));
        assert!(poll!(&mut second).is_pending());
        block();
        second.await
    })
    .await;
    assert_eq!(list(&redis, RESPONSES).len(), 1);

    rescue.relieve().await;
    until_length(&redis, RESPONSES, 2).await;

    stuck.release().await.unwrap();
    assert_eq!(list(&redis, RESPONSES).len(), 2, "and not again");
}

/// Before a large message is pushed, Redis is asked how long its list is.
#[tokio::test]
async fn a_response_that_waits_for_the_length_of_its_list_is_sent_once() {
    let redis = RedisServer::start();
    let (transport, rescue) = shared(&redis);
    send_all(&redis, &[request(1), request(2)]);
    let (begin, begun) = oneshot::channel::<()>();
    let (received, is_received) = oneshot::channel::<()>();
    let running = Stuck::start(async move |block| {
        let requests = transport.receive(2).await.unwrap();
        transport.respond(&requests[0].reply, &response("first")).await.unwrap();
        let large = response(&"x".repeat(100_000));
        let mut second = pin!(transport.respond(&requests[1].reply, &large));
        received.send(()).unwrap();
        begun.await.unwrap();
        // So that the task behind it has asked for the length.
        for _ in 0..10 {
            assert!(poll!(&mut second).is_pending());
            tokio::task::yield_now().await;
        }
        block();
        second.await
    });
    let paused = async {
        is_received.await.unwrap();
        redis.pause();
        begin.send(()).unwrap();
    };
    let (stuck, ()) = tokio::join!(running, paused);
    redis.resume();

    rescue.relieve().await;
    until_length(&redis, RESPONSES, 2).await;
    stuck.release().await.unwrap();
    assert_eq!(list(&redis, RESPONSES).len(), 2, "and not again");
}

/// A response larger than what the system holds for a Redis that reads nothing.
#[tokio::test]
async fn a_response_that_is_half_sent_is_sent_to_its_end() {
    let redis = RedisServer::start();
    // So that nothing is asked before a large response is sent.
    redis.command(&["ACL", "SETUSER", "default", "-multi"]);
    let mut settings = settings(&redis.url());
    (settings.maximum_message_size, settings.log_messages_larger_than) = (1 << 30, 0);
    let transport = Arc::new(transport(&settings));
    let rescue = transport.rescue().unwrap();
    send_all(&redis, &[request(1), request(2)]);
    let (begin, begun) = oneshot::channel::<()>();
    let (answered, is_answered) = oneshot::channel::<()>();
    let running = Stuck::start(async move |block| {
        let requests = transport.receive(2).await.unwrap();
        for text in ["x".repeat(100_000), "small".to_owned()] {
            transport.respond(&requests[0].reply, &response(&text)).await.unwrap();
        }
        let huge = response(&"x".repeat(32 << 20));
        let mut second = pin!(transport.respond(&requests[1].reply, &huge));
        answered.send(()).unwrap();
        begun.await.unwrap();
        // So that the task behind it has sent what it can.
        for _ in 0..10 {
            assert!(poll!(&mut second).is_pending());
            tokio::task::yield_now().await;
        }
        block();
        second.await
    });
    let paused = async {
        is_answered.await.unwrap();
        redis.pause();
        begin.send(()).unwrap();
    };
    let (stuck, ()) = tokio::join!(running, paused);
    let mut relief = rescue.relieve();
    assert!(poll!(&mut relief).is_pending(), "Redis has not read all");
    redis.resume();
    relief.await;
    until_length(&redis, RESPONSES, 3).await;
    stuck.release().await.unwrap();
    assert_eq!(list(&redis, RESPONSES).len(), 3, "and not again");
}

#[tokio::test]
async fn a_request_that_was_not_started_goes_back_to_the_head() {
    let redis = RedisServer::start();
    let (transport, rescue) = shared(&redis);
    let frames = [request(1), request(2)];
    send(&redis, &frames[0]);
    let received = receive_one(&transport).await;
    send(&redis, &frames[1]);
    redis.command(&["EXPIRE", REQUESTS, "5000"]);

    rescue.put_back(&received.reply).await.unwrap();
    assert_eq!(list(&redis, REQUESTS), frames);
    assert!(redis.command(&["TTL", REQUESTS]).int() > 4000, "the life of a list is not made shorter");
}

#[tokio::test]
async fn another_master_takes_back_what_the_first_does_not() {
    let (down, up) = (RedisServer::start(), RedisServer::start());
    let transport = transport(&settings(&format!("{},{}", down.url(), up.url())));
    let rescue = transport.rescue().unwrap();
    send(&up, &request(1));
    let received = loop {
        let mut received = transport.receive(2).await.unwrap();
        if let Some(received) = received.pop() {
            break received;
        }
    };
    transport.stop();
    while !transport.receive(2).await.unwrap().is_empty() {}
    down.kill();
    rescue.put_back(&received.reply).await.unwrap();
    assert_eq!(list(&up, REQUESTS).len(), 1);
}

#[tokio::test]
async fn it_answers_in_place_of_the_transport() {
    let redis = RedisServer::start();
    let (transport, rescue) = shared(&redis);
    send(&redis, &request(1));
    let received = receive_one(&transport).await;
    rescue.respond(&received.reply, &response("late")).await.unwrap();
    assert_eq!(list(&redis, RESPONSES).len(), 1);
    assert_eq!(transport.stats().responded, 1);
}

async fn until_length(redis: &RedisServer, key: &str, length: usize) {
    let reached = async {
        while list(redis, key).len() != length {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, reached).await.unwrap();
}
