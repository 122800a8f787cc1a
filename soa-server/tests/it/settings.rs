//! What server settings are made of a dict of the original, and what is said about wrong ones.

use std::{fs, time::Duration};

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use soa_client::ClientSettings;
use soa_common::settings::ClassConfig;
use soa_server::{ServerSettings, TransportSettings};
use tracing::Level;

/// What is said about these settings: a line each fault, or else each warning.
fn check(settings: &Value, expected: &[&str]) {
    let said = match ServerSettings::from_value("settings.json", settings.clone()) {
        Ok(loaded) => loaded.warnings,
        Err(error) => error.faults().iter().map(ToString::to_string).collect(),
    };
    assert_eq!(said, expected, "{settings}");
}

fn load(settings: Value) -> ServerSettings {
    ServerSettings::from_value("settings.json", settings).unwrap().settings
}

/// The defaults of the original, as a Python program dumps them.
fn original() -> Value {
    let class = "<class 'pysoa.server.coroutine.DefaultCoroutineMiddleware'>";
    json!({
        "heartbeat_file": null,
        "request_log_error_level": "INFO",
        "request_log_success_level": "INFO",
        "extra_fields_to_redact": [],
        "harakiri": { "timeout": 300, "shutdown_grace": 30 },
        "coroutine_middleware": [
            { "path": "pysoa.server.coroutine:DefaultCoroutineMiddleware", "object": class },
        ],
        "logging": {
            "version": 1,
            "filters": { "pysoa_logging_context_filter": { "()": "pysoa.common.logging.PySOALogContextFilter" } },
            "handlers": {
                "syslog": {
                    "level": "INFO", "class": "pysoa.common.logging.SyslogHandler", "facility": 23,
                    "address": ["localhost", 514], "formatter": "syslog", "filters": ["pysoa_logging_context_filter"],
                },
            },
            "loggers": {},
            "root": { "handlers": ["console"], "level": "INFO" },
            "disable_existing_loggers": false,
        },
        "client_routing": {},
        "middleware": [],
        "metrics": { "path": "pymetrics.recorders.noop:NonOperationalMetricsRecorder", "object": "<class>" },
        "transport": {
            "path": "pysoa.common.transport.redis_gateway.server:RedisServerTransport",
            "kwargs": { "backend_type": "redis.standard" },
            "object": "<class>",
        },
    })
}

#[test]
fn the_defaults_of_the_original_are_ours() {
    check(&original(), &[]);
    assert_eq!(load(original()), ServerSettings::default());
    assert_eq!(load(json!({ "SOA_SERVER_SETTINGS": original() })), ServerSettings::default());
}

#[test]
fn a_dump_of_the_original_with_much_set_is_read() {
    let dumped = serde_json::from_str(include_str!("../vectors/dumped_settings.json")).unwrap();
    check(
        &dumped,
        &[
            "metrics has no effect yet: nothing is measured",
            "transport.kwargs.backend_layer_kwargs.connection_kwargs.retry_on_timeout has no effect here: a push is \
             never repeated blindly",
        ],
    );
    let settings = load(dumped);
    let TransportSettings::Redis(redis) = &settings.transport else { panic!("{settings:?}") };
    let masters: Vec<String> = redis.masters.iter().map(ToString::to_string).collect();
    assert_eq!(masters, ["redis://localhost:6379/2", "redis://b:6380/2"]);
    assert_eq!(redis.chunk_messages_larger_than, Some(110_000));
}

#[test]
fn a_grown_dict_of_the_original_is_read_whole() {
    let settings = json!({
        "transport": { "path": "pysoa.common.transport.redis_gateway.server.RedisServerTransport", "kwargs": {
            "backend_type": "redis.standard",
            "backend_layer_kwargs": { "hosts": [["a", 6380]] },
        } },
        "middleware": [{ "path": "my_app.middleware:Audit", "kwargs": { "token": "secret" } }],
        "client_routing": { "users": { "transport": { "kwargs": { "queue_capacity": 5 } } } },
        "request_log_success_level": "WARNING",
        "request_log_error_level": "CRITICAL",
        "extra_fields_to_redact": ["pin", "pin"],
        "concurrency": 1,
        "runtime": { "threads": 2 },
        "expose_tracebacks": true,
    });
    check(&settings, &[]);
    let settings = load(settings);
    let TransportSettings::Redis(redis) = &settings.transport else { panic!("{settings:?}") };
    assert_eq!(redis.masters[0].to_string(), "redis://a:6380/0");
    let kwargs = Map::from_iter([("token".to_owned(), json!("secret"))]);
    assert_eq!(settings.middleware, [ClassConfig::new("my_app.middleware:Audit", kwargs)]);
    let soa_client::TransportSettings::Redis(users) = &settings.client_routing["users"].transport else {
        panic!("{settings:?}")
    };
    assert_eq!((users.queue_capacity, users.maximum_message_size), (5, 102_400));
    assert_eq!(settings.request_log_success_level, Level::WARN);
    assert_eq!(settings.request_log_error_level, Level::ERROR);
    assert_eq!(settings.extra_fields_to_redact.len(), 1);
    assert_eq!((settings.concurrency, settings.runtime_threads), (1, 2));
    assert!(settings.expose_tracebacks);
    assert!(!format!("{settings:?}").contains("secret"), "{settings:?}");
}

#[test]
fn all_faults_are_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.json");
    let settings = json!({
        "harakiri": { "shutdown_grce": 30, "timeout": -1 },
        "request_log_error_level": "NOTICE",
        "transport": { "kwargs": { "chunk_messages_larger_than_bytes": 5 } },
    });
    fs::write(&path, settings.to_string()).unwrap();
    let error = ServerSettings::load(&path).unwrap_err().to_string();
    let expected = "\
settings.json: 4 settings are wrong
  harakiri.shutdown_grce: unknown key; allowed are: actions, shutdown_grace, timeout (did you mean shutdown_grace?)
  harakiri.timeout: found -1; allowed is an integer of 0 or more (seconds, 0 = off)
  request_log_error_level: found \"NOTICE\"; allowed are: DEBUG, INFO, WARNING, ERROR, CRITICAL
  transport.kwargs.chunk_messages_larger_than_bytes: found 5; allowed is 102400 or more, or a negative number for off";
    assert_eq!(error.replace(&format!("{}/", folder.path().display()), ""), expected);
}

#[test]
fn every_rule_refuses() {
    for (settings, expected) in [
        (json!([]), "top level: found a list; allowed is a map"),
        (json!({ "concurrency": 0 }), "concurrency: found 0; allowed is an integer from 1 to 65536"),
        (json!({ "concurrency": 65_537 }), "concurrency: found 65537; allowed is at most 65536"),
        (json!({ "runtime": { "threads": 0 } }), "runtime.threads: found 0; allowed is an integer from 1 to 1024"),
        (json!({ "runtime": 2 }), "runtime: found an integer; allowed is a map"),
        (json!({ "expose_tracebacks": "no" }), "expose_tracebacks: found a text; allowed is a bool"),
        (json!({ "cancel_at_deadline": 0 }), "cancel_at_deadline: found an integer; allowed is a bool"),
        (json!({ "dead_letters": -1 }), "dead_letters: found -1; allowed is an integer of 0 or more (0 = off)"),
        (json!({ "harakiri": { "timeout": "60" } }), "harakiri.timeout: found a text; allowed is an integer"),
        (
            json!({ "harakiri": { "shutdown_grace": 0 } }),
            "harakiri.shutdown_grace: found 0; allowed is an integer above 0 (seconds)",
        ),
        (
            json!({ "harakiri": { "actions": { "slow": -0.5 } } }),
            "harakiri.actions.slow: found -0.5; allowed is a number of 0 or more (seconds, 0 = off)",
        ),
        (json!({ "request_log_success_level": 20 }), "request_log_success_level: found an integer; allowed is a text"),
        (
            json!({ "request_log_success_level": "info" }),
            "request_log_success_level: found \"info\"; allowed are: DEBUG, INFO, WARNING, ERROR, CRITICAL \
             (did you mean INFO?)",
        ),
        (json!({ "heartbeat_file": 1 }), "heartbeat_file: found an integer; allowed is a text"),
        (json!({ "extra_fields_to_redact": [1] }), "extra_fields_to_redact.0: found an integer; allowed is a text"),
        (json!({ "middleware": {} }), "middleware: found a map; allowed is a list"),
        (json!({ "middleware": [{}] }), "middleware.0.path: missing; allowed is the name of a class"),
        (
            json!({ "middleware": [{ "path": "a", "kwarg": {} }] }),
            "middleware.0.kwarg: unknown key; allowed are: kwargs, object, path (did you mean kwargs?)",
        ),
        (
            json!({ "middleware": [{ "path": "a", "kwargs": null }] }),
            "middleware.0.kwargs: found null; allowed is a map",
        ),
        (
            json!({ "transport": { "path": "my_app:Transport" } }),
            "transport.path: \"my_app:Transport\" is not registered; registered are: local, redis",
        ),
        (
            json!({ "transport": { "path": "pysoa.common.transport.redis_gateway.client:RedisClientTransport" } }),
            "transport.path: \"pysoa.common.transport.redis_gateway.client:RedisClientTransport\" is a client class; \
             allowed are: local, redis",
        ),
        (
            json!({ "transport": { "path": "redis://u:secret@host" } }),
            "transport.path: \"redis://***@host\" is not registered; registered are: local, redis",
        ),
        (
            json!({ "transport": { "path": "stub" } }),
            "transport.path: \"stub\" is not registered; registered are: local, redis",
        ),
        (
            json!({ "transport": { "path": "local", "kwargs": { "a": 1 } } }),
            "transport.kwargs.a: unknown key; allowed are: none",
        ),
        (
            json!({ "client_routing": { "users": { "transport": { "kwargs": { "queue_capacity": 0 } } } } }),
            "client_routing.users.transport.kwargs.queue_capacity: found 0; allowed is an integer above 0",
        ),
        (json!({ "logging": { "version": 2 } }), "logging.version: found 2; allowed is at most 1"),
        (json!({ "logging": { "incremental": true } }), "logging.incremental: found true; allowed is false"),
        (
            json!({ "logging": { "handler": {} } }),
            "logging.handler: unknown key; allowed are: disable_existing_loggers, filters, formatters, handlers, \
             incremental, loggers, root, version (did you mean handlers?)",
        ),
        (
            json!({ "metrics": { "path": "my_app:Recorder" } }),
            "metrics.path: \"my_app:Recorder\" is not registered; registered are: dogstatsd, log, none, prometheus, \
             pymetrics.recorders.default:DefaultMetricsRecorder, statsd",
        ),
    ] {
        check(&settings, &[expected]);
    }
}

#[test]
fn what_has_no_effect_yet_is_said() {
    for (settings, expected) in [
        (json!({ "dead_letters": 5 }), "dead_letters has no effect yet: undecodable messages are not kept"),
        (
            json!({ "logging": { "root": { "level": "DEBUG" } } }),
            "logging has no effect yet: loggers and handlers are fixed",
        ),
        (json!({ "metrics": { "path": "statsd", "kwargs": {} } }), "metrics has no effect yet: nothing is measured"),
    ] {
        check(&settings, &[expected]);
    }
    let settings = load(json!({ "harakiri": { "timeout": 0, "actions": { "a": 1.5, "b": 0 } } }));
    assert_eq!(settings.harakiri.timeout, None);
    assert_eq!(settings.harakiri.actions["a"], Some(Duration::from_millis(1500)));
    assert_eq!(settings.harakiri.actions["b"], None);
}

#[test]
fn middleware_must_be_registered() {
    let settings = load(json!({
        "middleware": [{ "path": "my_app.middleware:Audit" }, { "path": "token" }],
        "coroutine_middleware": [
            { "path": "pysoa.server.coroutine:DefaultCoroutineMiddleware" },
            { "path": "my_app.coroutine:Limit" },
        ],
        "client_routing": { "users": { "middleware": [{ "path": "traec" }] } },
    }));
    let server = ["token", "circuit", "audit"];
    let error = settings.check_middleware("settings.json", &server, &[], &["trace"]).unwrap_err();
    let expected = "settings.json: 3 settings are wrong
  middleware.0.path: \"my_app.middleware:Audit\" is not registered; registered are: audit, circuit, token
  coroutine_middleware.1.path: \"my_app.coroutine:Limit\" is not registered; registered are: \
     pysoa.server.coroutine:DefaultCoroutineMiddleware
  client_routing.users.middleware.0.path: \"traec\" is not registered; registered are: trace (did you mean trace?)";
    assert_eq!(error.to_string(), expected);
    let server = ["my_app.middleware.Audit", "token"];
    assert_eq!(settings.check_middleware("settings.json", &server, &["my_app.coroutine:Limit"], &["traec"]), Ok(()));
}

#[test]
fn the_environment_names_the_masters_that_no_file_names() {
    let mut settings = load(json!({ "client_routing": {
        "here": { "transport": { "kwargs": { "backend_layer_kwargs": { "hosts": ["file"] } } } },
        "there": {},
    } }));
    settings.apply_redis_url(Some("redis://env")).unwrap();
    let master = |client: &ClientSettings| match &client.transport {
        soa_client::TransportSettings::Redis(redis) => redis.masters[0].to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(master(&settings.client_routing["here"]), "redis://file:6379/0");
    assert_eq!(master(&settings.client_routing["there"]), "redis://env:6379/0");
    let TransportSettings::Redis(redis) = &settings.transport else { panic!("{settings:?}") };
    assert_eq!(redis.masters[0].to_string(), "redis://env:6379/0");
    // A wrong URL is refused where it counts.
    let error = load(json!({})).apply_redis_url(Some("http://u:secret@env")).unwrap_err().to_string();
    assert!(error.starts_with("SOA_REDIS_URL: found \"http://***@env\"; allowed is a URL like redis://"), "{error}");
}

/// Any JSON value; its keys are mostly those of settings.
fn any_json() -> impl Strategy<Value = Value> {
    const KEYS: &str = "transport|path|kwargs|middleware|client_routing|harakiri|timeout|actions|logging|root|metrics|\
        backend_layer_kwargs|connection_kwargs|hosts|chunk_messages_larger_than_bytes|maximum_message_size_in_bytes|\
        socket_timeout|password|username|socket_keepalive_options|extra_fields_to_redact|concurrency|[a-z\n]{0,3}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "redis|local|redis://[a-z@:/?,]{0,9}|.{0,5}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((KEYS, inner), 0..6).prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_value_makes_the_reader_panic(value in any_json()) {
        if let Err(error) = ServerSettings::from_value("settings.json", value.clone()) {
            let said = error.to_string();
            prop_assert_eq!(said.lines().count(), 1 + error.faults().len(), "{}", said);
        }
        let _ = ClientSettings::from_value("settings.json", value);
    }
}
