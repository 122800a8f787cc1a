use std::time::Duration;

use serde_json::{Value, json};
use soa_common::{
    frame::ProtocolVersion,
    serializer::Serializer,
    settings::Side::{self, Client, Server},
    transport::redis::RedisSettings,
};

use super::{load, said};

fn check(side: Side, kwargs: &Value, expected: &[&str]) {
    assert_eq!(said(side, kwargs), expected, "{kwargs}");
}

/// Checks one key on a server.
fn check_key(key: &str, value: &Value, expected: &str) {
    check(Server, &json!({ key: value }), &[&format!("{key}: {expected}")]);
}

#[test]
fn nothing_said_is_the_default_of_the_side() {
    for (side, default) in [(Client, RedisSettings::client()), (Server, RedisSettings::server())] {
        for kwargs in [json!({}), json!({ "backend_type": "redis.standard" })] {
            assert_eq!(load(side, &kwargs).unwrap().settings, default);
        }
    }
}

#[test]
fn every_key_is_read() {
    let kwargs = json!({
        "backend_type": "redis.standard",
        "backend_layer_kwargs": {
            "hosts": [["a", 1], "b", "c:2", "redis://u:p@d:3/4", "unix:///r.sock"],
            "redis_port": 9,
            "redis_db": 5,
            "connection_kwargs": {
                "db": 6, "username": "me", "password": "secret", "socket_timeout": 1.5, "socket_connect_timeout": 2,
                "client_name": "x", "socket_keepalive": true, "socket_keepalive_options": {"4": 1, "TCP_KEEPCNT": 3},
            },
        },
        "log_messages_larger_than_bytes": 0,
        "maximum_message_size_in_bytes": 512_000,
        "chunk_messages_larger_than_bytes": 102_400,
        "message_expiry_in_seconds": 7,
        "queue_capacity": 8,
        "queue_full_retries": 0,
        "receive_timeout_in_seconds": 10,
        "default_serializer_config": { "path": "pysoa.common.serializer.json_serializer.JSONSerializer", "kwargs": {} },
    });
    let loaded = load(Server, &kwargs).unwrap();
    let settings = loaded.settings;
    assert_eq!(loaded.warnings, [""; 0]);
    let masters: Vec<String> = settings.masters.iter().map(ToString::to_string).collect();
    let expected = ["redis://a:1/5", "redis://b:9/5", "redis://c:2/5", "redis://d:3/4", "unix:///r.sock?db=5"];
    assert_eq!(masters, expected);
    let logins = settings.masters.iter().map(|master| {
        let info = master.connection_info().unwrap();
        let keepalive = info.tcp_settings().keepalive().unwrap();
        assert!(format!("{keepalive:?}").contains("time: Some(1s)"), "{keepalive:?}");
        let login = info.redis_settings();
        format!("{}:{}", login.username().unwrap(), login.password().unwrap())
    });
    assert_eq!(logins.collect::<Vec<_>>(), ["me:secret", "me:secret", "me:secret", "u:p", "me:secret"]);
    assert!(!format!("{settings:?}").contains("secret"));

    assert_eq!(settings.log_messages_larger_than, 0);
    assert_eq!(settings.maximum_message_size, 512_000);
    assert_eq!(settings.chunk_messages_larger_than, Some(102_400));
    assert_eq!(settings.message_expiry, Duration::from_secs(7));
    assert_eq!(settings.queue_capacity, 8);
    assert_eq!(settings.queue_full_retries, 0);
    assert_eq!(settings.receive_timeout, Duration::from_secs(10));
    assert_eq!(settings.serializer, Serializer::Json);
    assert_eq!(settings.connect_timeout, Duration::from_secs(2));
    assert_eq!(settings.socket_timeout, Some(Duration::from_millis(1500)));
    assert_eq!(settings.client_name.as_deref(), Some("x"));
}

#[test]
fn numbers_keep_to_their_rules() {
    let bytes = "allowed is an integer above 0 (bytes)";
    let seconds = "allowed is an integer above 0 (seconds)";
    let off = "allowed is an integer of 0 or more (bytes, 0 = off)";
    check_key("maximum_message_size_in_bytes", &json!(0), &format!("found 0; {bytes}"));
    check_key("maximum_message_size_in_bytes", &json!("5"), "found a text; allowed is an integer");
    check_key("maximum_message_size_in_bytes", &json!(5.0), "found a number; allowed is an integer");
    check_key("maximum_message_size_in_bytes", &json!(true), "found a bool; allowed is an integer");
    check_key("maximum_message_size_in_bytes", &json!(null), "found null; allowed is an integer");
    check_key("log_messages_larger_than_bytes", &json!(-1), &format!("found -1; {off}"));
    check_key("message_expiry_in_seconds", &json!(0), &format!("found 0; {seconds}"));
    check_key(
        "message_expiry_in_seconds",
        &json!(u64::MAX),
        "found 18446744073709551615; allowed is at most 4294967295",
    );
    check_key("queue_capacity", &json!(0), "found 0; allowed is an integer above 0");
    check_key("queue_capacity", &json!([1]), "found a list; allowed is an integer");
    check_key("queue_full_retries", &json!(-1), "found -1; allowed is an integer of 0 or more");
    check_key("receive_timeout_in_seconds", &json!(-1), &format!("found -1; {seconds}"));
    check(
        Client,
        &json!({ "receive_timeout_in_seconds": 0 }),
        &[&format!("receive_timeout_in_seconds: found 0; {seconds}")],
    );
    let warning = "receive_timeout_in_seconds has no effect here: a pop blocks for 5 seconds at most, and then again";
    check(Server, &json!({ "receive_timeout_in_seconds": 0 }), &[warning]);
}

#[test]
fn chunks_need_room() {
    let key = "chunk_messages_larger_than_bytes";
    check_key(key, &json!(5), "found 5; allowed is 102400 or more, or a negative number for off");
    check_key(key, &json!("5"), "found a text; allowed is an integer");
    check(Server, &json!({ key: -1 }), &[]);
    check(Client, &json!({ key: -1 }), &[&format!("{key}: found on a client; allowed is only on a server")]);
    let maximum =
        |found| format!("maximum_message_size_in_bytes: found {found}; allowed is at least 5 times {key} (512000)",);
    check(Server, &json!({ key: 102_400 }), &[&maximum(256_000)]);
    check(Server, &json!({ key: 102_400, "maximum_message_size_in_bytes": 511_999 }), &[&maximum(511_999)]);
    check(Server, &json!({ key: 102_400, "maximum_message_size_in_bytes": 512_000 }), &[]);
}

#[test]
fn versions_belong_to_clients() {
    let version =
        |number: Value| load(Client, &json!({ "protocol_version": number })).unwrap().settings.protocol_version;
    assert_eq!(version(json!(1)), ProtocolVersion::V1);
    assert_eq!(version(json!(2)), ProtocolVersion::V2);
    assert_eq!(version(json!(3)), ProtocolVersion::V3);
    check(Client, &json!({ "protocol_version": 4 }), &["protocol_version: found 4; allowed are: 1, 2, 3"]);
    check(Client, &json!({ "protocol_version": "3" }), &["protocol_version: found a text; allowed is an integer"]);
    let server = "found on a server; allowed is only on a client: a server answers in the version of the request";
    check_key("protocol_version", &json!(3), server);
}

#[test]
fn serializers_have_two_names() {
    let key = "default_serializer_config";
    for (path, serializer) in [
        ("json", Serializer::Json),
        ("msgpack", Serializer::Msgpack),
        ("pysoa.common.serializer:JSONSerializer", Serializer::Json),
        ("pysoa.common.serializer.MsgpackSerializer", Serializer::Msgpack),
        ("pysoa.common.serializer.msgpack_serializer:MsgpackSerializer", Serializer::Msgpack),
    ] {
        let kwargs = json!({ key: { "path": path, "object": "<class>" } });
        assert_eq!(load(Client, &kwargs).unwrap().settings.serializer, serializer, "{path}");
    }
    let xml = "default_serializer_config.path: \"xml\" is not registered; registered are: json, msgpack";
    check(Client, &json!({ key: { "path": "xml" } }), &[xml]);
    let missing = "default_serializer_config.path: missing; allowed is the name of a serializer";
    check(Client, &json!({ key: {} }), &[missing]);
    let more = "default_serializer_config.kwargs.indent: unknown key; allowed are: none";
    check(Client, &json!({ key: { "path": "json", "kwargs": { "indent": 2 } } }), &[more]);
}

#[test]
fn faults_stand_in_the_order_of_the_file() {
    let kwargs = json!({
        "queue_capcity": 1,
        "backend_layer_kwargs": { "hots": [], "hosts": [["a"], ["b", 0], 5] },
        "queue_full_retries": null,
    });
    check(
        Client,
        &kwargs,
        &[
            "queue_capcity: unknown key; allowed are: backend_layer_kwargs, backend_type, \
             chunk_messages_larger_than_bytes, default_serializer_config, log_messages_larger_than_bytes, \
             maximum_message_size_in_bytes, message_expiry_in_seconds, protocol_version, queue_capacity, \
             queue_full_retries, receive_timeout_in_seconds (did you mean queue_capacity?)",
            "backend_layer_kwargs.hots: unknown key; allowed are: connection_kwargs, hosts, redis_db, redis_port, \
             sentinel_failover_retries, sentinel_kwargs, sentinel_services (did you mean hosts?)",
            "backend_layer_kwargs.hosts.0: found a list of 1; allowed is a list of host and port",
            "backend_layer_kwargs.hosts.1.1: found 0; allowed is an integer from 1 to 65535",
            "backend_layer_kwargs.hosts.2: found an integer; allowed is a text or a list of host and port",
            "queue_full_retries: found null; allowed is an integer",
        ],
    );
}
