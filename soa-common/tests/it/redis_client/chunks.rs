use soa_common::{Value, transport::TransportErrorKind};

use super::*;

/// Sends calls and gives them with what the service got.
async fn sent(
    transport: &RedisClientTransport,
    redis: &Arc<RedisServer>,
    ids: [u64; 2],
) -> [(Got, PendingResponse); 2] {
    let first = send(transport, ids[0], LONG).await;
    let first = (Got::next(redis).await, first);
    let second = send(transport, ids[1], LONG).await;
    [first, (Got::next(redis).await, second)]
}

/// Makes a call that shows how the service pushes pieces.
async fn show(transport: &RedisClientTransport, redis: &Arc<RedisServer>, is_atomic: bool) {
    let pending = send(transport, 1, LONG).await;
    let got = Got::next(redis).await;
    got.push(redis, &got.answer(is_atomic));
    pending.await.unwrap();
}

#[tokio::test]
async fn pieces_of_two_workers_do_not_meet() {
    let redis = Arc::new(RedisServer::start());
    let transport = transport(&redis);
    show(&transport, &redis, false).await;
    let [(a, first), (b, second)] = sent(&transport, &redis, [2, 3]).await;
    assert_ne!(a.key(), b.key());
    for (a_piece, b_piece) in a.pieces(false, 3).iter().zip(b.pieces(false, 3)) {
        a.push(&redis, a_piece);
        b.push(&redis, &b_piece);
    }
    assert_eq!(body(first.await).get("number"), Some(Value::from(2)));
    assert_eq!(body(second.await).get("number"), Some(Value::from(3)));
}

#[tokio::test]
async fn pieces_pushed_at_once_share_a_list() {
    let redis = Arc::new(RedisServer::start());
    let _service = Fake::start(&redis, |got| got.pieces(true, 5));
    let transport = transport(&redis);
    call(&transport, 1, LONG).await.unwrap();
    let calls = (2..200).map(|id| {
        let transport = transport.clone();
        tokio::spawn(async move { (id, call(&transport, id, LONG).await) })
    });
    for call in calls.collect::<Vec<_>>() {
        let (id, response) = call.await.unwrap();
        assert_eq!(body(response).get("number"), Some(Value::from(id)));
    }
    assert_eq!(transport.connections().stats().dropped, 0);
}

#[tokio::test]
async fn pieces_that_mix_on_a_shared_list_become_no_answer() {
    let redis = Arc::new(RedisServer::start());
    let transport = transport(&redis);
    show(&transport, &redis, true).await;
    let [(a, first), (b, second)] = sent(&transport, &redis, [2, 3]).await;
    assert_eq!(a.key(), b.key());
    // A worker of another kind, which has answered nothing so far.
    for (a_piece, b_piece) in a.pieces(false, 2).iter().zip(b.pieces(false, 2)) {
        a.push(&redis, a_piece);
        b.push(&redis, &b_piece);
    }
    for pending in [first, second] {
        let error = pending.await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::InvalidMessage);
        assert!(error.to_string().contains("came in pieces that cannot be put together"), "{error}");
    }
    // From then on, calls have lists of their own again.
    let [(c, third), (d, fourth)] = sent(&transport, &redis, [4, 5]).await;
    assert!(c.key() != d.key() && c.key() != a.key());
    for (c_piece, d_piece) in c.pieces(false, 2).iter().zip(d.pieces(false, 2)) {
        c.push(&redis, c_piece);
        d.push(&redis, &d_piece);
    }
    assert_eq!(body(third.await).get("number"), Some(Value::from(4)));
    assert_eq!(body(fourth.await).get("number"), Some(Value::from(5)));
}

#[tokio::test]
async fn a_mixed_fleet_shares_no_list() {
    let redis = Arc::new(RedisServer::start());
    let transport = transport(&redis);
    show(&transport, &redis, true).await;
    let [(a, first), (b, second)] = sent(&transport, &redis, [2, 3]).await;
    // A worker of another kind answers while a call waits on the same list.
    a.push(&redis, &a.answer(false));
    first.await.unwrap();
    let [(c, third), (d, fourth)] = sent(&transport, &redis, [4, 5]).await;
    assert!(c.key() != d.key() && c.key() != b.key() && d.key() != b.key());
    for (got, pending) in [(b, second), (c, third), (d, fourth)] {
        for piece in got.pieces(false, 2) {
            got.push(&redis, &piece);
        }
        pending.await.unwrap();
    }
}

#[tokio::test]
async fn a_stream_without_its_end_ends_with_its_call() {
    let redis = Arc::new(RedisServer::start());
    let transport = transport(&redis);
    show(&transport, &redis, false).await;
    let pending = send(&transport, 2, Duration::from_secs(1)).await;
    let got = Got::next(&redis).await;
    got.push(&redis, &got.pieces(false, 2)[0]);
    assert_eq!(pending.await.unwrap_err().kind(), TransportErrorKind::MessageReceiveTimeout);
    let pending = send(&transport, 3, LONG).await;
    got.push(&redis, &got.pieces(false, 2)[1]);
    let next = Got::next(&redis).await;
    assert_ne!(next.key(), got.key());
    next.push(&redis, &next.answer(false));
    assert_eq!(body(pending.await).get("number"), Some(Value::from(3)));
}
