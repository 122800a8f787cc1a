//! Every pair of client and service answers the same calls alike; PySOA with itself says what is right.

use serde_json::{Value as Json, json};
use soa_common::{frame::ProtocolVersion, serializer::Serializer};
use soa_fixtures::{PythonClient, PythonService, RedisServer};

use crate::{
    caller::Caller,
    cases::{Case, cases},
    comparable::comparable,
    our_client::OurClient,
    service::OurService,
};

fn check(version: ProtocolVersion, serializer: Serializer) {
    let redis = RedisServer::start();
    let port = redis.port();
    let mut ours = OurService::builder("ours", &[port]);
    let mut theirs = PythonService::builder("theirs").redis(port);
    // Frames of version 1 do not say how they are written: the services have to be told.
    if (version, serializer) == (ProtocolVersion::V1, Serializer::Json) {
        let json = json!({"path": "pysoa.common.serializer.json_serializer:JSONSerializer"});
        theirs = theirs.transport("default_serializer_config", &json.to_string());
        ours = ours.transport("default_serializer_config", json);
    }
    let (_ours, _theirs) = (ours.start(), theirs.start());
    let python = PythonClient::builder().service("theirs").service("ours").redis(port);
    let python = python.transport("protocol_version", &version.to_string());
    let python = if serializer == Serializer::Json { python.json() } else { python }.start();
    let rust = OurClient::with(&["theirs", "ours"], &[port], |settings| {
        settings.protocol_version = version;
        settings.serializer = serializer;
    });
    let pairs: [(&str, &dyn Caller, &str); 3] = [
        ("PySOA's client, our service", &python, "ours"),
        ("our client, PySOA's service", &rust, "theirs"),
        ("our client, our service", &rust, "ours"),
    ];
    let mut differences = String::new();
    for case in cases(serializer) {
        let expected = answer(&python, &case, "theirs");
        for (pair, caller, service) in pairs {
            let found = answer(caller, &case, service);
            if found != expected {
                let [arguments, found, expected] = [&case.arguments, &found, &expected].map(shown);
                differences +=
                    &format!("{pair}: {} {arguments}\n  found    {found}\n  expected {expected}\n", case.method);
            }
        }
    }
    assert!(differences.is_empty(), "version {version}, {serializer:?}\n{differences}");
}

/// The start of what may be long.
fn shown(json: &Json) -> String {
    json.to_string().chars().take(1000).collect()
}

fn answer(caller: &dyn Caller, case: &Case, service: &str) -> Json {
    comparable(caller.call(case.method, &case.arguments_for(service)))
}

#[test]
fn version_1_msgpack() {
    check(ProtocolVersion::V1, Serializer::Msgpack);
}

#[test]
fn version_1_json() {
    check(ProtocolVersion::V1, Serializer::Json);
}

#[test]
fn version_2_msgpack() {
    check(ProtocolVersion::V2, Serializer::Msgpack);
}

#[test]
fn version_2_json() {
    check(ProtocolVersion::V2, Serializer::Json);
}

#[test]
fn version_3_msgpack() {
    check(ProtocolVersion::V3, Serializer::Msgpack);
}

#[test]
fn version_3_json() {
    check(ProtocolVersion::V3, Serializer::Json);
}
