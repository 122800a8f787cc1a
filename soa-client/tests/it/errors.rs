//! What goes wrong, and how it reads.

use serde_json::{Value, json};
use soa_client::{ActionResponse, CallError, Error, JobResponse};

use crate::fake::Fake;

fn error(code: &str, message: &str, field: Option<&str>) -> Error {
    let mut error = Error::new(code, message);
    error.field = field.map(str::to_owned);
    error
}

fn failed(action: &str, errors: Vec<Error>) -> ActionResponse {
    ActionResponse { action: action.to_owned(), errors, ..ActionResponse::default() }
}

/// A service that always gives this response.
fn answering(response: JobResponse) -> Fake {
    Fake::new(move |_| Some(Ok(response.clone())))
}

fn actions(actions: Vec<ActionResponse>) -> JobResponse {
    JobResponse { actions, ..JobResponse::default() }
}

#[tokio::test]
async fn job_errors_are_raised() {
    let errors = vec![error("MISSING", "Missing key: a", Some("actions.0.a")), error("JOB_BAD", "job is bad", None)];
    let client = answering(JobResponse::failed(errors.clone())).client();
    let raised = client.call_action("echo", "a", json!({})).await.unwrap_err();
    assert_eq!(
        raised.to_string(),
        "service \"echo\" refused the job\n  MISSING: Missing key: a (field actions.0.a)\n  JOB_BAD: job is bad"
    );
    assert!(raised.errors().eq(&errors) && !raised.is_timeout());

    let response = client.call_action("echo", "a", json!({})).raise_job_errors(false).await.unwrap();
    assert_eq!(response, failed("a", errors.clone()));
    let response = client.call_actions("echo", [("a", json!({}))]).raise_job_errors(false).await.unwrap();
    assert_eq!(response.errors, errors);
}

#[tokio::test]
async fn errors_of_all_actions_are_raised() {
    let failures = vec![
        failed("a", vec![error("NOT_FOUND", "No such user", Some("user_id"))]),
        failed("c", vec![error("TOO_LARGE", "Too large", None)]),
    ];
    let response = actions(vec![failures[0].clone(), failed("b", Vec::new()), failures[1].clone()]);
    let client = answering(response).client();
    let requested = || ["a", "b", "c"].map(|name| (name, json!({})));
    let raised = client.call_actions("echo", requested()).continue_on_error(true).await.unwrap_err();
    assert_eq!(
        raised.to_string(),
        "service \"echo\" answered with errors\n  a: NOT_FOUND: No such user (field user_id)\n  c: TOO_LARGE: Too large"
    );
    assert!(matches!(raised, CallError::Action { actions, .. } if actions == failures));

    let response = client.call_actions("echo", requested()).raise_action_errors(false).await.unwrap();
    assert_eq!(response.actions.len(), 3);
}

#[tokio::test]
async fn a_single_error_is_a_single_line() {
    let client = answering(actions(vec![failed("a", vec![error("NO", "No", None)])])).client();
    let raised = client.call::<Value>("echo", "a", json!({})).await.unwrap_err();
    assert_eq!(raised.to_string(), "service \"echo\" answered with errors: a: NO: No");
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused() {
    let client = Fake::echoing().client();
    let check = |error: CallError, expected: &str| assert_eq!(error.to_string(), expected);
    check(
        client.call_action("ehco", "a", json!({})).await.unwrap_err(),
        "service \"ehco\" is not configured; configured are: echo, other",
    );
    check(
        soa_client::Client::builder().build().unwrap().call_action("echo", "a", json!({})).await.unwrap_err(),
        "service \"echo\" is not configured; this client has no services",
    );
    let none: [(&str, Value); 0] = [];
    check(
        client.call_actions("echo", none).await.unwrap_err(),
        "the request to service \"echo\" cannot be made: a job needs at least one action",
    );
    check(
        client.call_action("echo", "a", json!([1])).await.unwrap_err(),
        "the request to service \"echo\" cannot be made: the body of action \"a\": found a list; a body is \
         a map, or null for an empty one",
    );
}

#[tokio::test]
async fn a_response_that_does_not_match_its_request_is_refused() {
    let ok = |name| failed(name, Vec::new());
    let bad = |name| failed(name, vec![error("BAD", "bad", None)]);
    let two_of = "actions are answered where 2 were requested";
    for (answered, expected) in [
        (vec![], format!("0 {two_of}")),
        (vec![ok("a")], format!("1 {two_of}")),
        (vec![ok("a"), ok("b"), ok("c")], format!("3 {two_of}")),
        (vec![bad("a"), bad("b"), bad("c")], format!("3 {two_of}")),
        (vec![ok("b"), ok("a")], "action \"b\" is answered where \"a\" was requested".to_owned()),
        (vec![ok("a"), ok("x")], "action \"x\" is answered where \"b\" was requested".to_owned()),
    ] {
        let client = answering(actions(answered)).client();
        let requested = || ["a", "b"].map(|name| (name, json!({})));
        let raised = client.call_actions("echo", requested()).await.unwrap_err();
        assert_eq!(raised.to_string(), format!("the response of service \"echo\" cannot be used: {expected}"));
        let sent = client.send_request("echo", requested()).await.unwrap();
        assert!(matches!(sent.await, Err(CallError::InvalidResponse { .. })));
    }
    let stopped = answering(actions(vec![bad("a")])).client();
    let requested = ["a", "b"].map(|name| (name, json!({})));
    let response = stopped.call_actions("echo", requested).raise_action_errors(false).await.unwrap();
    assert_eq!(response.actions.len(), 1, "the job stopped at the error");
}

#[tokio::test]
async fn an_output_of_another_type_names_the_place() {
    #[derive(Debug, serde::Deserialize)]
    struct Users {
        #[expect(dead_code, reason = "only decoded")]
        users: Vec<User>,
    }
    #[derive(Debug, serde::Deserialize)]
    struct User {
        #[expect(dead_code, reason = "only decoded")]
        name: String,
    }
    let client = Fake::echoing().client();
    for (body, expected) in [
        (json!({"users": [{"name": "Ada"}, {"name": 7}]}), "users.1.name: found an integer, expected a text"),
        (json!({"users": [{}]}), "users.0: missing key: name"),
        (json!({}), "missing key: users"),
    ] {
        let raised = client.call::<Users>("echo", "get_users", body).await.unwrap_err().to_string();
        let start = "the response of service \"echo\" cannot be used: the output of action \"get_users\" is not what \
                     the caller expects: ";
        assert_eq!(raised, format!("{start}{expected}"));
    }
}
