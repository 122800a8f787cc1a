use soa_common::{Value, transport::TransportErrorKind};

use super::*;

#[tokio::test]
async fn a_dropped_call_is_forgotten_at_once() {
    for is_atomic in [true, false] {
        let redis = Arc::new(RedisServer::start());
        let transport = transport(&redis);
        let first = send(&transport, 1, LONG).await;
        let got = Got::next(&redis).await;
        got.push(&redis, &got.answer(is_atomic));
        first.await.unwrap();

        let dropped = send(&transport, 2, LONG).await;
        assert_eq!(transport.connections().stats().calls, 1);
        drop(dropped);
        assert_eq!(transport.connections().stats().calls, 0);
        let late = Got::next(&redis).await;
        let next = send(&transport, 3, LONG).await;
        late.push(&redis, &late.answer(is_atomic));
        let got = Got::next(&redis).await;
        got.push(&redis, &got.answer(is_atomic));
        assert_eq!(body(next.await).get("number"), Some(Value::from(3)));
    }
}

#[tokio::test]
async fn many_abandoned_calls_leave_no_list_to_be_popped_and_no_connection() {
    for is_atomic in [true, false] {
        let redis = Arc::new(RedisServer::start());
        let transport = transport(&redis);
        let connections = || redis.command(&["CLIENT", "LIST"]).text().matches("name=soa-client").count();
        for round in 0..20 {
            let mut calls = Vec::new();
            for id in 0..50 {
                calls.push((send(&transport, round * 50 + id, LONG).await, Got::next(&redis).await));
            }
            // One half is answered before it is dropped, one quarter afterwards and one never; one call is awaited.
            let (awaited, got) = calls.pop().unwrap();
            let late = calls.split_off(25);
            for (call, got) in calls {
                got.push(&redis, &got.answer(is_atomic));
                drop(call);
            }
            for (number, (call, got)) in late.into_iter().enumerate() {
                drop(call);
                if number % 2 == 0 {
                    got.push(&redis, &got.answer(is_atomic));
                }
            }
            got.push(&redis, &got.answer(is_atomic));
            assert_eq!(body(awaited.await).get("number"), Some(Value::from(round * 50 + 49)));
            let stats = transport.connections().stats();
            assert_eq!(stats.calls, 0);
            // As many as calls at once, and as many made ahead of theirs.
            assert!(stats.lanes <= 100, "{stats:?}");
            // One that pushes, one that pops, and one that interrupts the latter.
            assert!(connections() <= 3, "{}", connections());
        }
        until(|| transport.connections().stats().lanes == 0).await;
    }
}

#[tokio::test]
async fn a_call_without_an_answer_ends_at_its_deadline() {
    let redis = Arc::new(RedisServer::start());
    let transport = transport(&redis);
    let start = Instant::now();
    let error = call(&transport, 1, Duration::from_millis(1_250)).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::MessageReceiveTimeout);
    assert_eq!(error.to_string(), "service \"fake\" did not answer \"act\" within 1.25 s");
    assert!((1.25..5.0).contains(&start.elapsed().as_secs_f64()), "{:?}", start.elapsed());
    assert_eq!(transport.connections().stats().calls, 0);
}

#[tokio::test]
async fn answers_that_are_late_double_or_nobodys_are_dropped() {
    let redis = Arc::new(RedisServer::start());
    let transport = transport(&redis);
    let first = send(&transport, 1, LONG).await;
    let got = Got::next(&redis).await;
    got.push(&redis, &got.answer(true));
    first.await.unwrap();
    let second = send(&transport, 2, LONG).await;
    let mut unknown = Got::next(&redis).await;
    let own = unknown.answer(true);
    let at = own.windows(10).position(|bytes| bytes == b"request_id").unwrap() + 10;
    let mut foreign = own.clone();
    foreign[at] = 99;
    unknown.push(&redis, &got.answer(true));
    unknown.push(&redis, &foreign);
    unknown.push(&redis, b"nonsense");
    unknown.frame.version = ProtocolVersion::V1;
    unknown.push(&redis, &unknown.answer(true));
    second.await.unwrap();
    assert_eq!(transport.connections().stats().dropped, 3);
}

#[tokio::test]
async fn a_response_that_cannot_be_read_fails_its_call_at_once() {
    let redis = Arc::new(RedisServer::start());
    let transport = transport(&redis);
    let check = async |id: u64, spoil: fn(&mut Vec<u8>), expected: &str| {
        let pending = send(&transport, id, LONG).await;
        let got = Got::next(&redis).await;
        let mut frame = got.answer(false);
        spoil(&mut frame);
        got.push(&redis, &frame);
        let error = pending.await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::InvalidMessage);
        let text = error.to_string();
        assert!(text.starts_with("the response of service \"fake\" to \"act\" cannot be read: "), "{text}");
        assert!(text.contains(expected), "{text}");
    };
    check(1, |frame| frame.push(0), "").await;
    check(2, |frame| frame.truncate(frame.len() - 1), "").await;
    check(3, |frame| frame.splice(.., *b"pysoa-redis/4//").for_each(drop), "version 4 is unknown").await;
    check(4, Vec::clear, "").await;
}
