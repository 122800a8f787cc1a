//! Services that call services.

use serde_json::{Value as Json, json};
use soa_fixtures::{PythonClient, PythonService, RedisServer};

use crate::{caller::Caller, comparable::comparable, our_client::OurClient, service::OurService};

/// What `relay` of `service` gives: what the other service saw.
fn relayed(caller: &dyn Caller, service: &str, other: &str) -> Json {
    let arguments = json!({
        "service_name": service, "action": "relay", "body": {"service": other}, "correlation_id": "c-1",
        "switches": [5, 9], "context": {"caller": "me", "extra": {"a": [1]}}, "control_extra": {"stays": "here"},
    });
    let mut answer = comparable(caller.call("call_action", &arguments));
    assert!(answer.get("raises").is_none(), "{answer}");
    answer["body"].take()
}

#[test]
fn hand_their_context_on() {
    let redis = RedisServer::start();
    let port = redis.port();
    let _theirs = PythonService::builder("theirs").redis(port).route("ours").start();
    let _ours = OurService::builder("ours", &[port]).route("theirs", &[port]).nested().start();
    let python = PythonClient::builder().service("theirs").service("ours").redis(port).start();
    let rust = OurClient::new(&["theirs", "ours"], &[port]);
    let callers: [&dyn Caller; 2] = [&python, &rust];
    for caller in callers {
        for (service, other) in [("ours", "theirs"), ("theirs", "ours")] {
            let expected = json!({
                "context": {
                    "calling_service": service, "correlation_id": "c-1", "switches": [5, 9], "caller": "me",
                    "extra": {"a": [1]},
                },
                "control": {"continue_on_error": false, "suppress_response": false},
                "switches": [5, 9],
            });
            assert_eq!(relayed(caller, service, other), expected, "{service} calls {other}");
        }
    }
}

#[test]
fn say_which_service_they_cannot_call() {
    let redis = RedisServer::start();
    let _ours = OurService::builder("ours", &[redis.port()]).start();
    let client = OurClient::new(&["ours"], &[redis.port()]);
    let arguments = json!({"service_name": "ours", "action": "relay", "body": {"service": "nobody"}});
    let answer = client.call("call_action", &arguments);
    let error = &answer["actions"][0]["errors"][0];
    assert_eq!(error["code"], "SERVER_ERROR");
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("Internal server error: ") && message.contains("\"nobody\""), "{message}");
}
