//! Answers in several pieces.

use serde_json::{Value as Json, json};
use soa_fixtures::{PythonClient, PythonService, PythonServiceBuilder, RedisServer};

use crate::{
    caller::Caller,
    our_client::OurClient,
    service::{OurService, OurServiceBuilder},
};

fn python(name: &str, redis: &RedisServer) -> PythonServiceBuilder {
    PythonService::builder(name)
        .redis(redis.port())
        .transport("chunk_messages_larger_than_bytes", "102400")
        .transport("maximum_message_size_in_bytes", "1024000")
}

fn ours(name: &str, redis: &RedisServer) -> OurServiceBuilder {
    OurService::builder(name, &[redis.port()])
        .transport("chunk_messages_larger_than_bytes", json!(102_400))
        .transport("maximum_message_size_in_bytes", json!(1_024_000))
}

fn python_client(services: &[&str], redis: &RedisServer) -> PythonClient {
    services.iter().fold(PythonClient::builder().redis(redis.port()), |client, service| client.service(service)).start()
}

/// Gets answers of different sizes at once, from one piece to six, and looks whether each is its own.
#[track_caller]
fn check_parallel(client: &impl Caller, service: &str) {
    let sizes: Vec<u64> = (0..12).map(|number| 10 + number * 52_000).collect();
    let blobs = client.bodies(service, "big", sizes.iter().map(|size| json!({"size": size})));
    let lengths: Vec<_> = blobs.iter().map(|body| length(&body["blob"])).collect();
    assert_eq!(lengths, sizes);
}

fn length(blob: &Json) -> u64 {
    let text = blob.as_str().unwrap();
    assert!(text.bytes().all(|byte| byte == b'a'));
    text.len() as u64
}

#[test]
fn of_several_python_workers_never_mix_in_our_client() {
    let redis = RedisServer::start();
    let _workers = python("peer", &redis).start_workers(3);
    let client = OurClient::new(&["peer"], &[redis.port()]);
    for _ in 0..3 {
        check_parallel(&client, "peer");
    }
}

#[test]
fn of_our_workers_all_reach_a_python_client() {
    let redis = RedisServer::start();
    let _ours = ours("ours", &redis).argument("--fork=2").start();
    let client = python_client(&["ours"], &redis);
    for _ in 0..3 {
        check_parallel(&client, "ours");
    }
    check_parallel(&OurClient::new(&["ours"], &[redis.port()]), "ours");
}

/// One service, run by both frameworks at once. PySOA's client reads its list as one stream, which the pieces that a
/// PySOA worker pushes one by one break when others answer meanwhile: it asks for large answers one at a time.
#[test]
fn of_both_frameworks_on_one_queue() {
    let redis = RedisServer::start();
    let _ours = ours("mixed", &redis).start();
    let _theirs = python("mixed", &redis).start_workers(2);
    let ours = OurClient::new(&["mixed"], &[redis.port()]);
    let python = python_client(&["mixed"], &redis);
    let squares = || (0..40).map(|number| json!({"number": number % 13}));
    for _ in 0..3 {
        check_parallel(&ours, "mixed");
        for body in [ours.bodies("mixed", "square", squares()), python.bodies("mixed", "square", squares())] {
            let expected: Vec<_> = (0..40).map(|number| json!({"square": (number % 13) * (number % 13)})).collect();
            assert_eq!(body, expected);
        }
        for size in [300_000, 10, 600_000] {
            assert_eq!(length(&python.body("mixed", "big", json!({"size": size}))["blob"]), size);
        }
    }
}

#[test]
fn are_not_for_old_versions() {
    let redis = RedisServer::start();
    let _theirs = python("theirs", &redis).start();
    let _ours = ours("ours", &redis).start();
    let client = PythonClient::builder().redis(redis.port()).service("theirs").service("ours");
    let client = client.transport("protocol_version", "2").start();
    let answers = ["theirs", "ours"].map(|service| {
        let arguments = json!({"service_name": service, "action": "big", "body": {"size": 200_000}});
        Caller::call(&client, "call_action", &arguments)
    });
    assert_eq!(answers[0]["errors"][0]["code"], "RESPONSE_TOO_LARGE");
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn end_at_the_largest_message() {
    let redis = RedisServer::start();
    let _theirs = python("theirs", &redis).start();
    let _ours = ours("ours", &redis).start();
    let services = ["theirs", "ours"];
    let callers: [&dyn Caller; 2] = [&python_client(&services, &redis), &OurClient::new(&services, &[redis.port()])];
    for caller in callers {
        for service in services {
            let arguments = json!({"service_name": service, "action": "big", "body": {"size": 1_024_000}});
            let answer = caller.call("call_action", &arguments);
            assert_eq!(answer["errors"][0]["code"], "RESPONSE_TOO_LARGE", "{service}");
            assert_eq!(length(&caller.body(service, "big", json!({"size": 1_000_000}))["blob"]), 1_000_000);
        }
    }
}
