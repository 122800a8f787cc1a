use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use soa_common::{
    ActionRequest, ActionResponse, Body, Control, Error, JobRequest, JobResponse, Map, Value,
    envelope::{RequestMeta, ResponseEnvelope, write_request},
    frame::{self, Frame, ProtocolVersion},
    serializer::Serializer,
    transport::{
        Received, ServerTransport, TransportErrorKind,
        redis::{RedisReply, RedisServerTransport, RedisSettings},
    },
};
use soa_fixtures::{RedisServer, Reply};
use tokio::time::Instant;

use super::{LONG, list};

pub(super) const REQUESTS: &str = "pysoa:service.square";
pub(super) const REPLY_TO: &str = "service.square.client!1";
pub(super) const RESPONSES: &str = "pysoa:service.square.client!1";

pub(super) fn settings(urls: &str) -> RedisSettings {
    let mut settings = RedisSettings::server();
    settings.masters = RedisSettings::masters_from_url(urls).unwrap();
    settings
}

pub(super) fn transport(settings: &RedisSettings) -> RedisServerTransport {
    RedisServerTransport::new("square", settings.clone()).unwrap()
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

/// The payload of a request that expires in this many seconds.
fn payload(id: u64, reply_to: &str, expires_in: f64, control: Map) -> Vec<u8> {
    let action = ActionRequest::new("square", Body::empty());
    let job = JobRequest { control: control.into(), actions: vec![action], ..JobRequest::default() };
    let mut out = Vec::new();
    let meta = RequestMeta { reply_to, expiry: now() + expires_in, extra: &Map::new() };
    write_request(&mut out, id, meta, &job);
    out
}

/// The frame of a request.
pub(super) fn request(id: u64) -> Vec<u8> {
    request_to(id, REPLY_TO)
}

/// The frame of a request with this reply address.
pub(super) fn request_to(id: u64, reply_to: &str) -> Vec<u8> {
    let mut out = Vec::new();
    frame::write_headers(&mut out, ProtocolVersion::V3, Serializer::Msgpack);
    out.extend(payload(id, reply_to, 60.0, Map::new()));
    out
}

pub(super) fn send(redis: &RedisServer, frame: &[u8]) {
    redis.command(&[b"RPUSH", REQUESTS.as_bytes(), frame]);
}

pub(super) async fn receive_one(transport: &RedisServerTransport) -> Received<RedisReply> {
    let mut received = transport.receive(1).await.unwrap();
    assert_eq!(received.len(), 1);
    received.remove(0)
}

/// A response whose body takes somewhat more than this many bytes.
fn response(size: usize) -> JobResponse {
    let mut body = Map::new();
    body.insert("blob", "a".repeat(size));
    let action = ActionResponse { action: "square".into(), errors: Vec::new(), body: body.into() };
    JobResponse { actions: vec![action], ..JobResponse::default() }
}

/// Puts the frames of a response together.
fn payload_of(frames: &[Vec<u8>]) -> (Frame, Bytes) {
    let mut payload = Vec::new();
    let mut first = None;
    for (index, frame) in frames.iter().enumerate() {
        let frame = Frame::parse(&frame.clone().into()).unwrap();
        if let Some(chunk) = frame.chunk {
            assert_eq!((chunk.count, chunk.id), (Some(frames.len() as u32), Some(index as u32 + 1)));
        }
        payload.extend_from_slice(&frame.payload);
        first.get_or_insert(frame);
    }
    (first.unwrap(), payload.into())
}

#[tokio::test]
async fn an_answer_is_in_the_version_and_serializer_of_its_request() {
    let redis = RedisServer::start();
    let transport = transport(&settings(&redis.url()));
    for version in [ProtocolVersion::V1, ProtocolVersion::V2, ProtocolVersion::V3] {
        for serializer in [Serializer::Msgpack, Serializer::Json] {
            let mut frame = Vec::new();
            frame::write_headers(&mut frame, version, serializer);
            frame.extend(serializer.from_msgpack(payload(7, REPLY_TO, 60.0, Map::new())).unwrap());
            send(&redis, &frame);
            if (version, serializer) == (ProtocolVersion::V1, Serializer::Json) {
                // Version 1 names no serializer, so this is broken MessagePack that cannot be answered.
                continue;
            }
            let received = receive_one(&transport).await;
            assert_eq!(received.request_id, "7");
            let left = received.deadline.unwrap() - Instant::now();
            assert!((50..=60).contains(&left.as_secs()), "{left:?}");
            transport.respond(&received.reply, &response(10)).await.unwrap();

            let (answer, payload) = payload_of(&list(&redis, RESPONSES));
            assert_eq!(answer.version, version);
            assert_eq!(answer.serializer, Some(serializer).filter(|_| version > ProtocolVersion::V1));
            let envelope = ResponseEnvelope::decode(&serializer.to_msgpack(payload).unwrap()).unwrap();
            assert_eq!(envelope.request_id, Some(7));
            assert!(envelope.has_atomic_chunks);
            assert!((50.0..=60.0).contains(&(envelope.expiry.unwrap() - now())));
            assert_eq!(JobResponse::from_body(&envelope.response).unwrap(), response(10));
            assert!((58..=60).contains(&redis.command(&["TTL", RESPONSES]).int()));
            redis.command(&["DEL", RESPONSES]);
        }
    }
}

#[tokio::test]
async fn a_deadline_is_the_earlier_one_and_what_has_expired_is_dropped() {
    let redis = RedisServer::start();
    let transport = transport(&settings(&redis.url()));
    let check = async |expires_in, timeout: Option<f64>, expected: u64| {
        let mut control = Map::new();
        if let Some(timeout) = timeout {
            control.insert("timeout", timeout);
        }
        send(&redis, &payload(1, REPLY_TO, -0.1, Map::new()));
        send(&redis, &payload(2, REPLY_TO, expires_in, control));
        let received = receive_one(&transport).await;
        assert_eq!(received.request_id, "2");
        let left = received.deadline.unwrap() - Instant::now();
        assert!(left <= Duration::from_secs(expected) && left > Duration::from_secs(expected - 5), "{left:?}");
    };
    check(60.0, None, 60).await;
    check(60.0, Some(20.0), 20).await;
    check(20.0, Some(60.0), 20).await;
    assert_eq!(transport.stats().expired, 3);
}

#[tokio::test]
async fn a_request_that_wants_no_response_needs_no_address() {
    let redis = RedisServer::start();
    let transport = transport(&settings(&redis.url()));
    let mut control = Map::new();
    control.insert("suppress_response", true);
    send(&redis, &payload(3, "nowhere", 60.0, control));
    let received = receive_one(&transport).await;
    assert!(Control::from(JobRequest::from_body(&received.job).control.as_body().clone()).suppress_response());
    transport.respond(&received.reply, &response(1)).await.unwrap();
    assert_eq!(redis.command(&["DBSIZE"]), Reply::Int(0));
}

#[tokio::test]
async fn sizes_are_limited_and_large_answers_cut() {
    let redis = RedisServer::start();
    let mut settings = settings(&redis.url());
    settings.maximum_message_size = 600_000;
    settings.log_messages_larger_than = 0;
    settings.chunk_messages_larger_than = Some(RedisSettings::MINIMUM_CHUNK);
    let transport = transport(&settings);

    send(&redis, &request(1));
    let received = receive_one(&transport).await;
    transport.respond(&received.reply, &response(350_000)).await.unwrap();
    let frames = list(&redis, RESPONSES);
    assert_eq!(frames.len(), 4);
    let envelope = ResponseEnvelope::decode(&payload_of(&frames).1).unwrap();
    assert_eq!(JobResponse::from_body(&envelope.response).unwrap(), response(350_000));

    let check = async |reply: &RedisReply, size, expected: &str| {
        let error = transport.respond(reply, &response(size)).await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::MessageTooLarge);
        assert!(error.to_string().contains(expected), "{error}");
    };
    check(&received.reply, 700_000, "larger than 600000 bytes, the maximum size of a message").await;
    send(&redis, &payload(1, REPLY_TO, 60.0, Map::new()));
    let old = receive_one(&transport).await;
    check(&old.reply, 150_000, "larger than 102400 bytes, and this client does not understand chunks").await;
    assert_eq!(redis.command(&["LLEN", RESPONSES]), Reply::Int(4));
}

#[tokio::test]
async fn what_the_serializer_cannot_carry_is_an_error() {
    let redis = RedisServer::start();
    let transport = transport(&settings(&redis.url()));
    let mut frame = Vec::new();
    frame::write_headers(&mut frame, ProtocolVersion::V3, Serializer::Json);
    frame.extend(Serializer::Json.from_msgpack(payload(7, REPLY_TO, 60.0, Map::new())).unwrap());
    send(&redis, &frame);
    let received = receive_one(&transport).await;
    let mut error = Error::new("BAD", "bad");
    error.variables = Some(Value::Bytes(vec![0]));
    let error = transport.respond(&received.reply, &JobResponse::failed(vec![error])).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::InvalidMessage);
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused() {
    let check = |service: &str, urls: &str, expected: &str| {
        let mut settings = RedisSettings::server();
        settings.masters = urls.split_whitespace().map(|url| url.parse().unwrap()).collect();
        let error = RedisServerTransport::new(service, settings).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    check("", "redis://a", "\"\" cannot be the name of a service: it is empty");
    check("square", "", "the settings name no Redis master");
}

#[tokio::test]
async fn stopping_ends_the_wait_and_gives_what_was_popped() {
    let redis = RedisServer::start();
    let mut settings = settings(&redis.url());
    settings.receive_timeout = LONG;
    let transport = transport(&settings);
    let start = Instant::now();
    let stop = async {
        while !redis.command(&["CLIENT", "LIST"]).text().contains("cmd=bl") {
            tokio::task::yield_now().await;
        }
        transport.stop();
    };
    let (received, ()) = tokio::join!(transport.receive(5), stop);
    assert_eq!(received.unwrap().len(), 0);
    assert_eq!(transport.receive(5).await.unwrap().len(), 0);
    assert!(start.elapsed() < LONG / 2);
    send(&redis, &request(1));
    assert_eq!(transport.receive(5).await.unwrap().len(), 0);
    assert_eq!(redis.command(&["LLEN", REQUESTS]), Reply::Int(1));
}

#[tokio::test]
async fn times_beyond_what_clocks_count_are_shortened() {
    let redis = RedisServer::start();
    let mut settings = settings(&redis.url());
    (settings.message_expiry, settings.receive_timeout) = (Duration::MAX, Duration::MAX);
    settings.socket_timeout = Some(Duration::MAX);
    let transport = transport(&settings);
    send(&redis, &request(1));
    let received = receive_one(&transport).await;
    transport.respond(&received.reply, &response(10)).await.unwrap();
    transport.respond(&received.reply, &response(20_000)).await.unwrap();
    assert_eq!(list(&redis, RESPONSES).len(), 2);
}

#[tokio::test]
async fn connections_end_with_the_transport() {
    let redis = RedisServer::start();
    let transport = transport(&settings(&redis.url()));
    send(&redis, &request(1));
    let received = receive_one(&transport).await;
    transport.respond(&received.reply, &response(10)).await.unwrap();
    let is_connected = || redis.command(&["CLIENT", "LIST"]).text().contains("name=soa-server-square");
    assert!(is_connected());
    drop(transport);
    let tasks = tokio::runtime::Handle::current().metrics();
    while is_connected() || tasks.num_alive_tasks() > 0 {
        tokio::task::yield_now().await;
    }
}
