use soa_common::{Value, transport::TransportErrorKind};
use soa_fixtures::FaultProxy;

use super::*;

#[tokio::test]
async fn a_restart_of_redis_is_survived() {
    let redis = Arc::new(RedisServer::start());
    let transport = transport(&redis);
    {
        let _service = Fake::start(&redis, |got| vec![got.answer(true)]);
        call(&transport, 1, LONG).await.unwrap();
    }
    let lost = send(&transport, 2, Duration::from_secs(1)).await;
    redis.restart();
    let error = lost.await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::MessageReceiveTimeout, "{error}");
    let _service = Fake::start(&redis, |got| vec![got.answer(true)]);
    call(&transport, 3, LONG).await.unwrap();
}

#[tokio::test]
async fn an_answer_after_the_connections_broke_arrives() {
    for is_atomic in [true, false] {
        let redis = Arc::new(RedisServer::start());
        let proxy = FaultProxy::start(redis.addr());
        let settings = RedisSettings::from_url(&proxy.url()).unwrap();
        let transport = RedisClientTransport::new(SERVICE, settings).unwrap();
        for id in [1, 2] {
            let pending = send(&transport, id, LONG).await;
            let got = Got::next(&redis).await;
            proxy.cut();
            got.push(&redis, &got.answer(is_atomic));
            assert_eq!(body(pending.await).get("number"), Some(Value::from(id)));
        }
    }
}

#[tokio::test]
async fn calls_end_in_time_when_redis_is_frozen_or_gone() {
    let redis = Arc::new(RedisServer::start());
    let transport = transport(&redis);
    let check = async |id: u64, kind: TransportErrorKind, part: &str| {
        let start = Instant::now();
        let error = call(&transport, id, Duration::from_millis(500)).await.unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!(transport.connections().stats().calls, 0);
    };
    drop(send(&transport, 0, LONG).await);
    check(1, TransportErrorKind::MessageReceiveTimeout, "did not answer").await;
    redis.pause();
    check(2, TransportErrorKind::MessageSend, "may have been delivered").await;
    redis.resume();
    redis.kill();
    check(3, TransportErrorKind::MessageSend, "sending the request to \"fake\" failed: Redis redis://").await;
    check(4, TransportErrorKind::MessageSend, "is out of order").await;
    redis.restart();
    let _service = Fake::start(&redis, |got| vec![got.answer(true)]);
    call(&transport, 5, LONG).await.unwrap();
}

#[tokio::test]
async fn several_masters_share_the_calls_and_one_can_be_down() {
    let servers = [(); 3].map(|()| Arc::new(RedisServer::start()));
    let services = servers.each_ref().map(|redis| Fake::start(redis, |got| vec![got.answer(true)]));
    let settings = settings(&servers.each_ref().map(|redis| &**redis));
    let transport = RedisClientTransport::new(SERVICE, settings).unwrap();
    // A request that was under way when a master was killed may have reached it, so that one is not sent again.
    let run = async |ids: std::ops::Range<u64>, killed: usize| {
        let mut unknown = 0;
        for id in ids {
            match call(&transport, id, LONG).await {
                Err(error) if error.to_string().contains("may have been delivered") => unknown += 1,
                response => assert_eq!(body(response).get("number"), Some(Value::from(id))),
            }
        }
        assert!(unknown <= killed, "{unknown}");
    };
    run(0..30, 0).await;
    for redis in &servers {
        let pushed = redis.command(&["INFO", "commandstats"]);
        assert!(pushed.text().contains("cmdstat_evalsha"), "{}", pushed.text());
    }
    let [one, two, three] = services;
    drop(one);
    servers[0].kill();
    run(30..60, 1).await;
    servers[0].restart();
    let one = Fake::start(&servers[0], |got| vec![got.answer(true)]);
    drop((two, three));
    for redis in &servers[1..] {
        redis.kill();
    }
    run(60..70, 2).await;
    drop(one);
}

#[tokio::test]
async fn a_call_moves_on_from_a_master_that_was_never_there() {
    let redis = Arc::new(RedisServer::start());
    let gone = RedisServer::start();
    gone.kill();
    let _service = Fake::start(&redis, |got| vec![got.answer(false)]);
    let transport = RedisClientTransport::new(SERVICE, settings(&[&gone, &redis])).unwrap();
    for id in 0..10 {
        call(&transport, id, LONG).await.unwrap();
    }
    let start = Instant::now();
    for id in 10..20 {
        call(&transport, id, LONG).await.unwrap();
    }
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_call_moves_on_from_a_master_that_does_not_say_a_word() {
    let redis = Arc::new(RedisServer::start());
    let silent = FaultProxy::start(redis.addr());
    silent.stall();
    let urls = format!("{},{}", silent.url(), redis.url());
    let _service = Fake::start(&redis, |got| vec![got.answer(true)]);
    let transport = RedisClientTransport::new(SERVICE, RedisSettings::from_url(&urls).unwrap()).unwrap();
    for id in 0..4 {
        call(&transport, id, Duration::from_secs(4)).await.unwrap();
    }
}
