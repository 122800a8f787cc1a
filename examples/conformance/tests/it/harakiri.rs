//! Actions that run for too long are answered as the original answers them.

use serde_json::{Value as Json, json};
use soa_fixtures::{PythonClient, PythonService, RedisServer};

use crate::{caller::Caller, comparable::comparable, our_client::OurClient, service::OurService};

#[test]
fn interrupted_actions_end_their_job() {
    let redis = RedisServer::start();
    let port = redis.port();
    // The original counts the time that it waits for a request, too.
    let theirs = PythonService::builder("theirs").redis(port).transport("receive_timeout_in_seconds", "1");
    let _theirs = theirs.setting("harakiri", r#"{"timeout": 3, "shutdown_grace": 30}"#).start();
    let ours = OurService::builder("ours", &[port]).setting("harakiri", json!({"timeout": 1})).start();
    let python = PythonClient::builder().service("theirs").service("ours").redis(port).start();
    let rust = OurClient::new(&["theirs", "ours"], &[port]);

    let expected = answer(&python, "theirs");
    assert_eq!(expected["actions"][1]["errors"][0]["code"], "ACTION_TIMEOUT", "{expected}");
    assert_eq!(expected["actions"].as_array().map(Vec::len), Some(2), "{expected}");
    assert_eq!(answer(&python, "ours"), expected);
    assert_eq!(answer(&rust, "ours"), expected);
    assert_eq!(python.body("ours", "pid", json!({}))["pid"], ours.pid());
}

fn answer(caller: &dyn Caller, service: &str) -> Json {
    let actions = [
        json!({"action": "square", "body": {"number": 7}}),
        json!({"action": "sleep", "body": {"seconds": 60}}),
        json!({"action": "square", "body": {"number": 8}}),
    ];
    comparable(caller.call(
        "call_actions",
        &json!({
            "service_name": service, "actions": actions, "continue_on_error": true, "raise_action_errors": false,
            "correlation_id": "c-1", "timeout": 20,
        }),
    ))
}
