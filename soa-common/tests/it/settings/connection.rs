use serde_json::{Value, json};
use soa_common::settings::Side::Client;

use super::{load, said};

/// What is said about these `backend_layer_kwargs`; their own path is left out.
fn check_layer(layer: &Value, expected: &[&str]) {
    let said = said(Client, &json!({ "backend_type": "redis.standard", "backend_layer_kwargs": layer }));
    let said: Vec<String> = said.iter().map(|line| line.replace("backend_layer_kwargs.", "")).collect();
    assert_eq!(said, expected, "{layer}");
}

/// What is said about these `connection_kwargs`; the path is left out.
fn check(connection: &Value, expected: &[&str]) {
    let lines: Vec<String> = expected.iter().map(|line| format!("connection_kwargs.{line}")).collect();
    check_layer(&json!({ "connection_kwargs": connection }), &lines.iter().map(|line| &**line).collect::<Vec<_>>());
}

#[test]
fn hosts_that_are_none_are_refused() {
    let form = "host, host:port or a URL (redis://…, unix://…)";
    check_layer(&json!({ "hosts": [""] }), &[&format!("hosts.0: found \"\"; allowed is {form}")]);
    check_layer(&json!({ "hosts": "a" }), &["hosts: found a text; allowed is a list"]);
    check_layer(&json!({ "hosts": [[1, 2]] }), &["hosts.0.0: found an integer; allowed is a text"]);
    check_layer(
        &json!({ "hosts": [["a:1", 2]] }),
        &["hosts.0.0: found more than a host; allowed is a host alone beside a port"],
    );
    check_layer(
        &json!({ "hosts": ["rediss://u:secret@a"] }),
        &["hosts.0: found \"rediss://***@a\"; allowed is a URL that starts with redis:// or unix:// \
           (TLS is not available yet)"],
    );
    check_layer(&json!({ "redis_port": 65536 }), &["redis_port: found 65536; allowed is at most 65535"]);
    check_layer(&json!({ "redis_db": -1 }), &["redis_db: found -1; allowed is an integer of 0 or more"]);
}

#[test]
fn the_environment_fills_in_what_no_file_names() {
    let check = |layer: &Value, expected: &str| {
        let mut settings = load(Client, &json!({ "backend_layer_kwargs": layer })).unwrap().settings;
        settings.apply_redis_url(None).unwrap();
        settings.apply_redis_url(Some("redis://env:1,redis://:mine@env:2/3")).unwrap();
        let masters = settings.masters.iter().map(|master| {
            let info = master.connection_info().unwrap();
            format!("{master} {}", info.redis_settings().password().unwrap_or_default())
        });
        assert_eq!(masters.collect::<Vec<_>>().join(", "), expected);
    };
    check(&json!({ "hosts": ["file"] }), "redis://file:6379/0 ");
    check(&json!({ "hosts": [] }), "redis://env:1/0 , redis://env:2/3 mine");
    check(
        &json!({ "redis_db": 7, "connection_kwargs": { "password": "all" } }),
        "redis://env:1/7 all, redis://env:2/3 mine",
    );
}

#[test]
fn sentinel_waits() {
    let later = "backend_type: found \"redis.sentinel\"; allowed is redis.standard (Sentinel is not available yet)";
    let layer = json!({ "sentinel_services": ["a"], "sentinel_kwargs": {}, "sentinel_failover_retries": 1 });
    let sentinel = json!({ "backend_type": "redis.sentinel", "backend_layer_kwargs": layer });
    assert_eq!(said(Client, &sentinel), [later]);
    assert_eq!(
        said(Client, &json!({ "backend_layer_kwargs": { "sentinel_kwargs": {} } })),
        ["backend_type: missing; allowed are: redis.sentinel, redis.standard, where Sentinel is configured"],
    );
    assert_eq!(
        said(Client, &json!({ "backend_type": "redis.standart" })),
        [
            "backend_type: found \"redis.standart\"; allowed are: redis.sentinel, redis.standard (did you mean redis.standard?)"
        ],
    );
    check_layer(
        &json!({ "sentinel_services": ["a"], "sentinel_failover_retries": 0 }),
        &[
            "sentinel_services: found with redis.standard; allowed is only with redis.sentinel",
            "sentinel_failover_retries: found with redis.standard; allowed is only with redis.sentinel",
        ],
    );
}

#[test]
fn what_has_no_place_here_is_refused() {
    for (key, value, expected) in [
        ("host", json!("a"), "found here; allowed is only in hosts"),
        ("port", json!(1), "found here; allowed is only in hosts, or as redis_port"),
        ("unix_socket_path", json!("/r"), "found here; allowed is only in hosts, as unix://<path>"),
        ("username", json!("u"), "found without a password; allowed is a user together with a password"),
        ("password", json!(12345), "found an integer; allowed is a text"),
        ("db", json!(-1), "found -1; allowed is an integer of 0 or more"),
        ("ssl", json!(true), "found true; allowed is false (TLS is not available yet)"),
        ("ssl", json!("yes"), "found a text; allowed is a bool"),
        ("ssl_cert_reqs", json!("some"), "found \"some\"; allowed are: none, optional, required"),
        ("ssl_check_hostname", json!(1), "found an integer; allowed is a bool"),
        ("socket_timeout", json!(0), "found 0; allowed is a number above 0 (seconds) or null"),
        ("socket_connect_timeout", json!("5"), "found a text; allowed is a number"),
        ("socket_keepalive", json!(1), "found an integer; allowed is a bool"),
        ("encoding", json!("latin-1"), "found \"latin-1\"; allowed is utf-8 (messages are bytes)"),
        ("charset", json!(5), "found an integer; allowed is a text"),
        ("decode_responses", json!(true), "found true; allowed is false (messages are bytes)"),
        ("client_name", json!("a b"), "found \"a b\"; allowed is a text of printable ASCII without spaces"),
        (
            "connection_pool",
            json!("<pool>"),
            "found a text; allowed is a number, a bool or null (objects of Python have no meaning here)",
        ),
        ("max_connections", json!(0), "found 0; allowed is an integer above 0"),
        ("health_check_interval", json!(-1), "found -1; allowed is a number of 0 or more (seconds)"),
    ] {
        check(&json!({ key: value }), &[&format!("{key}: {expected}")]);
    }
    check(
        &json!({ "socket_keepalive_options": { "4": 0, "7": 1 } }),
        &[
            "socket_keepalive_options.4: found 0; allowed is an integer from 1 to 32767",
            "socket_keepalive_options.7: unknown key; allowed are: 4 (TCP_KEEPIDLE), 5 (TCP_KEEPINTVL), 6 (TCP_KEEPCNT)",
        ],
    );
}

#[test]
fn what_has_no_effect_is_one_warning() {
    for (key, value, expected) in [
        ("ssl_ca_certs", json!("/ca.pem"), "has no effect yet: TLS is not available"),
        ("retry_on_timeout", json!(true), "has no effect here: a push is never repeated blindly"),
        ("encoding_errors", json!("strict"), "has no effect here: messages are bytes"),
        ("health_check_interval", json!(30), "has no effect yet: idle connections are not pinged"),
        ("max_connections", json!(10), "has no effect here: the number of connections is fixed"),
        ("socket_read_size", json!(65536), "has no effect here: it tunes redis-py"),
        ("min_other_sentinels", json!(1), "has no effect here: it belongs to Sentinel"),
    ] {
        check(&json!({ key: value }), &[&format!("{key} {expected}")]);
    }
    check(
        &json!({
            "username": null, "password": null, "db": 0, "ssl": false, "ssl_ca_certs": null, "ssl_cert_reqs": "required",
            "ssl_check_hostname": false, "socket_timeout": null, "socket_connect_timeout": null, "socket_keepalive": false,
            "retry_on_timeout": false, "encoding": "UTF-8", "decode_responses": false, "health_check_interval": 0,
            "client_name": null, "max_connections": null, "connection_pool": null, "min_other_sentinels": 0,
        }),
        &[],
    );
}
