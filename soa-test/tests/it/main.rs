//! Stubs as tests use them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::json;
use soa_client::{ActionRequest, Body, CallError, Context, Error, Map, Value};
use soa_test::{StubAction, Stubs};

#[tokio::test]
async fn a_stub_answers_what_it_was_told_last() {
    let stubs = Stubs::new();
    let stub = stubs.action("users", "get_user");
    let client = stubs.client();
    let call = || client.call_action("users", "get_user", json!({}));
    assert!(call().await.unwrap().body.is_empty());

    let stub = stub.returns(json!({"name": "Ada"}));
    assert_eq!(call().await.unwrap().body, Body::encode(&json!({"name": "Ada"})).unwrap());

    let errors = [Error::new("NOT_FOUND", "No such user")];
    stub.clone().returns_errors(errors.clone());
    assert!(call().await.unwrap_err().errors().eq(&errors));

    stubs.action("users", "get_user").returns(json!({"name": "Bob"}));
    assert_eq!(call().await.unwrap().body.get("name"), Some("Bob".into()));
    assert_eq!(stub.calls().len(), 4);
}

#[tokio::test]
async fn an_action_without_a_stub_is_unknown() {
    let stubs = Stubs::new();
    stubs.action("users", "get_user");
    let raised = stubs.client().call_action("users", "nope", json!({})).await.unwrap_err();
    let error = raised.errors().next().unwrap();
    assert_eq!((error.code.as_str(), error.field.as_deref(), error.is_caller_error), ("UNKNOWN", Some("action"), true));
    assert_eq!(error.message, "The action \"nope\" was not found on this server.");

    let raised = stubs.client().call_action("mail", "send", json!({})).await.unwrap_err();
    assert!(matches!(raised, CallError::ImproperlyConfigured { .. }));
}

#[tokio::test]
async fn jobs_stop_at_errors_unless_told_otherwise() {
    let stubs = Stubs::new();
    let last = stubs.action("users", "last");
    let client = stubs.client();
    let actions = || ["nope", "last"].map(|action| ActionRequest::new(action, Body::empty()));
    let call = || client.call_actions("users", actions()).raise_action_errors(false).correlation_id("c");
    let stopped = call().await.unwrap();
    assert_eq!((stopped.actions.len(), last.calls().len()), (1, 0));
    assert_eq!(stopped.context.correlation_id(), Some("c"));

    let finished = call().continue_on_error(true).await.unwrap();
    assert_eq!((finished.actions.len(), last.calls().len()), (2, 1));
}

#[tokio::test]
async fn calls_show_body_and_headers() {
    let stubs = Stubs::new();
    let send = stubs.action("mail", "send");
    let client = stubs.client().with_context(Context::default().with("tenant", "a"));
    let call = client.send_request("mail", [("send", json!({"to": "ada"}))]).suppress_response(true);
    assert!(call.await.unwrap().await.is_err(), "nothing comes");
    let calls = send.calls();
    assert_eq!(calls[0].body.get("to"), Some("ada".into()));
    assert_eq!(calls[0].context.get("tenant"), Some("a".into()));
    assert!(calls[0].control.suppress_response());
}

/// Holds the calls of a stub against a body; gives the message of the failed assertion.
fn check(stub: &StubAction, body: serde_json::Value) -> Option<String> {
    let failed = catch_unwind(AssertUnwindSafe(|| stub.assert_called_once_with(body))).err()?;
    failed.downcast_ref::<String>().cloned()
}

#[tokio::test]
async fn assertions_say_what_happened_instead() {
    let stubs = Stubs::new();
    let stub = stubs.action("a", "b");
    let name = "action \"b\" of service \"a\"";
    assert_eq!(check(&stub, json!({})), Some(format!("{name} was called 0 times, not once")));

    let call = || stubs.client().call_action("a", "b", json!({"x": 1, "list": [{"y": 2, "z": 3}]})).into_future();
    call().await.unwrap();
    assert_eq!(check(&stub, json!({"list": [{"z": 3, "y": 2}], "x": 1})), None);
    for other in [json!({"x": 1}), json!({"x": 2, "list": [{"y": 2, "z": 3}]}), json!({"x": 1, "list": [{"y": 2}]})] {
        let expected = format!(r#"{name} was called with {{"x":1,"list":[{{"y":2,"z":3}}]}}, not with {other}"#);
        assert_eq!(check(&stub, other), Some(expected));
    }
    let text = stubs.action("a", "text");
    stubs.client().call_action("a", "text", Map::from([("x", Value::Float(f64::NAN))])).await.unwrap();
    assert!(check(&text, json!({"x": "NaN"})).unwrap().contains("Float(NaN)"), "JSON for people shows both alike");
    assert_eq!(
        check(&stub, json!([])),
        Some(format!("{name}: found a list; a body is a map, or null for an empty one"))
    );
    call().await.unwrap();
    assert_eq!(check(&stub, json!({})), Some(format!("{name} was called 2 times, not once")));
}
