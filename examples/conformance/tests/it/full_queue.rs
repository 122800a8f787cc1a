//! A list that is full.

use serde_json::{Value as Json, json};
use soa_fixtures::{PythonClient, RedisServer};

use crate::{caller::Caller, our_client::OurClient};

#[test]
fn refuses_requests_of_both_clients() {
    let redis = RedisServer::start();
    let python = PythonClient::builder().service("idle").redis(redis.port());
    let python = python.transport("queue_capacity", "2").transport("queue_full_retries", "1").start();
    let rust = OurClient::with(&["idle"], &[redis.port()], |settings| {
        settings.queue_capacity = 2;
        settings.queue_full_retries = 1;
    });
    let callers: [&dyn Caller; 2] = [&python, &rust];
    for caller in callers {
        redis.command(&["FLUSHALL"]);
        let request = json!({"service_name": "idle", "actions": [{"action": "pid"}], "suppress_response": true});
        let mut answers: Vec<Json> = (0..3).map(|_| caller.call("send_request", &request)).collect();
        assert_eq!(answers.pop().unwrap()["raises"], "MessageSendError");
        assert!(answers.iter().all(Json::is_u64), "{answers:?}");
        assert_eq!(redis.command(&["LLEN", "pysoa:service.idle"]).int(), 2);
        // What finds no place in a batch is told so, in its place.
        redis.command(&["LPOP", "pysoa:service.idle"]);
        let actions = json!([{"action": "pid"}, {"action": "pid"}]);
        let call = json!({
            "service_name": "idle", "actions": actions, "catch_transport_errors": true, "timeout": 1,
        });
        let answers = caller.call("call_actions_parallel", &call);
        assert_eq!(answers[0]["raises"], "MessageReceiveTimeout", "{answers}");
        assert_eq!(answers[1]["raises"], "MessageSendError", "{answers}");
    }
}
