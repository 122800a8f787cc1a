//! How long messages live.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value as Json, json};
use soa_fixtures::{PythonClient, PythonService, RedisServer};

use crate::{
    caller::Caller,
    our_client::OurClient,
    service::OurService,
    wire::{self, envelope, job},
};

/// Seconds since 1970, some of them in the future or the past.
fn from_now(seconds: f64) -> Json {
    json!(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64() + seconds)
}

fn ttl(redis: &RedisServer, list: &str) -> i64 {
    redis.command(&["TTL", list]).int()
}

/// The time to live of a list right after a push, a little of which may have passed.
#[track_caller]
fn assert_ttl(redis: &RedisServer, list: &str, seconds: i64) {
    let ttl = ttl(redis, list);
    assert!((seconds - 5..=seconds).contains(&ttl), "{list} has {ttl} seconds left, not {seconds}");
}

#[test]
fn of_requests_is_told_by_their_timeout() {
    let redis = RedisServer::start();
    let services = ["default", "short", "long"];
    let python = services.iter().fold(PythonClient::builder().redis(redis.port()), |client, name| client.service(name));
    let callers: [&dyn Caller; 2] = [&python.start(), &OurClient::new(&services, &[redis.port()])];
    for caller in callers {
        redis.command(&["FLUSHALL"]);
        for (service, timeout, seconds) in
            [("default", Json::Null, 60), ("short", json!(7), 17), ("long", json!(600), 610)]
        {
            let mut arguments = json!({
                "service_name": service, "actions": [{"action": "pid"}], "suppress_response": true,
            });
            if !timeout.is_null() {
                arguments["message_expiry_in_seconds"] = timeout;
            }
            let sent = caller.call("send_request", &arguments);
            assert!(sent.is_u64(), "{sent}");
            assert_ttl(&redis, &format!("pysoa:service.{service}"), seconds);
        }
    }
}

/// PySOA would leave the patient request as long to live as the hasty one behind it.
#[test]
fn of_a_list_is_never_shortened_by_us() {
    let redis = RedisServer::start();
    let client = OurClient::new(&["idle"], &[redis.port()]);
    for timeout in [600, 1] {
        let arguments = json!({
            "service_name": "idle", "actions": [{"action": "pid"}], "suppress_response": true,
            "message_expiry_in_seconds": timeout,
        });
        client.call("send_request", &arguments);
        assert_ttl(&redis, "pysoa:service.idle", 610);
    }
}

#[test]
fn of_answers_is_a_setting_of_the_service() {
    let redis = RedisServer::start();
    let _default = OurService::builder("default", &[redis.port()]).start();
    let _short =
        OurService::builder("short", &[redis.port()]).transport("message_expiry_in_seconds", json!(20)).start();
    for (service, seconds) in [("default", 60), ("short", 20)] {
        let reply_to = format!("service.{service}.raw!1");
        wire::push(&redis, service, &wire::frame(&envelope(1, &reply_to, &job("pid", &json!({})))));
        wire::wait_for_length(&redis, &format!("pysoa:{reply_to}"), 1);
        assert_ttl(&redis, &format!("pysoa:{reply_to}"), seconds);
        let answer = wire::read(&wire::pop(&redis, &reply_to).unwrap());
        let (expiry, now) = (answer["meta"]["__expiry__"].as_f64().unwrap(), from_now(0.0).as_f64().unwrap());
        let left = expiry - now;
        assert!((seconds as f64 - 5.0..=seconds as f64).contains(&left), "the answer of {service} lives {left} s");
    }
}

#[test]
fn of_a_request_that_is_over_means_no_answer() {
    let redis = RedisServer::start();
    let _ours = OurService::builder("ours", &[redis.port()]).setting("concurrency", json!(1)).start();
    let reply_to = "service.ours.raw!1";
    let with_expiry = |request_id: u64, expiry: Json| {
        let mut envelope = envelope(request_id, reply_to, &job("pid", &json!({})));
        envelope["meta"]["__expiry__"] = expiry;
        wire::push(&redis, "ours", &wire::frame(&envelope));
    };
    with_expiry(1, from_now(-1.0));
    with_expiry(2, json!(1));
    with_expiry(3, json!(-5.5));
    with_expiry(4, from_now(60.0));
    // Falsy is none.
    with_expiry(5, json!(0));
    with_expiry(6, json!(""));
    let answered: Vec<_> =
        (0..3).map(|_| wire::read(&wire::pop(&redis, reply_to).unwrap())["request_id"].clone()).collect();
    assert_eq!(answered, [4, 5, 6]);
    assert_eq!(redis.command(&["EXISTS", &format!("pysoa:{reply_to}")]).int(), 0);
}

/// A late answer is never taken for the answer to a later call.
#[test]
fn of_a_call_ends_with_its_timeout() {
    let redis = RedisServer::start();
    let _ours = OurService::builder("ours", &[redis.port()]).start();
    let _theirs = PythonService::builder("theirs").redis(redis.port()).start();
    let client = OurClient::new(&["ours", "theirs"], &[redis.port()]);
    for service in ["ours", "theirs"] {
        let call = |action: &str, body: Json, timeout: f64| {
            let arguments = json!({"service_name": service, "action": action, "body": body, "timeout": timeout});
            client.call("call_action", &arguments)
        };
        // Whatever follows, the service has started.
        call("pid", json!({}), 20.0);
        for seconds in [0.3, 0.25, 0.2] {
            assert_eq!(call("sleep", json!({"seconds": seconds}), 0.1)["raises"], "MessageReceiveTimeout");
            assert_eq!(call("square", json!({"number": 7}), 20.0)["body"]["square"], 49);
        }
        // By its end all late answers are there.
        call("sleep", json!({"seconds": 0.3}), 20.0);
        assert_eq!(call("square", json!({"number": 8}), 20.0)["body"]["square"], 64);
    }
}
