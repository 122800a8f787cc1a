//! Redis goes away and comes back.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use serde_json::json;
use soa_fixtures::{FaultProxy, PythonClient, RedisServer};

use crate::{
    caller::Caller,
    fleet::{two_workers, worker_pids},
    our_client::OurClient,
    service::OurService,
    wire::wait_until,
};

#[derive(Debug, PartialEq)]
enum Outcome {
    Right,
    TransportError,
}

/// A call that may fail with a transport error, but must not be answered wrongly.
#[track_caller]
fn square(caller: &dyn Caller, number: usize) -> Outcome {
    let number = number % 13;
    let call = json!({"service_name": "ours", "action": "square", "body": {"number": number}, "timeout": 2});
    let answer = caller.call("call_action", &call);
    match answer["raises"].as_str() {
        None => {
            assert_eq!(answer["body"], json!({"square": number * number}));
            Outcome::Right
        }
        Some(class) => {
            assert!(class.starts_with("Message"), "{answer}");
            Outcome::TransportError
        }
    }
}

/// Calls without end while something goes wrong; then calls work again, every one of them.
#[track_caller]
fn call_during(client: &OurClient, trouble: impl FnOnce()) {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let calls =
            scope.spawn(|| (0..).take_while(|_| !is_over.load(Ordering::Relaxed)).map(|n| square(client, n)).last());
        trouble();
        is_over.store(true, Ordering::Relaxed);
        calls.join().unwrap();
    });
    wait_until("calls work again", || square(client, 3) == Outcome::Right);
    for number in 0..20 {
        assert_eq!(square(client, number), Outcome::Right);
    }
}

#[test]
fn of_a_restart_end_neither_service_nor_client() {
    let redis = RedisServer::builder().appendonly(true).start();
    let _service = two_workers(&redis).start();
    let client = OurClient::new(&["ours"], &[redis.port()]);
    let python = PythonClient::builder().service("ours").redis(redis.port()).start();
    let workers = worker_pids(&client);
    call_during(&client, || {
        redis.restart();
        square(&client, 3);
        redis.kill();
        redis.restart();
    });
    // Its connection broke with the first restart; the next call makes another.
    square(&python, 0);
    assert_eq!(square(&python, 5), Outcome::Right);
    assert_eq!(worker_pids(&client), workers);
}

#[test]
fn of_connections_end_neither_service_nor_client() {
    let redis = RedisServer::start();
    let [to_service, to_client] = [&redis, &redis].map(|redis| FaultProxy::start(redis.addr()));
    let _service = OurService::builder("ours", &[to_service.port()]).start();
    let client = OurClient::new(&["ours"], &[to_client.port()]);
    let pid = client.body("ours", "pid", json!({}));
    for proxy in [&to_service, &to_client] {
        call_during(&client, || {
            for number in 0..5 {
                proxy.cut();
                square(&client, number);
            }
        });
        call_during(&client, || {
            proxy.refuse();
            proxy.cut();
            square(&client, 1);
            proxy.resume();
        });
    }
    assert_eq!(client.body("ours", "pid", json!({})), pid);
}

#[test]
fn at_the_start_are_waited_out() {
    let redis = RedisServer::start();
    redis.stop();
    let service = OurService::builder("ours", &[redis.port()]).start();
    let client = OurClient::new(&["ours"], &[redis.port()]);
    assert_eq!(square(&client, 1), Outcome::TransportError);
    wait_until("the service complains", || service.log().contains(&redis.port().to_string()));
    redis.restart();
    wait_until("calls work", || square(&client, 3) == Outcome::Right);
}
