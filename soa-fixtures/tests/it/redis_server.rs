//! `RedisServer`: life, death and what it keeps.

use soa_fixtures::{RedisServer, Reply};

#[test]
fn answers_every_kind_of_reply() {
    let redis = RedisServer::start();
    assert_eq!(redis.command(&["SET", "a", "1"]), Reply::Status("OK".into()));
    assert_eq!(redis.command(&["GET", "missing"]), Reply::Nil);
    let binary: &[&[u8]] = &[b"RPUSH", b"list", b"\0\r\n\xff", b""];
    assert_eq!(redis.command(binary).int(), 2);
    let items = redis.command(&["LRANGE", "list", "0", "-1"]);
    assert_eq!(items.items()[0].bytes(), b"\0\r\n\xff");
    assert_eq!(items.items()[1].bytes(), b"");
    assert!(redis.command(&["INFO"]).text().contains("redis_version"));
    assert!(matches!(redis.command(&["NONE"]), Reply::Error(_)));
}

#[test]
fn takes_commands_away() {
    let redis = RedisServer::builder().rename_command("LLEN", "").start();
    let Reply::Error(error) = redis.command(&["LLEN", "list"]) else { panic!("LLEN is there") };
    assert!(error.contains("unknown command"), "{error}");
}

#[test]
fn is_configured() {
    let redis = RedisServer::builder().config("maxmemory", "100mb").start();
    let answer = redis.command(&["CONFIG", "GET", "maxmemory"]);
    assert_eq!(answer.items()[1].text(), "104857600");
}

#[test]
fn keeps_data_over_a_restart_only_when_told() {
    for keep in [true, false] {
        let redis = RedisServer::builder().appendonly(keep).start();
        let port = redis.port();
        redis.command(&["SET", "a", "1"]);
        redis.kill();
        redis.restart();
        assert_eq!(redis.port(), port);
        assert_eq!(redis.command(&["EXISTS", "a"]).int(), i64::from(keep));
    }
}

#[test]
fn is_gone_when_dropped_even_while_paused() {
    let redis = RedisServer::start();
    let addr = redis.addr();
    redis.pause();
    redis.resume();
    assert_eq!(redis.command(&["PING"]).text(), "PONG");
    redis.pause();
    drop(redis);
    assert!(std::net::TcpStream::connect(addr).is_err());
}
