//! The headers of jobs, byte for byte those of the original.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde_json::json;
use soa_client::{ActionRequest, Body, Call, Client, Context, Control, Map, Value, call::Sending};
use soa_common::{
    envelope::{RequestEnvelope, RequestMeta, write_request},
    transport::ClientRequest,
};

use crate::fake::Fake;

/// Holds the job that a call makes against the one in a recorded conversation of the original.
async fn check(name: &str, call: impl FnOnce(Call<Sending>) -> Call<Sending>) {
    let recorded = recorded_job(name);
    let actions: Vec<ActionRequest> = soa_common::JobRequest::from_body(&recorded).actions;
    let fake = Fake::silent();
    drop(call(fake.client().send_request("echo", actions).correlation_id("c0ffee")).await.unwrap());
    assert_eq!(job_bytes(&fake.request()), recorded, "{name}");
}

/// The bytes of the job as they would travel.
fn job_bytes(request: &ClientRequest) -> Bytes {
    let mut out = Vec::new();
    let meta = RequestMeta { reply_to: "", expiry: 0.0, extra: &Map::new() };
    write_request(&mut out, request.request_id, meta, &request.job);
    RequestEnvelope::decode(&out.into()).unwrap().job
}

fn recorded_job(name: &str) -> Bytes {
    const CONVERSATIONS: &str = include_str!("../../../soa-common/tests/vectors/conversations.json");
    let conversations: serde_json::Value = serde_json::from_str(CONVERSATIONS).unwrap();
    let cases = conversations["cases"].as_array().unwrap();
    let case = cases.iter().find(|case| case["name"] == name).unwrap();
    let frame = BASE64_STANDARD.decode(case["request_frames"][0].as_str().unwrap()).unwrap();
    let header = b"pysoa-redis/3//content-type:application/msgpack;";
    RequestEnvelope::decode(&Bytes::copy_from_slice(frame.strip_prefix(header).unwrap())).unwrap().job
}

#[tokio::test]
async fn jobs_are_those_of_the_original() {
    for name in ["one_action_v3_msgpack", "two_actions_stop_on_error", "all_types", "status_not_verbose"] {
        check(name, |call| call).await;
    }
    check("two_actions_continue_on_error", |call| call.continue_on_error(true)).await;
    check("suppress_response", |call| call.suppress_response(true)).await;
    check("switches_context_control", |call| {
        call.switches([9, 5])
            .context(Context::default().with("locale", "en_US"))
            .control_extra(Control::default().with("flavour", "x"))
            .timeout(Duration::from_secs(17))
    })
    .await;
}

/// The job of a call made with a client that has this base context.
async fn job(
    base: serde_json::Value,
    call: impl FnOnce(Call<Sending>) -> Call<Sending>,
) -> (serde_json::Value, serde_json::Value) {
    let fake = Fake::silent();
    let client = fake.client().with_context(context(&base));
    drop(call(client.send_request("echo", [("a", json!({}))])).await.unwrap());
    let job = fake.request().job;
    (json(job.context.as_body()), json(job.control.as_body()))
}

fn context(context: &serde_json::Value) -> Context {
    Body::encode(context).unwrap().into()
}

fn json(body: &Body) -> serde_json::Value {
    body.decode().unwrap()
}

#[tokio::test]
async fn the_context_joins_the_client_the_call_and_the_options() {
    for (base, extra, expected) in [
        (json!({}), json!({"correlation_id": "e", "a": 1}), json!({"correlation_id": "e", "switches": [], "a": 1})),
        (
            json!({"correlation_id": "b", "switches": [3, 1], "a": 1, "b": 2}),
            json!({"switches": [1, 4], "a": 9}),
            json!({"correlation_id": "b", "switches": [3, 1, 4], "a": 9, "b": 2}),
        ),
        (json!({"correlation_id": "b", "request_id": 7}), json!({}), json!({"correlation_id": "b", "switches": []})),
    ] {
        let (context, _) = job(base, |call| call.context(context(&extra))).await;
        assert_eq!(context.to_string(), expected.to_string());
    }
    let (context, _) = job(json!({"correlation_id": "b", "switches": [2]}), |call| {
        call.switches([2, 7, 7]).switches([1]).correlation_id("own").caller("me")
    })
    .await;
    let expected = json!({"correlation_id": "own", "switches": [2, 7, 1], "caller": "me"});
    assert_eq!(context.to_string(), expected.to_string());
}

#[tokio::test]
async fn a_cause_gets_an_id_of_its_own() {
    let fake = Fake::echoing();
    let client = fake.client();
    client.call_actions_parallel("echo", ["a", "b"].map(|name| (name, json!({})))).await.unwrap();
    let requests = fake.requests();
    let ids: Vec<_> = requests.iter().map(|request| request.job.context.correlation_id().unwrap()).collect();
    assert_ne!(ids[0], ids[1]);
    for id in ids {
        assert!(id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{id}");
    }
}

#[tokio::test]
async fn a_timeout_is_told_unless_the_control_says_another() {
    let second = Duration::from_secs(1);
    for (timeout, extra, expected) in [
        (None, json!({}), json!({})),
        (Some(2 * second), json!({}), json!({"timeout": 2})),
        (Some(3 * second / 2), json!({}), json!({"timeout": 1.5})),
        (Some(2 * second), json!({"timeout": 9}), json!({"timeout": 9})),
        (None, json!({"continue_on_error": true, "x": null}), json!({"continue_on_error": true, "x": null})),
    ] {
        let (_, control) = job(json!({}), |call| {
            let call = call.control_extra(Body::encode(&extra).unwrap().into());
            match timeout {
                Some(timeout) => call.timeout(timeout),
                None => call,
            }
        })
        .await;
        let mut whole = json!({"continue_on_error": false, "suppress_response": false});
        for (key, value) in expected.as_object().unwrap() {
            whole[key] = value.clone();
        }
        assert_eq!(control.to_string(), whole.to_string());
    }
}

#[tokio::test]
async fn the_transport_is_told_the_timeout_only_when_the_caller_gave_one() {
    let fake = Fake::echoing();
    let client = Client::builder().transport("echo", fake.clone()).context(context(&json!({"a": 1}))).build().unwrap();
    client.call_action("echo", "a", json!({})).await.unwrap();
    client.call_action("echo", "a", json!({})).timeout(Duration::from_millis(900)).await.unwrap();
    let requests = fake.requests();
    assert_eq!(requests.iter().map(|one| one.timeout).collect::<Vec<_>>(), [None, Some(Duration::from_millis(900))]);
    assert_eq!(requests[0].job.context.get("a"), Some(Value::from(1)));
}
