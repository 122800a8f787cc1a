//! Requests and answers as they lie in Redis.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value as Json, json};
use soa_common::{
    Body,
    frame::{self, ProtocolVersion},
    serializer::Serializer,
};
use soa_fixtures::{RedisServer, Reply};

use crate::{comparable::comparable, tagged};

/// How long something may take on the slowest machine that runs the tests.
const PATIENCE: Duration = Duration::from_secs(20);

/// Pushes a frame to a service's request list.
pub(crate) fn push(redis: &RedisServer, service: &str, frame: &[u8]) {
    redis.command(&[b"RPUSH", format!("pysoa:service.{service}").as_bytes(), frame]);
}

/// Takes the next frame from a response list; `None` when nothing comes.
pub(crate) fn pop(redis: &RedisServer, reply_to: &str) -> Option<Vec<u8>> {
    match redis.command(&["BLPOP", &format!("pysoa:{reply_to}"), &PATIENCE.as_secs().to_string()]) {
        Reply::Array(parts) => Some(parts[1].bytes().to_owned()),
        _ => None,
    }
}

/// Looks again and again until something is so.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}: not so after {PATIENCE:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until a list has this many elements.
#[track_caller]
pub(crate) fn wait_for_length(redis: &RedisServer, list: &str, length: i64) {
    wait_until(list, || redis.command(&["LLEN", list]).int() == length);
}

/// How many commands pushed something on a master so far, requests or answers.
pub(crate) fn pushes(redis: &RedisServer) -> u64 {
    let stats = redis.command(&["INFO", "commandstats"]);
    let pushes = stats.text().lines().find_map(|line| line.strip_prefix("cmdstat_rpush:calls=")?.split(',').next());
    pushes.map_or(0, |calls| calls.parse().unwrap())
}

/// A frame of version 3 with an envelope in MessagePack.
pub(crate) fn frame(envelope: &Json) -> Vec<u8> {
    frame_by(Serializer::Msgpack, envelope)
}

/// A frame of version 3 with an envelope. JSON has no tags.
pub(crate) fn frame_by(serializer: Serializer, envelope: &Json) -> Vec<u8> {
    let mut frame = Vec::new();
    frame::write_headers(&mut frame, ProtocolVersion::V3, serializer);
    frame.extend_from_slice(&serializer.from_msgpack(msgpack(envelope)).unwrap());
    frame
}

/// Gets the answers to one action called many times in one job, in the order in which they lie on the wire.
#[track_caller]
pub(crate) fn ask(
    redis: &RedisServer,
    serializer: Serializer,
    service: &str,
    action: &str,
    bodies: &[Json],
) -> Vec<Json> {
    let reply_to = format!("service.{service}.raw!0123456789ab");
    let mut job = job(action, &json!({}));
    job["control"]["continue_on_error"] = json!(true);
    job["actions"] = bodies.iter().map(|body| json!({"action": action, "body": body})).collect();
    push(redis, service, &frame_by(serializer, &envelope(7, &reply_to, &job)));
    let answer = pop(redis, &reply_to).unwrap_or_else(|| panic!("no answer from {service}"));
    let mut answer = comparable(read(&answer));
    let Json::Array(answers) = answer["body"]["actions"].take() else {
        panic!("{service}: {answer}");
    };
    assert_eq!(answers.len(), bodies.len(), "{service}: {answer}");
    answers
}

/// A tagged JSON map as MessagePack.
pub(crate) fn msgpack(map: &Json) -> Vec<u8> {
    Body::from(tagged::decode_map(map)).to_msgpack().to_vec()
}

/// An envelope as PySOA's clients make it, without an expiry.
pub(crate) fn envelope(request_id: u64, reply_to: &str, job: &Json) -> Json {
    json!({
        "request_id": request_id,
        "meta": {"client_version": [1, 4, 9], "reply_to": reply_to},
        "body": job,
    })
}

/// A job of one action.
pub(crate) fn job(action: &str, body: &Json) -> Json {
    json!({
        "control": {"continue_on_error": false},
        "context": {"correlation_id": "c", "switches": []},
        "actions": [{"action": action, "body": body}],
    })
}

/// The envelope in a frame of version 3, as tagged JSON.
#[track_caller]
pub(crate) fn read(frame: &[u8]) -> Json {
    let frame = frame::Frame::parse(&frame.to_vec().into()).unwrap();
    let payload = frame.serializer.unwrap_or_default().to_msgpack(frame.payload).unwrap();
    tagged::encode(&Body::from_msgpack(payload).unwrap().to_value())
}
