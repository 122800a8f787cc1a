//! The client over Redis, calling a service of the original.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use soa_client::{CallError, Client, Context};
use soa_common::transport::redis::RedisSettings;
use soa_fixtures::{PythonService, RedisServer};

fn settings(redis: &RedisServer) -> RedisSettings {
    RedisSettings::from_url(&redis.url()).unwrap()
}

fn client(redis: &RedisServer) -> Client {
    Client::builder().service("peer", settings(redis)).service("nobody", settings(redis)).build().unwrap()
}

#[derive(serde::Deserialize)]
struct Squared {
    square: i64,
}

#[tokio::test]
async fn a_service_of_the_original_answers() {
    let redis = RedisServer::start();
    let _workers = PythonService::builder("peer").redis(redis.port()).start_workers(2);
    let client = client(&redis);

    let squared: Squared = client.call("peer", "square", json!({"number": 7})).await.unwrap();
    assert_eq!(squared.square, 49);

    let numbers = (0..50).filter(|number| *number != 13).map(|number| ("square", json!({"number": number})));
    let responses = client.call_actions_parallel("peer", numbers).await.unwrap();
    let roots = responses.iter().map(|one| (one.body.get("square").unwrap().as_i64().unwrap() as f64).sqrt());
    assert_eq!(roots.collect::<Vec<_>>(), (0..50).filter(|number| *number != 13).map(f64::from).collect::<Vec<_>>());

    let unlucky = client.call_action("peer", "square", json!({"number": 13})).await.unwrap_err();
    let expected = "service \"peer\" answered with errors: square: UNLUCKY: Not thirteen (field number)";
    assert_eq!(unlucky.to_string(), expected);
    let refused = client.call_action("peer", "job_error", json!({})).await.unwrap_err();
    assert_eq!(refused.to_string(), "service \"peer\" refused the job: JOB_BAD: job is bad");
    let actions = [("nope", json!({})), ("square", json!({"number": 2}))];
    let both = client.call_actions("peer", actions).continue_on_error(true).raise_action_errors(false).await.unwrap();
    assert_eq!((both.actions[0].errors[0].code.as_str(), both.actions[1].errors.len()), ("UNKNOWN", 0));
}

#[tokio::test]
async fn headers_reach_a_service_of_the_original() {
    let redis = RedisServer::start();
    let _service = PythonService::builder("peer").redis(redis.port()).start();
    let client = client(&redis).with_context(Context::default().with("tenant", "a").with("correlation_id", "c0ffee"));
    let call = client.call::<Value>("peer", "context", json!({})).switches([5, 9]).timeout(Duration::from_secs(3));
    let told = call.await.unwrap();
    assert_eq!(told["control"], json!({"continue_on_error": false, "suppress_response": false, "timeout": 3}));
    assert_eq!(told["switches"], json!([5, 9]));
    assert_eq!((&told["context"]["tenant"], &told["context"]["correlation_id"]), (&json!("a"), &json!("c0ffee")));
}

#[tokio::test]
async fn nobody_answers() {
    let redis = RedisServer::start();
    let start = Instant::now();
    let call = client(&redis).call_action("nobody", "a", json!({})).timeout(Duration::from_millis(300));
    let error = call.await.unwrap_err();
    assert!(error.is_timeout() && start.elapsed() < Duration::from_secs(2), "{error}");

    let mut settings = settings(&redis);
    settings.receive_timeout = Duration::from_millis(200);
    let client = Client::builder().service("nobody", settings).build().unwrap();
    let start = Instant::now();
    let sent = client.send_request("nobody", [("a", json!({}))]).await.unwrap();
    assert!(sent.await.unwrap_err().is_timeout());
    assert!(start.elapsed() < Duration::from_secs(2), "the setting counts");

    let suppressed = client.send_request("nobody", [("a", json!({}))]).suppress_response(true).await.unwrap();
    assert!(matches!(suppressed.await, Err(CallError::Transport(error)) if !error.to_string().is_empty()));
}
