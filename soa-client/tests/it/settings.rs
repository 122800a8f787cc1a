//! What client settings are made of a dict of the original, and what is said about wrong ones.

use std::fs;

use serde_json::{Value, json};
use soa_client::{ClientSettings, TransportSettings};
use soa_common::{frame::ProtocolVersion, settings::ClassConfig};

/// What is said about these settings of a service: a line each fault, or else each warning.
fn check(settings: &Value, expected: &[&str]) {
    let said = match ClientSettings::from_value("clients.json", json!({ "users": settings })) {
        Ok(loaded) => loaded.warnings,
        Err(error) => error.faults().iter().map(ToString::to_string).collect(),
    };
    let expected: Vec<String> = expected.iter().map(|line| format!("users.{line}")).collect();
    assert_eq!(said, expected, "{settings}");
}

#[test]
fn the_defaults_of_the_original_are_ours() {
    let original = json!({
        "metrics": { "path": "pymetrics.recorders.noop:NonOperationalMetricsRecorder", "object": "<class>" },
        "middleware": [],
        "transport": {
            "path": "pysoa.common.transport.redis_gateway.client:RedisClientTransport",
            "kwargs": { "backend_type": "redis.standard" },
            "object": "<class>",
        },
    });
    check(&original, &[]);
    let loaded = ClientSettings::from_value("clients.json", json!({ "users": original, "other": {} })).unwrap();
    assert_eq!(loaded.settings["users"], ClientSettings::default());
    assert_eq!(loaded.settings["other"], ClientSettings::default());
}

#[test]
fn a_file_holds_all_services() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clients.yaml");
    let yaml = "SOA_CLIENT_SETTINGS:\n  users.v2:\n    transport: {kwargs: {protocol_version: 2}}\n    middleware: \
                [{path: trace}]\n";
    fs::write(&path, yaml).unwrap();
    let settings = &ClientSettings::load(&path).unwrap().settings["users.v2"];
    let TransportSettings::Redis(redis) = &settings.transport else { panic!("{settings:?}") };
    assert_eq!(redis.protocol_version, ProtocolVersion::V2);
    assert_eq!(settings.middleware, [ClassConfig::new("trace", serde_json::Map::new())]);
    let faults = settings.unregistered_middleware("users.v2", &[]);
    let said = "users.v2.middleware.0.path: \"trace\" is not registered; registered are: none";
    assert_eq!(faults.iter().map(ToString::to_string).collect::<Vec<_>>(), [said]);
}

#[test]
fn other_transports_are_kept() {
    let load = |transport: Value| {
        let value = json!({ "users": { "transport": transport } });
        ClientSettings::from_value("clients.json", value).unwrap().settings["users"].transport.clone()
    };
    let local = load(json!({
        "path": "pysoa.common.transport.local:LocalClientTransport",
        "kwargs": { "server_class": "users", "server_settings": { "password": "secret" } },
    }));
    assert!(matches!(&local, TransportSettings::Local(class) if class.kwargs["server_class"] == "users"));
    assert!(!format!("{local:?}").contains("secret"), "{local:?}");
    let stub = load(json!({
        "path": "pysoa.test.stub_service:StubClientTransport",
        "kwargs": { "action_map": {
            "get": { "body": { "a": 1 } },
            "set": { "errors": [{ "code": "NO", "message": "No", "field": null }] },
        } },
    }));
    assert!(matches!(stub, TransportSettings::Stub(_)));
}

#[test]
fn every_rule_refuses() {
    for (settings, expected) in [
        (
            json!({ "tranport": {} }),
            "tranport: unknown key; allowed are: metrics, middleware, transport (did you mean transport?)",
        ),
        (
            json!({ "transport": { "path": "pysoa.common.transport.local:LocalServerTransport" } }),
            "transport.path: \"pysoa.common.transport.local:LocalServerTransport\" is a server class; \
             allowed are: local, redis, stub",
        ),
        (json!({ "transport": { "path": "stub" } }), "transport.kwargs: missing; allowed is a map"),
        (
            json!({ "transport": { "path": "stub", "kwargs": {} } }),
            "transport.kwargs.action_map: missing; allowed is a map of actions",
        ),
        (
            json!({ "transport": { "path": "stub", "kwargs": { "action_map": { "a": { "errors": [{ "code": "A" }] } } } } }),
            "transport.kwargs.action_map.a.errors.0.message: missing; allowed is a text",
        ),
        (
            json!({ "transport": { "path": "local", "kwargs": { "server_class": "a" } } }),
            "transport.kwargs.server_settings: missing; allowed is a map of settings or the path of a settings file",
        ),
        (
            json!({ "transport": { "path": "local", "kwargs": { "server_class": "a", "server_settings": "a:B" } } }),
            "transport.kwargs.server_settings: found \"a:B\"; allowed is a map of settings or the path of a settings \
             file: write what the variable holds",
        ),
    ] {
        check(&settings, &[expected]);
    }
    let error = ClientSettings::from_value("clients.json", json!({ "users": 5 })).unwrap_err();
    assert_eq!(error.to_string(), "clients.json: 1 setting is wrong\n  users: found an integer; allowed is a map");
}
