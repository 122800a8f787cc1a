//! Frames that end a worker of the original, and others (`docs/protocol.md`, section 9).

use bytes::Bytes;
use soa_common::{JobResponse, envelope::ResponseEnvelope, frame::Frame, transport::ServerTransport};
use soa_fixtures::RedisServer;

use super::{
    LONG, list, popper,
    server::{RESPONSES, receive_one, request, send, settings, transport},
};

/// MessagePack, by hand.
fn text(value: &str) -> Vec<u8> {
    let length = u8::try_from(value.len()).unwrap();
    [&[0xd9, length], value.as_bytes()].concat()
}

fn map(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut out = vec![0x80 | u8::try_from(entries.len()).unwrap()];
    for (key, value) in entries {
        out.extend(text(key));
        out.extend(value);
    }
    out
}

fn meta(extra: &[(&str, Vec<u8>)]) -> Vec<u8> {
    map(&[&[("reply_to", text("service.square.client!1"))], extra].concat())
}

fn envelope(meta: Vec<u8>, body: Vec<u8>) -> Vec<u8> {
    map(&[("request_id", vec![7]), ("meta", meta), ("body", body)])
}

fn v3(payload: &[u8]) -> Vec<u8> {
    [b"pysoa-redis/3//content-type:application/msgpack;", payload].concat()
}

#[tokio::test]
async fn what_cannot_be_answered_is_counted_and_the_next_request_served() {
    let nil = || vec![0xc0];
    let good = envelope(meta(&[]), nil());
    let frames: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"pysoa-redis/9//content-type:application/msgpack;\x80".to_vec(),
        b"pysoa-redis/99999999999999999999//".to_vec(),
        b"pysoa-redis/3//chunk-count:x;\x80".to_vec(),
        v3(&[]),
        v3(&[0xc1]),
        v3(&good[..6]),
        v3(&[0x93, 1, 2, 3]),
        v3(&[0xdd, 0xff, 0xff, 0xff, 0xff]),
        v3(&[0xdf, 0xff, 0xff, 0xff, 0xff]),
        v3(&[0x91; 600]),
        v3(&[0x81, 0xa1, 0xff, 0xc0]),
        v3(&[0x81, 0x90, 0xc0]),
        v3(&map(&[("meta", meta(&[])), ("body", nil())])),
        v3(&map(&[("request_id", vec![7]), ("meta", vec![0x90]), ("body", nil())])),
        v3(&map(&[("request_id", vec![7]), ("body", nil())])),
        v3(&envelope(map(&[]), nil())),
        v3(&envelope(map(&[("reply_to", text("service.square"))]), nil())),
        v3(&envelope(map(&[("reply_to", text("service.other.client!1"))]), nil())),
        v3(&envelope(map(&[("reply_to", vec![7])]), nil())),
        b"pysoa-redis/3//content-type:application/json;{\"request_id\": 1".to_vec(),
        b"content-type:application/json;NaN".to_vec(),
    ];
    let redis = RedisServer::start();
    let transport = transport(&settings(&redis.url()));
    for (index, frame) in frames.iter().enumerate() {
        send(&redis, frame);
        send(&redis, &request(index as u64));
        assert_eq!(receive_one(&transport).await.request_id, index.to_string(), "{}", frame.escape_ascii());
    }
    assert_eq!(transport.stats().unanswerable, frames.len() as u64);
    assert_eq!(redis.command(&["DBSIZE"]), soa_fixtures::Reply::Int(0));
}

#[tokio::test]
async fn what_can_be_answered_gets_a_job_error() {
    let nil = || vec![0xc0];
    let good = envelope(meta(&[]), nil());
    let frames: Vec<Vec<u8>> = vec![
        v3(&[&good[..], &[0xc0]].concat()),
        v3(&good[..good.len() - 1]),
        v3(&envelope(meta(&[("__expiry__", text("soon"))]), nil())),
        v3(&envelope(meta(&[("__expiry__", [&[0xcb], &f64::NAN.to_be_bytes()[..]].concat())]), nil())),
        v3(&envelope(meta(&[]), [0x91; 600].to_vec())),
        v3(&envelope(meta(&[]), vec![0xd4, 99, 0])),
        v3(&envelope(meta(&[]), vec![0xd4, 1, 0])),
        v3(&envelope(meta(&[]), vec![0xdd, 0xff, 0xff, 0xff, 0xff])),
        [b"pysoa-redis/3//content-type:application/msgpack;chunk-count:1;chunk-id:1;", &good[..]].concat(),
    ];
    let redis = RedisServer::start();
    let transport = transport(&settings(&redis.url()));
    let mut client = popper(&redis.url());
    for frame in &frames {
        send(&redis, frame);
        send(&redis, &request(1));
        receive_one(&transport).await;
        let popped = client.pop(&[Bytes::from_static(RESPONSES.as_bytes())], 1, LONG).await.unwrap();
        let payload = Frame::parse(&popped[0].frame).unwrap().payload;
        let envelope = ResponseEnvelope::decode(&payload).unwrap();
        assert_eq!(envelope.request_id, Some(7));
        let response = JobResponse::from_body(&envelope.response).unwrap();
        assert_eq!(response.errors[0].code, "INVALID", "{}", frame.escape_ascii());
        assert!(response.errors[0].message.starts_with("The request cannot be read: "), "{response:?}");
    }
    assert_eq!(transport.stats().undecodable, frames.len() as u64);
}

#[tokio::test]
async fn jobs_of_any_shape_are_for_the_service_to_judge() {
    let context = |value: Vec<u8>| map(&[("context", value)]);
    let bodies = [vec![0x90], vec![7], context(vec![7]), map(&[("control", vec![0x90])])];
    let metas = [meta(&[("client_version", vec![7])]), meta(&[("client_version", vec![0x91, 0x90])])];
    let redis = RedisServer::start();
    let transport = transport(&settings(&redis.url()));
    for body in bodies {
        for meta in &metas {
            send(&redis, &v3(&envelope(meta.clone(), body.clone())));
            let received = receive_one(&transport).await;
            assert_eq!(&received.job[..], body);
            transport.respond(&received.reply, &JobResponse::default()).await.unwrap();
        }
    }
    assert_eq!(list(&redis, RESPONSES).len(), 8);
}
