//! Jobs and frames that no client would send are answered as PySOA answers them, to the byte.

use serde_json::{Value as Json, json};
use soa_fixtures::{PythonService, RedisServer};

use crate::{
    service::OurService,
    wire::{self, envelope, job},
};

/// Gets the two services' answers to every frame that `frames` makes for a service and its reply address.
///
/// The names of the services are equally long, so that one can stand for the other in a frame.
#[track_caller]
fn check(frames: impl Fn(&str) -> Vec<Vec<u8>>) {
    let redis = RedisServer::start();
    let _ours = OurService::builder("ours", &[redis.port()]).start();
    let _peer = PythonService::builder("peer").redis(redis.port()).start();
    let ask = |service: &str| -> Vec<Vec<u8>> {
        let reply_to = format!("service.{service}.raw!0123456789ab");
        let ask = |frame: Vec<u8>| {
            wire::push(&redis, service, &frame);
            wire::pop(&redis, &reply_to).unwrap_or_else(|| panic!("no answer to {}", frame.escape_ascii()))
        };
        frames(&reply_to).into_iter().map(ask).collect()
    };
    for ((ours, theirs), frame) in ask("ours").iter().zip(ask("peer")).zip(frames("")) {
        let expected = replaced(&without_expiry(&theirs), b"service.peer.", b"service.ours.");
        let found = without_expiry(ours);
        assert!(
            found == expected,
            "{}\n  found    {}\n  expected {}",
            frame.escape_ascii(),
            found.escape_ascii(),
            expected.escape_ascii()
        );
    }
}

/// Overwrites the time in the meta of an answer.
fn without_expiry(frame: &[u8]) -> Vec<u8> {
    let key = b"__expiry__\xcb";
    let mut frame = frame.to_vec();
    let start = frame.windows(key.len()).position(|window| window == key).expect("an answer expires") + key.len();
    frame[start..start + 8].fill(0);
    frame
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    while let Some(start) = bytes.windows(from.len()).position(|window| window == from) {
        bytes[start..start + to.len()].copy_from_slice(to);
    }
    bytes
}

/// A job that is right but for one part, named by a path of keys and indices, which becomes `value`.
fn with(path: &str, value: Json) -> Json {
    let mut job = job("square", &json!({"number": 7}));
    let (parent, key) = path.rsplit_once('/').unwrap();
    job.pointer_mut(parent).unwrap()[key] = value;
    job
}

/// A job that is right but for one part, named by a path of keys and indices, which is missing.
fn without(path: &str) -> Json {
    let mut job = job("square", &json!({"number": 7}));
    let (parent, key) = path.rsplit_once('/').unwrap();
    job.pointer_mut(parent).unwrap().as_object_mut().unwrap().shift_remove(key).unwrap();
    job
}

#[test]
fn jobs_of_every_shape() {
    let jobs = [
        job("square", &json!({"number": 7})),
        job("square", &json!({"number": -1})),
        job("square", &json!({"number": 13})),
        job("denied", &json!({})),
        job("job_error", &json!({})),
        job("get_users", &json!({"ids": [3, 1]})),
        job("context", &json!({})),
        json!({}),
        without("/actions"),
        without("/context"),
        without("/control"),
        without("/actions/0/action"),
        without("/actions/0/body"),
        without("/context/switches"),
        without("/context/correlation_id"),
        without("/control/continue_on_error"),
        with("/actions", json!([])),
        with("/actions", json!({})),
        with("/actions", json!("square")),
        with("/actions", Json::Null),
        with("/actions", json!([1, null, []])),
        with("/actions", json!([{}, {"action": "square", "body": {}, "b": 1, "a": 2}])),
        with("/actions/0/action", json!(5)),
        with("/actions/0/action", json!({"$bytes": "AP8="})),
        with("/actions/0/body", json!([])),
        with("/actions/0/body", Json::Null),
        with("/actions/0/body", json!({"$map": [[1, 2], ["number", 7]]})),
        with("/actions/0/x", json!(1)),
        with("/context/switches", json!([1, "2", null, true, 2.0])),
        with("/context/switches", json!("5")),
        with("/context/switches", json!([u64::MAX, -3, 5])),
        with("/context/correlation_id", json!(5)),
        with("/context/correlation_id", Json::Null),
        with("/context/correlation_id", json!("")),
        with("/context/caller", json!(5)),
        with("/context/calling_service", json!([])),
        with("/context/anything", json!({"$map": [[1, {"$date": "2020-01-31"}]]})),
        with("/control/continue_on_error", json!(1)),
        with("/control/continue_on_error", json!("yes")),
        with("/control/suppress_response", Json::Null),
        with("/control/anything", json!({"$decimal": "1.50"})),
        with("/x", json!(1)),
        json!({"b": 1, "a": 2, "actions": [{"y": 1}], "context": {"switches": {}}, "control": {}}),
    ];
    check(|reply_to| jobs.iter().map(|job| wire::frame(&envelope(7, reply_to, job))).collect());
}

#[test]
fn envelopes_of_every_shape() {
    let jobs = [job("square", &json!({"number": 7})), job("denied", &json!({})), json!({})];
    let metas = [
        // Errors for clients before 0.70 do not say whose they are.
        json!({}),
        json!({"client_version": [0, 69, 9]}),
        json!({"client_version": [0, 70, 0]}),
        json!({"client_version": [0, 70]}),
        json!({"client_version": [2]}),
        json!({"client_version": [1, 4, 9], "extra": {"$map": [[1, {"$date": "2020-01-31"}]]}}),
        json!({"client_version": [1, 4, 9], "__expiry__": null}),
        json!({"__expiry__": 0, "client_version": [1, 4, 9]}),
        json!({"__expiry__": 4e9, "client_version": [1, 4, 9]}),
    ];
    let ids = [json!(0), json!(-5), json!(u64::MAX), json!("seven"), json!([7])];
    let order = |reply_to: &str, meta: &Json| {
        let mut meta = meta.clone();
        meta["reply_to"] = json!(reply_to);
        meta
    };
    check(|reply_to| {
        let by_meta = metas.iter().flat_map(|meta| {
            let meta = order(reply_to, meta);
            jobs.iter().map(move |job| json!({"request_id": 1, "meta": meta, "body": job}))
        });
        let by_id = ids.iter().map(|id| {
            let mut envelope = envelope(1, reply_to, &jobs[0]);
            envelope["request_id"] = id.clone();
            envelope
        });
        by_meta.chain(by_id).map(|envelope| wire::frame(&envelope)).collect()
    });
}

#[test]
fn headers_of_every_spelling() {
    let headers = [
        "",
        "content-type:application/msgpack;",
        "content-type : application/msgpack ;",
        "content-type:text/unheard-of;",
        "pysoa-redis/1//",
        "pysoa-redis/2//content-type:application/msgpack;",
        "pysoa-redis/3//",
        "pysoa-redis/3//  content-type\t:\n application/msgpack ;",
        "pysoa-redis/3//content-type:text/unheard-of;",
        "pysoa-redis/3//content-type:text/unheard-of;content-type:application/msgpack;",
        "pysoa-redis/003//content-type:application/msgpack;",
    ];
    check(|reply_to| {
        let payload = wire::msgpack(&envelope(7, reply_to, &job("square", &json!({"number": 7}))));
        headers.iter().map(|header| [header.as_bytes(), &payload].concat()).collect()
    });
}
