//! The service as a fleet of worker processes.

use std::{collections::BTreeSet, thread};

use rustix::process::Signal;
use serde_json::json;
use soa_fixtures::{PythonClient, RedisServer};

use crate::{
    caller::Caller,
    our_client::OurClient,
    service::{OurService, OurServiceBuilder},
    wire,
};

/// A service of two workers that take one job at a time.
pub(crate) fn two_workers(redis: &RedisServer) -> OurServiceBuilder {
    OurService::builder("ours", &[redis.port()]).argument("--fork=2").setting("concurrency", json!(1))
}

fn client(redis: &RedisServer) -> OurClient {
    OurClient::new(&["ours"], &[redis.port()])
}

/// The process ids of both workers: two jobs that take a moment each are seldom run by one.
pub(crate) fn worker_pids(client: &OurClient) -> BTreeSet<i64> {
    let mut pids = BTreeSet::new();
    wire::wait_until("both workers answer", || {
        let bodies = client.bodies("ours", "sleep", [json!({"seconds": 0.1}), json!({"seconds": 0.1})]);
        pids = bodies.iter().map(|body| body["pid"].as_i64().unwrap()).collect();
        pids.len() == 2
    });
    pids
}

#[test]
fn respawns_a_worker_that_was_killed() {
    let redis = RedisServer::start();
    let service = two_workers(&redis).start();
    let client = client(&redis);
    let before = worker_pids(&client);
    assert!(!before.contains(&i64::from(service.pid())), "the parent does not work");
    let crash = json!({"service_name": "ours", "action": "crash", "timeout": 1});
    assert_eq!(client.call("call_action", &crash)["raises"], "MessageReceiveTimeout");
    let after = worker_pids(&client);
    assert_eq!(before.intersection(&after).count(), 1, "{before:?} became {after:?}");
}

#[test]
fn is_only_partly_blocked_by_a_thread_that_does_not_yield() {
    let redis = RedisServer::start();
    let _service = two_workers(&redis).start();
    let client = client(&redis);
    let workers = worker_pids(&client);
    let spin = json!([{"action": "spin", "body": {"seconds": 300}}]);
    client.call("send_request", &json!({"service_name": "ours", "actions": spin, "suppress_response": true}));
    // It is first in the queue, so one worker has it before any of these is taken.
    let answered: BTreeSet<_> =
        (0..20).map(|_| client.body("ours", "pid", json!({}))["pid"].as_i64().unwrap()).collect();
    assert!(answered.len() == 1 && answered.is_subset(&workers), "{answered:?} of {workers:?} answered");
}

#[test]
fn finishes_its_jobs_when_it_is_told_to_stop() {
    for arguments in [&[][..], &["--fork=2"]] {
        let redis = RedisServer::start();
        let builder = OurService::builder("ours", &[redis.port()]);
        let mut service = arguments.iter().fold(builder, |builder, argument| builder.argument(argument)).start();
        let client = client(&redis);
        client.body("ours", "pid", json!({}));
        let answer = thread::scope(|scope| {
            let call = scope.spawn(|| client.body("ours", "sleep", json!({"seconds": 0.5})));
            // The job has begun when its request was pushed, after another and its answer, and taken.
            wire::wait_until("the request is pushed", || wire::pushes(&redis) > 2);
            wire::wait_for_length(&redis, "pysoa:service.ours", 0);
            service.signal(Signal::TERM);
            call.join().unwrap()
        });
        assert!(answer["pid"].is_i64());
        assert!(service.wait().success(), "{}", service.log());
    }
}

#[test]
fn loses_no_request_when_one_of_two_stops() {
    let redis = RedisServer::start();
    let builder = OurService::builder("ours", &[redis.port()]).argument("--fork=2");
    let _stays = builder.start();
    let client = client(&redis);
    for _ in 0..2 {
        let mut stops = builder.start();
        wire::wait_until("it works", || stops.log().matches("started: ").count() == 2);
        thread::scope(|scope| {
            let calls = scope.spawn(|| {
                for round in 0..40_u64 {
                    let numbers = || (0..50).map(|number| 100 + round * 50 + number);
                    let bodies = client.bodies("ours", "square", numbers().map(|number| json!({"number": number})));
                    let expected: Vec<_> = numbers().map(|number| json!({"square": number * number})).collect();
                    assert_eq!(bodies, expected);
                }
            });
            let before = wire::pushes(&redis);
            wire::wait_until("calls are under way", || wire::pushes(&redis) > before + 20);
            stops.signal(Signal::TERM);
            calls.join().unwrap();
        });
        assert!(stops.wait().success(), "{}", stops.log());
    }
}

#[test]
fn runs_jobs_whose_answer_nobody_wants() {
    let redis = RedisServer::start();
    let _service = OurService::builder("ours", &[redis.port()]).setting("concurrency", json!(1)).start();
    let python = PythonClient::builder().service("ours").redis(redis.port()).start();
    let rust = client(&redis);
    let callers: [&dyn Caller; 2] = [&python, &rust];
    for caller in callers {
        let request = json!({"service_name": "ours", "actions": [{"action": "pid"}], "suppress_response": true});
        assert!(caller.call("send_request", &request).is_u64());
        // One job at a time, so the one before is over when this one is answered. It is asked by our client, since
        // PySOA's waits for the answer that it did not want.
        assert_eq!(rust.body("ours", "square", json!({"number": 7})), json!({"square": 49}));
        let lists = redis.command(&["KEYS", "pysoa:service.ours.*"]);
        assert_eq!(lists, soa_fixtures::Reply::Array(Vec::new()));
    }
}
