//! Jobs of every shape, against what the original says of them.

use serde_json::{Value as Json, json};
use soa_common::{Body, JobRequest, Value};
use soa_server::{JobInfo, Service};

use crate::{
    support,
    typed_values::{raw, value},
};

const VECTORS: &str = include_str!("../vectors/job_requests.json");

#[tokio::test]
async fn jobs_are_refused_as_the_original_does() {
    let service = empty();
    let vectors: Json = serde_json::from_str(VECTORS).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    for case in cases {
        let raw = raw(&value(&case["job"]).unwrap()).into();
        let response = service.process(&raw, JobInfo::default()).await;
        let errors = response.errors.iter().map(|error| json!([error.code, error.message, error.field]));
        assert_eq!(Json::from_iter(errors), case["errors"], "{case}");
        assert!(response.errors.iter().all(|error| !error.is_caller_error), "{case}");
        if !response.errors.is_empty() {
            assert!(response.actions.is_empty() && response.context.as_body().is_empty(), "{case}");
        }
        // What is left of it as values is refused alike, where there is something left to refuse.
        if response.errors.iter().all(|error| error.field.as_deref().is_some_and(is_inside_of_a_value)) {
            let again = service.process_job(JobRequest::from_body(&raw), JobInfo::default()).await;
            assert_eq!(again, response, "{case}");
        }
    }
    assert_eq!(cases.len(), 507);
}

#[tokio::test]
async fn the_schema_of_a_job_is_the_recorded_one() {
    let vectors: Json = serde_json::from_str(include_str!("../vectors/schemas.json")).unwrap();
    let is_job = |case: &&Json| case["name"].as_str().unwrap().starts_with("job_request");
    let mut cases = 0;
    for case in vectors["cases"].as_array().unwrap().iter().filter(is_job) {
        let response = empty().process(&raw(&value(&case["value"]).unwrap()).into(), JobInfo::default()).await;
        let errors = response.errors.iter();
        let errors = errors.map(|error| json!({"code": error.code, "message": error.message, "pointer": error.field}));
        assert_eq!(Json::from_iter(errors), case["errors"], "{case}");
        cases += 1;
    }
    assert_eq!(cases, 6);
}

/// What is looked up of a job is the last of two values, and none of them has passed unchecked.
#[tokio::test]
async fn a_key_that_a_job_holds_twice_is_checked_twice() {
    let mut job = value(&json!({"map": [
        [{"str": "control"}, {"map": [[{"str": "continue_on_error"}, {"bool": true}]]}],
        [{"str": "context"}, {"map": [[{"str": "correlation_id"}, {"str": "c"}], [{"str": "switches"}, {"list": []}]]}],
        [{"str": "actions"}, {"list": [{"map": [[{"str": "action"}, {"str": "a"}]]}]}],
    ]}));
    let Some(Value::Map(job)) = &mut job else { unreachable!() };
    assert!(empty().process(&raw(&job.clone().into()).into(), JobInfo::default()).await.errors.is_empty());
    job.push("context", 5);
    let response = empty().process(&raw(&job.clone().into()).into(), JobInfo::default()).await;
    let error = support::one(response.errors);
    assert_eq!((error.message.as_str(), error.field.as_deref()), ("Not a dict", Some("context")));
}

/// Whether a field belongs to a part of a job that is as free as on the wire.
fn is_inside_of_a_value(field: &str) -> bool {
    field.starts_with("control.") || field.starts_with("context.") || field.contains(".body.")
}

#[tokio::test]
async fn extra_keys_of_mixed_kinds_are_one_error() {
    let job = Value::Map([(Value::from("z"), Value::Null), (2.into(), Value::Null), (Value::Null, Value::Null)].into());
    let response = empty().process(&raw(&job).into(), JobInfo::default()).await;
    assert_eq!(response.errors[3].message, "Extra keys present: None, 2, z");
}

#[tokio::test]
async fn what_is_no_job_at_all_is_answered() {
    for raw in [&b"\xc0"[..], b"", b"\x81", b"\xc1", b"\x81\xa7control"] {
        let response = empty().process(&bytes::Bytes::copy_from_slice(raw), JobInfo::default()).await;
        assert!(!response.errors.is_empty(), "{raw:?}");
    }
}

#[tokio::test]
async fn the_correlation_id_comes_back_when_the_job_ran() {
    let response = support::process(&empty(), support::job(&["nope"], json!({}))).await;
    assert_eq!(response.context.correlation_id(), Some("c0ffee"));
    let error = support::one(response.actions[0].errors.clone());
    assert_eq!(error.message, "The action \"nope\" was not found on this server.");
    assert_eq!((error.code.as_str(), error.field.as_deref(), error.is_caller_error), ("UNKNOWN", Some("action"), true));
}

#[tokio::test]
async fn a_job_without_actions_is_refused() {
    let response = support::process(&empty(), support::job(&[], Body::empty())).await;
    let error = support::one(response.errors);
    assert_eq!((error.message.as_str(), error.field.as_deref()), ("List is shorter than 1", Some("actions")));
}

fn empty() -> Service {
    Service::builder("empty").build().unwrap()
}
