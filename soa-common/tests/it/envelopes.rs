//! What envelopes carry from a request into its response, and what reading them costs.

use bytes::Bytes;
use soa_common::{
    Error, JobRequest, JobResponse, Map, Value,
    envelope::{RequestEnvelope, RequestMeta, ResponseEnvelope, write_request},
    frame::Frame,
    msgpack,
};

fn request(meta: Map) -> RequestEnvelope {
    let message = Map::from([("request_id", Value::from(7)), ("meta", meta.into()), ("body", Map::new().into())]);
    RequestEnvelope::decode(&msgpack::encode(&message).unwrap().into()).unwrap()
}

/// The response to a request with this meta.
fn respond(meta: Map, response: &JobResponse) -> Map {
    let mut out = Vec::new();
    request(meta).address.write_response(&mut out, 2.5, response);
    let Ok(Value::Map(map)) = Value::from_msgpack(&out) else { panic!("no map") };
    map
}

#[test]
fn a_response_carries_the_meta_with_a_new_expiry() {
    let check = |meta: Map, expected: Map| {
        let response = respond(meta, &JobResponse::default());
        assert_eq!(response.get("meta"), Some(&expected.into()));
        assert_eq!(response.get("request_id"), Some(&7.into()));
    };
    let trace = |expiry: f64, atomic: Option<bool>| {
        let mut meta = Map::from([("reply_to", Value::from("service.a.b!c")), ("__expiry__", expiry.into())]);
        meta.push("trace", Value::List(vec![1.into(), Value::Null]));
        if let Some(atomic) = atomic {
            meta.push("atomic_chunks", atomic);
        }
        meta.push(7, "an integer as a key");
        meta
    };
    check(trace(1.0, None), trace(2.5, None));
    check(trace(1.0, Some(false)), trace(2.5, Some(true)));
    check(Map::new(), Map::from([("__expiry__", 2.5)]));
    check(Map::from([("a", 1)]), Map::from([("a", Value::from(1)), ("__expiry__", 2.5.into())]));
}

#[test]
fn old_clients_are_not_told_whose_error_it_is() {
    let response = JobResponse::failed(vec![Error::new("A", "b")]);
    let check = |client_version: Option<Value>, expected: bool| {
        let meta = client_version.iter().map(|version| ("client_version", version.clone())).collect();
        let response = respond(meta, &response);
        let errors = response.get("body").and_then(Value::as_map).and_then(|body| body.get("errors")).unwrap();
        let error = errors.as_list().unwrap()[0].as_map().unwrap();
        assert_eq!(error.get("is_caller_error").is_some(), expected, "{client_version:?}");
    };
    let version = |numbers: &[i64]| Some(Value::List(numbers.iter().copied().map(Value::from).collect()));
    check(version(&[1, 4, 9]), true);
    check(version(&[0, 70, 0]), true);
    check(version(&[1]), true);
    check(version(&[0, 69, 9]), false);
    check(version(&[0]), false);
    check(version(&[]), false);
    check(None, false);
    check(Some(7.into()), false);
    check(Some(Value::List(vec!["x".into(), 70.into()])), false);
}

#[test]
fn a_request_carries_what_middleware_adds_but_no_key_twice() {
    let extra = Map::from([("trace", "x"), ("reply_to", "service.other.a!b"), ("__expiry__", "never")]);
    let mut out = Vec::new();
    let meta = RequestMeta { reply_to: "service.a.b!c", expiry: 1.5, extra: &extra };
    write_request(&mut out, 7, meta, &JobRequest::default());
    let Ok(Value::Map(message)) = Value::from_msgpack(&out) else { panic!("no map") };
    let keys: Vec<_> =
        message.get("meta").and_then(Value::as_map).unwrap().iter().map(|(key, _)| key.clone()).collect();
    assert_eq!(keys, ["client_version", "reply_to", "trace", "atomic_chunks", "__expiry__"].map(Value::from));
    let envelope = RequestEnvelope::decode(&out.into()).unwrap();
    assert_eq!(envelope.address.reply_to.as_deref(), Some("service.a.b!c"));
    assert_eq!(envelope.expiry, Some(1.5));
}

#[test]
fn a_client_learns_whether_chunks_are_atomic() {
    let check = |atomic: Option<bool>, expected: bool| {
        let meta: Map = atomic.iter().map(|atomic| ("atomic_chunks", *atomic)).collect();
        let mut out = Vec::new();
        request(meta).address.write_response(&mut out, 2.5, &JobResponse::default());
        let envelope = ResponseEnvelope::decode(&out.into()).unwrap();
        assert_eq!(envelope.has_atomic_chunks, expected);
        assert_eq!((envelope.request_id, envelope.expiry), (Some(7), Some(2.5)));
    };
    check(None, false);
    check(Some(false), true);
}

#[test]
fn reading_a_request_allocates_nothing_but_its_reply_address() {
    let mut out = b"pysoa-redis/3//content-type:application/msgpack;".to_vec();
    let meta = RequestMeta { reply_to: "service.a.b!c", expiry: 1.5, extra: &Map::new() };
    write_request(&mut out, 7, meta, &JobRequest::default());
    let frame = Bytes::from(out);
    // The first copy of bytes makes them shared, which allocates once.
    let shared = frame.clone();
    let mut payload = Bytes::new();
    let parsing = allocation_counter::measure(|| payload = Frame::parse(&shared).unwrap().payload);
    assert_eq!(parsing.count_total, 0);
    let checking = allocation_counter::measure(|| msgpack::check(&payload).unwrap());
    assert_eq!(checking.count_total, 0);
    let decoding = allocation_counter::measure(|| drop(RequestEnvelope::decode(&payload).unwrap()));
    assert_eq!(decoding.count_total, 1);
}

#[test]
fn memory_follows_the_bytes_that_are_there() {
    for head in [0xdd_u8, 0xdf, 0xdb, 0xc6, 0xc9] {
        let bytes = [head, 0xff, 0xff, 0xff, 0xff, 1, 1];
        let reading = allocation_counter::measure(|| {
            assert!(Value::from_msgpack(&bytes).is_err());
            assert!(msgpack::decode::<Value>(&bytes).is_err());
            assert!(RequestEnvelope::decode(&Bytes::copy_from_slice(&bytes)).is_err());
        });
        assert!(reading.bytes_total < 10_000, "{head:#x}: {reading:?}");
    }
}
