use futures_util::{StreamExt, stream::FuturesUnordered};
use soa_common::{Value, serializer::Serializer, transport::TransportErrorKind};

use super::*;

#[tokio::test]
async fn calls_are_answered_in_every_version_and_serializer() {
    let redis = Arc::new(RedisServer::start());
    let _service = Fake::start(&redis, |got| vec![got.answer(false)]);
    for version in [ProtocolVersion::V1, ProtocolVersion::V2, ProtocolVersion::V3] {
        for serializer in [Serializer::Msgpack, Serializer::Json] {
            if (version, serializer) == (ProtocolVersion::V1, Serializer::Json) {
                continue; // A frame of version 1 does not say that it is JSON.
            }
            let mut settings = settings(&[&redis]);
            (settings.protocol_version, settings.serializer) = (version, serializer);
            let transport = RedisClientTransport::new(SERVICE, settings).unwrap();
            for id in 1..=3 {
                assert_eq!(body(call(&transport, id, LONG).await).get("number"), Some(Value::from(id)));
            }
        }
    }
}

#[tokio::test]
async fn a_request_says_what_a_service_needs() {
    let redis = Arc::new(RedisServer::start());
    let transport = transport(&redis);
    let before = unix_now();
    let pending = send(&transport, 7, LONG).await;
    let life = redis.command(&["TTL", "pysoa:service.fake"]).int();
    assert!((28..=30).contains(&life), "{life}");
    let got = Got::next(&redis).await;
    let expiry = got.envelope.expiry.unwrap();
    assert!((before + 19.9..unix_now() + 20.1).contains(&expiry), "{expiry}");
    assert_eq!(got.envelope.address.request_id(), "7");
    let reply_to = got.envelope.address.reply_to.clone().unwrap();
    let own = reply_to.strip_prefix("service.fake.").unwrap();
    assert!(own.split_once('!').is_some_and(|(client, _)| client.len() == 32), "{reply_to}");
    got.push(&redis, &got.answer(true));
    pending.await.unwrap();

    let mut without_timeout = request(8, LONG);
    without_timeout.timeout = None;
    let _pending = transport.send(without_timeout).await.unwrap();
    let life = redis.command(&["TTL", "pysoa:service.fake"]).int();
    assert!((58..=60).contains(&life), "{life}");

    let mut endless = request(9, LONG);
    endless.timeout = Some(Duration::MAX);
    let _pending = transport.send(endless).await.unwrap();
    assert_eq!(redis.command(&["LLEN", "pysoa:service.fake"]), Reply::Int(2));
}

/// A thousand calls at once get their own answers, after one that shows the client what service it is.
async fn a_thousand(redis: RedisServer, is_atomic: bool) {
    let redis = Arc::new(redis);
    let _service = Fake::start(&redis, move |got| vec![got.answer(is_atomic)]);
    let transport = transport(&redis);
    for ids in [0..1, 1..1_001] {
        let calls = ids.map(|id| {
            let transport = transport.clone();
            tokio::spawn(async move { (id, call(&transport, id, LONG).await) })
        });
        for call in calls.collect::<Vec<_>>() {
            let (id, response) = call.await.unwrap();
            assert_eq!(body(response).get("number"), Some(Value::from(id)));
        }
    }
    let stats = transport.connections().stats();
    assert_eq!((stats.calls, stats.dropped), (0, 0));
    assert!(if is_atomic { stats.lanes < 4 } else { stats.lanes > 4 }, "{}", stats.lanes);
}

#[tokio::test]
async fn a_thousand_calls_share_a_list() {
    a_thousand(RedisServer::start(), true).await;
}

#[tokio::test]
async fn a_thousand_calls_have_lists_of_their_own() {
    a_thousand(RedisServer::start(), false).await;
}

#[tokio::test]
async fn a_thousand_calls_pass_through_redis_six() {
    let six = RedisServer::builder().rename_command("BLMPOP", "").rename_command("LMPOP", "");
    a_thousand(six.start(), true).await;
}

#[tokio::test]
async fn an_idle_client_does_not_pop_for_ever() {
    let redis = Arc::new(RedisServer::start());
    let _service = Fake::start(&redis, |got| vec![got.answer(got.envelope.address.request_id() == "1")]);
    let transport = transport(&redis);
    for id in 1..=2 {
        call(&transport, id, LONG).await.unwrap();
    }
    until(|| transport.connections().stats().lanes == 0).await;
    let clients = redis.command(&["CLIENT", "LIST"]);
    let pops = clients.text().lines().any(|line| line.contains("name=soa-client") && line.contains("flags=b"));
    assert!(!pops, "{}", clients.text());
}

#[tokio::test]
async fn connections_end_with_their_last_user() {
    let redis = Arc::new(RedisServer::start());
    let connected = || redis.command(&["CLIENT", "LIST"]).text().contains("name=soa-client");
    let transport = transport(&redis);
    let pending = send(&transport, 1, LONG).await;
    drop(transport);
    until(connected).await;
    drop(pending);
    let tasks = tokio::runtime::Handle::current().metrics();
    until(|| !connected() && tasks.num_alive_tasks() == 0).await;
}

#[tokio::test]
async fn a_call_does_not_wait_for_the_pop_of_another() {
    let redis = Arc::new(RedisServer::start());
    let transport = transport(&redis);
    let mut waiting = Vec::new();
    for id in 1..=20 {
        let start = Instant::now();
        let pending = send(&transport, id, LONG).await;
        let got = Got::next(&redis).await;
        if id % 2 == 0 {
            waiting.push((got, pending));
            continue;
        }
        got.push(&redis, &got.answer(false));
        pending.await.unwrap();
        assert!(start.elapsed() < Duration::from_secs(1), "{id}: {:?}", start.elapsed());
    }
    for (got, pending) in waiting {
        got.push(&redis, &got.answer(false));
        pending.await.unwrap();
    }
}

#[tokio::test]
async fn services_share_connections() {
    let redis = Arc::new(RedisServer::start());
    let _service = Fake::start(&redis, |got| vec![got.answer(true)]);
    let first = transport(&redis);
    let second = first.connections().transport("nobody").unwrap();
    call(&first, 1, LONG).await.unwrap();
    let _pending = send(&second, 2, LONG).await;
    call(&first, 3, LONG).await.unwrap();
    let clients = redis.command(&["CLIENT", "LIST"]).text().matches("name=soa-client").count();
    // One that pushes, one that pops, and one that interrupts the latter.
    assert!((2..=3).contains(&clients), "{clients}");
}

#[test]
fn a_transport_outlives_its_runtimes() {
    let redis = Arc::new(RedisServer::start());
    let _service = Fake::start(&redis, |got| vec![got.answer(true)]);
    let transport = transport(&redis);
    for id in 1..=3 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(call(&transport, id, LONG)).unwrap();
    }
}

#[tokio::test]
async fn a_suppressed_response_is_not_waited_for() {
    let redis = Arc::new(RedisServer::start());
    let transport = transport(&redis);
    let mut request = request(1, LONG);
    request.job.control = Control::from(Map::from([("suppress_response", true)]));
    let pending = transport.send(request).await.unwrap();
    assert_eq!(transport.connections().stats().calls, 0);
    let error = pending.await.unwrap_err();
    assert_eq!(error.to_string(), "the request to \"fake\" asked for no response, so none comes");
    assert!(Got::next(&redis).await.envelope.address.reply_to.unwrap().contains('!'));
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused() {
    let redis = RedisServer::start();
    let check = async |settings: RedisSettings, body: Map, kind: TransportErrorKind, part: &str| {
        let transport = RedisClientTransport::new(SERVICE, settings).unwrap();
        let mut request = request(1, LONG);
        request.job.actions[0].body = body.into();
        let error = transport.send(request).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!(transport.connections().stats().calls, 0);
    };
    let text = "a".repeat(102_400);
    let too_large = "bytes and may have 102400: send less, or raise maximum_message_size_in_bytes";
    check(settings(&[&redis]), Map::from([("text", text)]), TransportErrorKind::MessageTooLarge, too_large).await;
    let mut json = settings(&[&redis]);
    json.serializer = Serializer::Json;
    let bytes = Map::from([("bytes", Value::Bytes(vec![0]))]);
    check(json, bytes, TransportErrorKind::InvalidMessage, "the request to \"fake\" cannot be sent: ").await;
    let mut full = settings(&[&redis]);
    (full.queue_capacity, full.queue_full_retries) = (1, 0);
    redis.command(&["RPUSH", "pysoa:service.fake", "x"]);
    check(full, Map::new(), TransportErrorKind::MessageSend, "stayed full").await;
}

#[test]
fn what_makes_no_transport_is_refused() {
    let check = |service: &str, settings: RedisSettings, expected: &str| {
        assert_eq!(RedisClientTransport::new(service, settings).unwrap_err().to_string(), expected);
    };
    let mut none = RedisSettings::client();
    none.masters.clear();
    check("fake", none, "the settings of the Redis transport name no master: name one or more");
    check("", RedisSettings::client(), "\"\" cannot be the name of a service: it is empty");
}

/// Ten thousand calls at once to a service that was not called before: they once had a list each, and most of them timed
/// out although the service answered.
#[tokio::test]
async fn the_first_calls_may_be_many() {
    const CALLS: u64 = 10_000;
    let redis = Arc::new(RedisServer::start());
    let _service = Fake::start(&redis, |got| vec![got.answer(true)]);
    let transport = transport(&redis);
    let calls = (0..CALLS).map(|id| {
        let transport = &transport;
        async move { body(call(transport, id, 3 * LONG).await).get("number") == Some(Value::from(id)) }
    });
    let mut most = 0;
    let mut calls: FuturesUnordered<_> = calls.collect();
    while let Some(is_right) = calls.next().await {
        assert!(is_right);
        most = most.max(transport.connections().stats().lanes);
    }
    assert!(most <= 2_000, "{most} lists were popped at once");
}

#[tokio::test]
async fn a_call_that_finds_no_lane_in_time_was_not_sent() {
    let redis = Arc::new(RedisServer::start());
    let transport = transport(&redis);
    let mut waiting = Vec::new();
    for id in 0..512 {
        waiting.push(send(&transport, id, LONG).await);
    }
    let error = call(&transport, 512, Duration::from_millis(20)).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::MessageSend);
    assert!(error.to_string().contains("too many earlier calls wait"), "{error}");
    assert_eq!(redis.command(&["LLEN", "pysoa:service.fake"]).int(), 512);
    // A place is free again.
    waiting.pop();
    send(&transport, 513, LONG).await;
    assert_eq!(redis.command(&["LLEN", "pysoa:service.fake"]).int(), 513);
}
