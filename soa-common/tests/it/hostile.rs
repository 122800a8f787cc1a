//! What becomes of frames that end a worker of the original.

use bytes::Bytes;
use soa_common::{
    JobRequest, Map, Value,
    envelope::RequestEnvelope,
    frame::Frame,
    msgpack::{self, Writer},
    serializer::Serializer,
};

/// What a server does with a frame.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// It counts it and goes on, for this reason.
    Dropped(String),
    /// It answers that the request cannot be read, for this reason.
    Refused(String),
    /// It validates the job, which may then be refused.
    Validated,
}

fn outcome(frame: impl Into<Bytes>) -> Outcome {
    let frame = match Frame::parse(&frame.into()) {
        Ok(frame) => frame,
        Err(error) => return Outcome::Dropped(error.to_string()),
    };
    match RequestEnvelope::from_payload(frame.serializer.unwrap_or_default(), &frame.payload) {
        Ok(envelope) if envelope.address.reply_to.is_none() => Outcome::Dropped("no reply_to".to_owned()),
        Ok(envelope) => {
            // Whatever the job is, reading it does not fail.
            let job = JobRequest::from_body(&envelope.job);
            let _ = (job.context.switches(), job.control.timeout(), job.context.correlation_id());
            Outcome::Validated
        }
        Err((error, Some(address))) if address.reply_to.is_some() => Outcome::Refused(error.to_string()),
        Err((error, _)) => Outcome::Dropped(error.to_string()),
    }
}

/// A request's payload, its meta and job holding these raw values.
fn request(meta: &[(&str, &[u8])], body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out);
    writer.map(3);
    writer.text("request_id");
    writer.integer(7);
    writer.text("meta");
    writer.map(meta.len() + 1);
    writer.text("reply_to");
    writer.text("service.a.b!c");
    for (key, value) in meta {
        writer.text(key);
        writer.raw(value);
    }
    writer.text("body");
    writer.raw(body);
    out
}

fn encode(entries: impl Into<Map>) -> Vec<u8> {
    msgpack::encode(&Value::Map(entries.into())).unwrap()
}

fn meta() -> Map {
    Map::from([("reply_to", "service.a.b!c")])
}

#[test]
fn frames_that_cannot_be_read_or_answered_are_dropped() {
    let check = |frame: Vec<u8>, expected: &str| assert_eq!(outcome(frame), Outcome::Dropped(expected.to_owned()));
    check(b"pysoa-redis/4//x".to_vec(), "the frame's protocol version 4 is unknown; known are 1, 2 and 3");
    check(vec![], "the bytes end early: a value at offset 0 needs 1 more and there are 0");
    check(b"pysoa-redis/3//".to_vec(), "the bytes end early: a value at offset 0 needs 1 more and there are 0");
    check(vec![0xc1], "byte 0xc1 at offset 0 starts no MessagePack value");
    check(vec![0x90], "the message is no map");
    check(encode([("meta", meta())]), "the message has no request_id");
    check(encode([("request_id", Value::Null), ("meta", meta().into())]), "the message has no request_id");
    check(encode([("request_id", Value::from(7)), ("body", Map::new().into())]), "no reply_to");
    check(encode([("request_id", Value::from(7)), ("meta", Value::List(vec![]))]), "the meta of the message is no map");
    check(vec![0x91; 600], "lists and maps nest deeper than 128 at offset 128");
    check(vec![0xdd, 0xff, 0xff, 0xff, 0xff], "the bytes end early: a value at offset 5 needs 1 more and there are 0");
    check(vec![0xdf, 0xff, 0xff, 0xff, 0xff], "the bytes end early: a value at offset 5 needs 1 more and there are 0");
    check(b"content-type:application/json;{".to_vec(), "not JSON: EOF while parsing an object at line 1 column 1");
    let inside_meta = request(&[("x", &[0xa1, 0xff])], &[0x80]);
    check(inside_meta, "the text at offset 45 is not UTF-8");
}

#[test]
fn requests_that_cannot_be_read_are_answered_where_possible() {
    let check = |frame: Vec<u8>, expected: &str| assert_eq!(outcome(frame), Outcome::Refused(expected.to_owned()));
    let whole = request(&[], &[0x80]);
    let offset = whole.len() - 1;
    let body = |body: &[u8]| request(&[], body);

    check(
        whole[..offset].to_vec(),
        &format!("the bytes end early: a value at offset {offset} needs 1 more and there are 0"),
    );
    check([whole, vec![0]].concat(), &format!("1 bytes stand behind the value, from offset {}", offset + 1));
    check(body(&[0xc1]), &format!("byte 0xc1 at offset {offset} starts no MessagePack value"));
    check(body(&[0xd4, 99, 0]), &format!("at offset {offset}: extension type 99 is unknown"));
    check(body(&[0xd4, 3, 0]), &format!("at offset {offset}: a date takes 4 bytes and there are 1"));
    check(body(&[0x81, 0xa1, 0xff, 0]), &format!("the text at offset {} is not UTF-8", offset + 2));
    check(body(&[0x81, 0x90, 0]), &format!("a map key at offset {} is a list or a map", offset + 1));
    check(body(&vec![0x91; 600]), &format!("lists and maps nest deeper than 128 at offset {}", offset + 127));
    for head in [0xdd, 0xdf] {
        let after = offset + 5;
        check(
            body(&[head, 0xff, 0xff, 0xff, 0xff]),
            &format!("the bytes end early: a value at offset {after} needs 1 more and there are 0"),
        );
    }
    let expiry = |value: Value| request(&[("__expiry__", &msgpack::encode(&value).unwrap())], &[0x80]);
    for request in ["soon".into(), f64::NAN.into(), true.into(), Map::from([("a", 1)]).into()].map(expiry) {
        check(request, "meta.__expiry__ is no number of Unix seconds");
    }
}

#[test]
fn jobs_of_any_shape_are_left_to_validation() {
    let check = |body: Vec<u8>| assert_eq!(outcome(request(&[], &body)), Outcome::Validated);
    check(vec![0x90]);
    check(vec![0xc0]);
    check(encode([("context", 7)]));
    check(encode([("control", Value::List(vec![]))]));
    check(encode([("actions", Value::List(vec![1.into(), Map::new().into(), Value::Null]))]));
    check(encode([("actions", Map::new())]));
    check(encode([("context", Map::from([("request_id", 1)]))]));
    let meta = |key, value: Value| outcome(request(&[(key, &msgpack::encode(&value).unwrap())], &[0x80]));
    assert_eq!(meta("client_version", 7.into()), Outcome::Validated);
    assert_eq!(meta("client_version", Value::List(vec!["x".into()])), Outcome::Validated);
    for falsy in [Value::Null, false.into(), 0.into(), 0.0.into(), "".into(), f64::INFINITY.into()] {
        assert_eq!(meta("__expiry__", falsy), Outcome::Validated);
    }
}

#[test]
fn chunk_headers_and_reply_addresses_are_left_to_the_transport() {
    let chunked = [b"pysoa-redis/3//chunk-count:2;chunk-id:1;".to_vec(), request(&[], &[0x80])].concat();
    assert!(Frame::parse(&chunked.into()).unwrap().chunk.is_some());

    let request_list = encode([
        ("request_id", Value::from(7)),
        ("meta", Map::from([("reply_to", "service.a")]).into()),
        ("body", Map::new().into()),
    ]);
    let envelope = RequestEnvelope::from_payload(Serializer::Msgpack, &request_list.into()).unwrap();
    assert_eq!(envelope.address.reply_to.as_deref(), Some("service.a"));
}
