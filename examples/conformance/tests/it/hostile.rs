//! Frames that end a worker of PySOA.

use serde_json::{Value as Json, json};
use soa_fixtures::RedisServer;

use crate::{
    caller::Caller,
    fleet::worker_pids,
    our_client::OurClient,
    service::OurService,
    wire::{self, envelope, job, msgpack},
};

const REPLY_TO: &str = "service.ours.raw!1";

/// A good envelope.
fn good() -> Json {
    envelope(7, REPLY_TO, &job("square", &json!({"number": 7})))
}

/// A good envelope but for one part.
fn with(path: &str, value: Json) -> Vec<u8> {
    let mut envelope = good();
    let (parent, key) = path.rsplit_once('/').unwrap();
    envelope.pointer_mut(parent).unwrap()[key] = value;
    wire::frame(&envelope)
}

fn without(path: &str) -> Vec<u8> {
    let mut envelope = good();
    let (parent, key) = path.rsplit_once('/').unwrap();
    envelope.pointer_mut(parent).unwrap().as_object_mut().unwrap().shift_remove(key).unwrap();
    wire::frame(&envelope)
}

/// A good envelope whose body is `body`, given as bytes of MessagePack.
fn with_body(body: &[u8]) -> Vec<u8> {
    let mut frame = without("/body");
    let first = frame.iter().position(|byte| *byte == 0x82).expect("a map of two");
    frame[first] = 0x83;
    frame.extend_from_slice(&msgpack(&json!({"body": 0}))[1..6]);
    frame.extend_from_slice(body);
    frame
}

fn behind(header: &str, payload: &[u8]) -> Vec<u8> {
    [header.as_bytes(), payload].concat()
}

/// Frames that cannot be answered.
fn unanswerable() -> Vec<Vec<u8>> {
    let payload = msgpack(&good());
    let nested = [vec![0x91; 600], vec![0xc0]].concat();
    vec![
        behind("pysoa-redis/4//content-type:application/msgpack;", &payload),
        behind("pysoa-redis/99999999999999999999//", &payload),
        behind("pysoa-redis//", &payload),
        behind("content-type:application/json;", &payload),
        behind("content-type:application/json;", b"{\"request_id\": NaN}"),
        behind("content-type:application/json;", &vec![b'['; 100_000]),
        behind("pysoa-redis/3//content-type:application/msgpack;x-trace:1;", &payload),
        Vec::new(),
        b"pysoa-redis/3//".to_vec(),
        vec![0xc1],
        payload[..payload.len() / 4].to_vec(),
        b"[]".to_vec(),
        vec![0xc0],
        vec![0x90],
        vec![0x80],
        nested,
        vec![0xdd, 0xff, 0xff, 0xff, 0xff],
        vec![0xdf, 0xff, 0xff, 0xff, 0xff],
        vec![0xdb, 0xff, 0xff, 0xff, 0xff],
        vec![0xc6, 0xff, 0xff, 0xff, 0xff],
        vec![0xc9, 0xff, 0xff, 0xff, 0xff, 1],
        without("/request_id"),
        with("/request_id", Json::Null),
        without("/meta"),
        without("/meta/reply_to"),
        with("/meta", json!([])),
        with("/meta", json!(5)),
        with("/meta/reply_to", Json::Null),
        with("/meta/reply_to", json!(5)),
        with("/meta/reply_to", json!("")),
        with("/meta/reply_to", json!("service.ours")),
        with("/meta/reply_to", json!("service.ours!")),
        with("/meta/reply_to", json!("service.other.raw!1")),
        with("/meta/reply_to", json!("service.ours.")),
        with("/meta/reply_to", json!("ours.raw!1")),
    ]
}

/// A good envelope in JSON but for its body.
fn json_with_body(body: &str) -> Vec<u8> {
    let text = good().to_string();
    let (start, _) = text.split_once("\"body\":").unwrap();
    behind("pysoa-redis/3//content-type:application/json;", format!("{start}\"body\":{body}}}").as_bytes())
}

/// Frames whose sender can be told that they are wrong, and those that are good enough.
fn answerable() -> Vec<Vec<u8>> {
    let payload = msgpack(&good());
    let trailing = [payload.as_slice(), &[0]].concat();
    vec![
        trailing,
        payload[..payload.len() - 3].to_vec(),
        behind("pysoa-redis/3//chunk-count:2;", &payload),
        behind("pysoa-redis/3//chunk-id:1;", &payload),
        behind("pysoa-redis/3//content-type:application/msgpack;chunk-count:1;chunk-id:1;", &payload),
        with_body(&[0x90]),
        with_body(&[0xc0]),
        with_body(&[0xd4, 99, 0]),
        with_body(&[0xd4, 1, 0]),
        with_body(&[0xd6, 3, 0, 0, 0, 0]),
        with_body(&[vec![0x91; 600], vec![0xc0]].concat()),
        with_body(&[0x81, 0xa1, 0xff, 0xc0]),
        with_body(&[0x81, 0x90, 0xc0]),
        with_body(&[0xdf, 0xff, 0xff, 0xff, 0xff]),
        with_body(&[0xc1]),
        json_with_body("{\"control\": NaN}"),
        json_with_body("{\"a\": 1e999}"),
        json_with_body("{\"a\": \"\\ud800\"}"),
        json_with_body("{}} trailing"),
        json_with_body("{\"truncated"),
        json_with_body("[]"),
        json_with_body(&"[".repeat(600)),
        without("/body"),
        with("/meta/__expiry__", json!("soon")),
        with("/meta/__expiry__", json!({"$float": "nan"})),
        with("/meta/client_version", json!(1)),
        with("/meta/client_version", json!(["1", null])),
        with("/body/context", json!(5)),
        with("/body/context", Json::Null),
        with("/body/context", json!({"$map": [[1, 2]]})),
        with("/body/context/request_id", json!(5)),
        with("/body/control", json!([])),
        with("/body/control", json!("text")),
        with("/body/actions", json!({"$map": [[1, 2]]})),
    ]
}

#[test]
fn frames_end_no_worker_and_lose_no_message() {
    let redis = RedisServer::start();
    let service = OurService::builder("ours", &[redis.port()]).argument("--fork=2").setting("concurrency", json!(1));
    let _service = service.start();
    let client = OurClient::new(&["ours"], &[redis.port()]);
    let workers = worker_pids(&client);
    for frame in unanswerable() {
        wire::push(&redis, "ours", &frame);
    }
    for number in 0..20 {
        assert_eq!(
            client.body("ours", "square", json!({"number": number % 13})),
            json!({"square": (number % 13) * (number % 13)})
        );
    }
    for frame in answerable() {
        wire::push(&redis, "ours", &frame);
        let answer = wire::pop(&redis, REPLY_TO).unwrap_or_else(|| panic!("no answer to {}", frame.escape_ascii()));
        let answer = wire::read(&answer);
        assert_eq!(answer["request_id"], 7, "{}", frame.escape_ascii());
        let codes: Vec<_> = answer["body"]["errors"].as_array().unwrap().iter().map(|error| &error["code"]).collect();
        assert!(
            codes.iter().all(|code| *code == "INVALID" || *code == "MISSING"),
            "{} to {}",
            answer["body"],
            frame.escape_ascii()
        );
    }
    assert_eq!(worker_pids(&client), workers);
    // Nothing was sent to where no answer belongs, and nothing waits.
    let keys = redis.command(&["KEYS", "pysoa:*"]);
    assert_eq!(keys, soa_fixtures::Reply::Array(Vec::new()));
}

/// A good frame with a few bytes changed, left out or put in.
fn damaged(good: &[u8], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut frame = good.to_vec();
    for _ in 0..random.usize(1..5) {
        let place = random.usize(..frame.len());
        match random.u8(..4) {
            0 => frame[place] = random.u8(..),
            1 => frame[place] ^= 1 << random.u8(..8),
            2 => drop(frame.splice(place..place, [random.u8(..)])),
            _ => drop(frame.drain(place..(place + random.usize(1..9)).min(frame.len()))),
        }
        if frame.is_empty() {
            return frame;
        }
    }
    frame
}

#[test]
fn damaged_frames_end_no_worker() {
    let redis = RedisServer::start();
    let service = OurService::builder("ours", &[redis.port()]).argument("--fork=2").setting("concurrency", json!(1));
    let _service = service.argument("--log-level=error").start();
    let client = OurClient::new(&["ours"], &[redis.port()]);
    let workers = worker_pids(&client);
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let json = behind("pysoa-redis/3//content-type:application/json;", good().to_string().as_bytes());
    let good = [wire::frame(&good()), json];
    for _ in 0..100 {
        let mut push = vec![b"RPUSH".to_vec(), b"pysoa:service.ours".to_vec()];
        push.extend((0..100).map(|number| damaged(&good[number % 2], &mut random)));
        redis.command(&push);
    }
    wire::wait_for_length(&redis, "pysoa:service.ours", 0);
    assert_eq!(client.body("ours", "square", json!({"number": 7})), json!({"square": 49}), "seed {seed}");
    assert_eq!(worker_pids(&client), workers, "seed {seed}");
}

/// A damaged frame once asked for a text of gigabytes, and the worker tried to make it.
#[test]
fn a_size_that_no_memory_holds_is_refused() {
    let redis = RedisServer::start();
    let _service = OurService::builder("ours", &[redis.port()]).argument("--fork=2").start();
    let client = OurClient::new(&["ours"], &[redis.port()]);
    let workers = worker_pids(&client);
    for size in [u64::from(u32::MAX), 1 << 40, i64::MAX as u64, u64::MAX] {
        wire::push(&redis, "ours", &wire::frame(&envelope(7, REPLY_TO, &job("big", &json!({"size": size})))));
        let answer = wire::read(&wire::pop(&redis, REPLY_TO).unwrap());
        assert_eq!(answer["body"]["actions"][0]["errors"][0]["code"], "TOO_LARGE", "{answer}");
    }
    assert_eq!(worker_pids(&client), workers);
}
