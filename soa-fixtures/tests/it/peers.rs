//! The PySOA peers, talking to each other.

use serde_json::{Value, json};
use soa_fixtures::{PythonClient, PythonClientBuilder, PythonService, RedisServer};

/// Calls a method and gives its result, which must not be an exception.
fn call(client: &PythonClient, method: &str, arguments: &Value) -> Value {
    let mut answer = answer(client, method, arguments);
    assert!(answer["raises"].is_null(), "{answer}");
    answer["result"].take()
}

fn answer(client: &PythonClient, method: &str, arguments: &Value) -> Value {
    serde_json::from_str(&client.call(method, &arguments.to_string())).unwrap()
}

fn action(action: &str, body: &Value) -> Value {
    json!({"service_name": "peer", "action": action, "body": body})
}

fn client(redis: &RedisServer) -> PythonClientBuilder {
    PythonClient::builder().service("peer").redis(redis.port())
}

#[test]
fn answer_in_every_version_and_serializer() {
    let redis = RedisServer::start();
    let _service = PythonService::builder("peer").redis(redis.port()).start();
    for version in ["1", "2", "3"] {
        let client = client(&redis).transport("protocol_version", version);
        // A frame of version 1 does not say what it is, so it can only be MessagePack.
        let json = (version != "1").then(|| client.clone().json());
        for client in [Some(client), json].into_iter().flatten() {
            let squared = call(&client.start(), "call_action", &action("square", &json!({"number": 7})));
            assert_eq!(squared, json!({"action": "square", "errors": [], "body": {"square": 49}}));
        }
    }
}

#[test]
fn exchange_every_type() {
    let redis = RedisServer::start();
    let _service = PythonService::builder("peer").redis(redis.port()).start();
    let body = json!({
        "plain": [null, true, -1, 18_446_744_073_709_551_615_u64, 1.5, "é"],
        "date": {"$date": "2020-01-31"},
        "time": {"$time": "23:59:59.000001"},
        "datetime": {"$datetime": "2020-01-31T23:59:59.000001"},
        "utc": {"$datetime_utc": "2020-01-31T23:59:59"},
        "decimal": {"$decimal": "1.50"},
        "amount": {"$amount": ["USD", 1599]},
        "bytes": {"$bytes": "AP8="},
        "float": {"$float": "inf"},
        "map": {"$map": [[1, {"$date": "2020-01-31"}]]},
        "tag": {"$map": [["$date", "not a date"]]},
    });
    let echoed = call(&client(&redis).start(), "call_action", &action("echo", &body));
    assert_eq!(echoed["body"], body);
}

#[test]
fn report_errors() {
    let redis = RedisServer::start();
    let _service = PythonService::builder("peer").redis(redis.port()).start();
    let client = client(&redis).start();
    let check = |name: &str, body: &Value, code: &str| {
        let answer = answer(&client, "call_action", &action(name, body));
        assert_eq!(answer["raises"], "CallActionError", "{answer}");
        assert_eq!(answer["actions"][0]["errors"][0]["code"], code, "{answer}");
    };
    check("square", &json!({"number": 13}), "UNLUCKY");
    check("square", &json!({"number": -1}), "INVALID");
    check("square", &json!({}), "MISSING");
    check("bad_response", &json!({"number": 1}), "SERVER_ERROR");
    check("boom", &json!({}), "SERVER_ERROR");
    check("denied", &json!({}), "NOT_AUTHORIZED");
    check("unheard_of", &json!({}), "UNKNOWN");
    let job = answer(&client, "call_action", &action("job_error", &json!({})));
    assert_eq!(job["raises"], "CallJobError");
    assert_eq!(job["errors"][0]["code"], "JOB_BAD");
    let unknown = json!({"service_name": "nobody", "action": "square"});
    assert_eq!(answer(&client, "call_action", &unknown)["raises"], "ImproperlyConfigured");
}

#[test]
fn run_the_other_actions() {
    let redis = RedisServer::start();
    let service = PythonService::builder("peer").redis(redis.port()).route("other").start();
    let _other = PythonService::builder("other").redis(redis.port()).start();
    let client = client(&redis).context("caller", "\"test\"").start();
    let body = |name: &str, body: Value| call(&client, "call_action", &action(name, &body))["body"].take();
    assert_eq!(body("pid", json!({})), json!({"pid": service.pid()}));
    assert_eq!(body("sleep", json!({"seconds": 0})), json!({"pid": service.pid()}));
    assert_eq!(body("spin", json!({"seconds": 0.001})), json!({"pid": service.pid()}));
    assert_eq!(body("big", json!({"size": 3})), json!({"blob": "aaa"}));
    assert_eq!(body("versioned", json!({})), json!({"version": 1}));
    assert_eq!(body("local", json!({"number": 3})), json!({"square": 9}));
    assert_eq!(body("context", json!({}))["context"]["caller"], "test");
    let relayed = body("relay", json!({"service": "other"}));
    assert_eq!(relayed["context"]["calling_service"], "peer");
    let users = body("get_users", json!({"ids": [1, 99]}));
    let first = json!({"_type": "user", "id": 1, "name": "User 1", "company_id": 2});
    assert_eq!(users, json!({"users": {"$map": [[1, first]]}}));
    let companies = body("get_companies", json!({"ids": [5]}));
    assert_eq!(companies["companies"]["$map"][0][1]["owner_id"], 6);
    let status = body("status", json!({}));
    assert_eq!((&status["version"], &status["build"]), (&json!("1.2.3"), &json!("build-7")));
    let introspected = body("introspect", json!({}));
    assert_eq!(introspected["documentation"], "The conformance service.");
}

#[test]
fn run_several_actions_jobs_and_requests() {
    let redis = RedisServer::start();
    let workers = PythonService::builder("peer").redis(redis.port()).start_workers(2);
    assert_ne!(workers[0].pid(), workers[1].pid());
    let client = client(&redis).start();
    let squares: Vec<_> = [2, 3].map(|number| json!({"action": "square", "body": {"number": number}})).into();
    let job = json!({"service_name": "peer", "actions": squares});
    let response = call(&client, "call_actions", &job);
    assert_eq!(response["actions"][1]["body"]["square"], 9);
    let parallel = call(&client, "call_actions_parallel", &job);
    assert_eq!(parallel[0]["body"]["square"], 4);
    let jobs = call(&client, "call_jobs_parallel", &json!({"jobs": [job, job], "timeout": 5}));
    assert_eq!(jobs[1]["actions"][0]["body"]["square"], 4);

    let sent = call(&client, "send_request", &job);
    let received = call(&client, "get_all_responses", &json!({"service_name": "peer"}));
    assert_eq!(received[0][0], sent);
    assert_eq!(received[0][1]["actions"][0]["body"]["square"], 4);

    let mut lost = action("crash", &json!({}));
    lost["timeout"] = json!(1);
    assert_eq!(answer(&client, "call_action", &lost)["raises"], "MessageReceiveTimeout");
}

#[test]
fn chunk_and_share_a_ring_of_masters() {
    let [first, second] = [RedisServer::start(), RedisServer::start()];
    let _service = PythonService::builder("peer")
        .redis(first.port())
        .redis(second.port())
        .transport("receive_timeout_in_seconds", "1")
        .transport("chunk_messages_larger_than_bytes", "102400")
        .transport("maximum_message_size_in_bytes", "1024000")
        .start();
    let client = client(&first).redis(second.port()).start();
    for _ in 0..2 {
        let big = call(&client, "call_action", &action("big", &json!({"size": 300_000})));
        assert_eq!(big["body"]["blob"].as_str().unwrap().len(), 300_000);
    }
    for master in [first, second] {
        let pushed = master.command(&["INFO", "commandstats"]);
        assert!(pushed.text().contains("cmdstat_rpush"), "{}", pushed.text());
    }
}
