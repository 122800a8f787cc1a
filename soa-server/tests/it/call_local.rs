//! Calls of an action of the same service.

use serde_json::json;
use soa_common::{Body, Error, Map, Value};
use soa_server::{
    Action, ActionContext, ActionError, ActionNext, ActionResult, Call, JobError, Middleware, Schema, Service,
    schema::{Dictionary, Integer},
};

use crate::support::{fail, job, one, process, run};

struct Square;

impl Action for Square {
    type Input = Map;
    type Output = Map;

    fn request_schema(&self) -> Option<Schema> {
        Some(Dictionary::new().required("number", Integer::new().gte(0)).into())
    }

    async fn run(&self, ctx: ActionContext, input: Map) -> Result<Map, ActionError> {
        let number = input.get("number").and_then(Value::as_i64).unwrap_or_default();
        let mut output = Map::from([("square", number * number)]);
        output.insert("caller", ctx.context().caller());
        output.insert("action", ctx.action());
        Ok(output)
    }
}

/// Calls the action and with the options its input names.
async fn relay(ctx: ActionContext, input: Map) -> Result<Map, ActionError> {
    let action = input.get("action").and_then(|action| action.as_str().map(str::to_owned)).unwrap_or_default();
    let body = Map::from([("number", input.get("number").cloned())]);
    let mut call = ctx.call_local(&action, body).context("caller", "relay");
    if let Some(raise) = input.get("raise").and_then(Value::as_bool) {
        call = call.raise_action_errors(raise);
    }
    if let Some(is_caller_error) = input.get("is_caller_error").and_then(Value::as_bool) {
        call = call.is_caller_error(is_caller_error);
    }
    let response = call.await?;
    let mut output = response.body.into_map();
    output.insert("errors", response.errors.len() as u64);
    Ok(output)
}

async fn boom(_: Body) -> Result<(), ActionError> {
    Err(ActionError::internal("kaboom"))
}

async fn job_error(_: Body) -> Result<(), ActionError> {
    Err(JobError::new("JOB_BAD", "job is bad").into())
}

/// Middleware is not run around local calls.
struct OnlyRelay;

impl Middleware for OnlyRelay {
    async fn action(&self, call: Call, next: ActionNext<'_>) -> ActionResult {
        assert_eq!(call.ctx.action(), "relay");
        next.run(call).await
    }
}

fn service() -> Service {
    Service::builder("local")
        .action("square", Square)
        .action("relay", relay)
        .action("boom", boom)
        .action("job_error", job_error)
        .middleware(OnlyRelay)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_local_call_gives_the_response() {
    let response = run(&service(), "relay", json!({"action": "square", "number": 7})).await;
    let expected = json!({"square": 49, "caller": "relay", "action": "square", "errors": 0});
    assert_eq!(response.body, Body::encode(&expected).unwrap());
}

#[tokio::test]
async fn errors_are_raised_as_they_are_unless_told_otherwise() {
    for (options, is_caller_error) in [
        (json!({"action": "square", "number": -1}), true),
        (json!({"action": "square", "number": -1, "is_caller_error": false}), false),
        (json!({"action": "nope"}), false),
        (json!({"action": "nope", "is_caller_error": true}), true),
    ] {
        assert_eq!(fail(&service(), "relay", &options).await.is_caller_error, is_caller_error, "{options}");
    }
    let error = fail(&service(), "relay", json!({"action": "nope"})).await;
    assert_eq!(error.message, "The action \"nope\" was not found on this server.");
    for action in ["square", "nope"] {
        let response = run(&service(), "relay", json!({"action": action, "number": -1, "raise": false})).await;
        assert_eq!(response.body.get("errors"), Some(1.into()));
    }
}

#[tokio::test]
async fn what_nobody_planned_for_is_always_raised() {
    let error = fail(&service(), "relay", json!({"action": "boom", "raise": false, "is_caller_error": true})).await;
    assert_eq!(error, Error::new("SERVER_ERROR", "Internal server error: kaboom"));
    let response = process(&service(), job(&["relay"], json!({"action": "job_error", "raise": false}))).await;
    assert_eq!(one(response.errors).code, "JOB_BAD");
}
