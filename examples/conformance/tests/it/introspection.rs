//! Introspection and status: both services tell the same of the same actions, by the wire and through both clients.

use serde_json::{Value as Json, json};
use soa_common::serializer::Serializer;
use soa_fixtures::{PythonClient, PythonService, RedisServer};

use crate::{
    caller::Caller,
    comparable::{comparable, difference},
    our_client::OurClient,
    service::OurService,
    wire,
};

const ACTIONS: [&str; 22] = [
    "introspect",
    "status",
    "square",
    "bad_response",
    "echo",
    "context",
    "big",
    "boom",
    "denied",
    "job_error",
    "versioned[switch:5]",
    "versioned[DEFAULT]",
    "get_users",
    "get_companies",
    "relay",
    "local",
    "pid",
    "sleep",
    "spin",
    "crash",
    "catalogue",
    "order",
];

/// The actions whose texts are each framework's own.
const BUILT_IN: [&str; 2] = ["introspect", "status"];

/// What `status` tells of each framework and its language.
const VERSIONS: [&str; 4] = ["conformity", "python", "rust", "soa_server"];

/// All of the service, each action by its name, and names that mean something else or nothing.
fn requests() -> Vec<Json> {
    let others = [
        "versioned",
        "versioned[switch:9]",
        "versioned[switch:05]",
        "versioned[switch:0]",
        "versioned[switch:-5]",
        "versioned[switch:x]",
        "versioned[default]",
        "versioned[]",
        "square[DEFAULT]",
        "square[switch:3]",
        "status[DEFAULT]",
        "introspect[switch:3]",
        "unheard_of",
        "unheard_of[DEFAULT]",
        "[DEFAULT]",
        "\u{fc}nheard \"of\"",
        "",
        " \u{1c}\n",
    ];
    let by_name = ACTIONS.iter().chain(&others).map(|name| json!({"action_name": name}));
    let bad = [json!({"action_name": null}), json!({"action_name": 5}), json!({"b": 1, "a": 2})];
    [json!({})].into_iter().chain(by_name).chain(bad).collect()
}

fn check(serializer: Serializer) {
    let redis = RedisServer::start();
    let port = redis.port();
    let _ours = OurService::builder("ours", &[port]).start();
    let _theirs = PythonService::builder("theirs").redis(port).start();
    let python = PythonClient::builder().service("theirs").service("ours").redis(port);
    let python = if serializer == Serializer::Json { python.json() } else { python }.start();
    let rust = OurClient::with(&["theirs", "ours"], &[port], |settings| settings.serializer = serializer);

    let requests = requests();
    let by_wire = |service| wire::ask(&redis, serializer, service, "introspect", &requests);
    let by_client = |client: &dyn Caller, service| {
        let actions: Json = requests.iter().map(|body| json!({"action": "introspect", "body": body})).collect();
        let mut answer = client.call(
            "call_actions",
            &json!({
                "service_name": service, "actions": actions, "continue_on_error": true, "raise_action_errors": false,
            }),
        );
        match comparable(answer["actions"].take()) {
            Json::Array(answers) => answers,
            _ => panic!("{answer}"),
        }
    };
    let expected = by_wire("theirs");
    let names = &expected[0]["body"]["action_names"];
    assert_eq!(names.as_array().unwrap().len(), ACTIONS.len(), "an action of either service is not compared: {names}");
    let found = [
        ("our service, by the wire", by_wire("ours")),
        ("our service, our client", by_client(&rust, "ours")),
        ("our service, PySOA's client", by_client(&python, "ours")),
        ("PySOA's service, our client", by_client(&rust, "theirs")),
        ("PySOA's service, PySOA's client", by_client(&python, "theirs")),
    ];
    for (pair, found) in found {
        for ((request, found), expected) in requests.iter().zip(&found).zip(&expected) {
            let [found, expected] = [found, expected].map(|answer| without_own_texts(answer.clone()));
            if let Some(difference) = difference(&found, &expected) {
                panic!("{pair}: {request}\n{difference}");
            }
        }
    }
}

/// Takes out of an answer what each framework words for itself: the texts of the built-in actions and its versions.
fn without_own_texts(mut answer: Json) -> Json {
    let Some(actions) = answer["body"]["actions"].as_object_mut() else { return answer };
    let is_built_in = |name: &str| BUILT_IN.contains(&name.split('[').next().unwrap_or_default());
    for (_, action) in actions.iter_mut().filter(|(name, _)| is_built_in(name)) {
        assert!(action["documentation"].as_str().is_some_and(|text| !text.is_empty()), "{action}");
        action["documentation"].take();
        remove(action, &["description"]);
        remove(action, &VERSIONS);
    }
    answer
}

/// Removes texts and fields of these names at any depth.
fn remove(value: &mut Json, keys: &[&str]) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(|item| remove(item, keys)),
        Json::Object(entries) => {
            entries.retain(|key, _| !keys.contains(&key.as_str()));
            entries.values_mut().for_each(|value| remove(value, keys));
        }
        _ => {}
    }
}

#[test]
fn msgpack() {
    check(Serializer::Msgpack);
}

#[test]
fn json() {
    check(Serializer::Json);
}

/// The checks of both services find the same, and ask the same other service.
#[test]
fn status() {
    let redis = RedisServer::start();
    let port = redis.port();
    let _ours = OurService::builder("ours", &[port]).route("ours", &[port]).start();
    let _theirs = PythonService::builder("theirs").redis(port).route("ours").start();
    let bodies = [
        json!({}),
        json!({"verbose": true}),
        json!({"verbose": false}),
        json!({"verbose": 1}),
        json!({"verbose": null}),
        json!({"verbose": "no", "b": 1, "a": 2}),
    ];
    for serializer in [Serializer::Msgpack, Serializer::Json] {
        let [ours, theirs] =
            ["ours", "theirs"].map(|service| wire::ask(&redis, serializer, service, "status", &bodies));
        for ((body, mut ours), mut theirs) in bodies.iter().zip(ours).zip(theirs) {
            if theirs["errors"] == json!([]) {
                for (answer, versions) in [(&mut ours, &VERSIONS[2..]), (&mut theirs, &VERSIONS[..2])] {
                    let body = answer["body"].as_object_mut().unwrap();
                    for version in versions {
                        assert!(body.remove(*version).is_some_and(|version| version.is_string()), "{body:?}");
                    }
                }
            }
            assert_eq!(ours, theirs, "{body}");
        }
        // What is compared is not nothing.
        let found = wire::ask(&redis, serializer, "ours", "status", &bodies[..1]);
        let health = &found[0]["body"]["healthcheck"];
        assert_eq!(health["diagnostics"]["services"]["ours"]["version"], json!("1.2.3"), "{found:?}");
        assert_eq!(health["errors"], json!([["DISK_SLOW", "It takes a second"]]));
    }
}
