//! Server middleware at both levels.

use std::sync::{Arc, Mutex};

use serde_json::json;
use soa_common::{ActionResponse, Body, Map};
use soa_server::{
    ActionContext, ActionError, ActionNext, ActionResult, Call, Job, JobError, JobNext, JobResult, Middleware, Service,
};

use crate::support::{fail, job, one, process, run};

async fn echo(ctx: ActionContext, mut input: Map) -> Result<Map, ActionError> {
    input.insert("caller", ctx.context().caller());
    input.insert("switched", ctx.switches().is_active(5));
    Ok(input)
}

async fn boom(_: Body) -> Result<(), ActionError> {
    Err(ActionError::internal("kaboom"))
}

fn service(middleware: impl Middleware) -> Service {
    Service::builder("wrapped").action("echo", echo).action("boom", boom).middleware(middleware).build().unwrap()
}

#[tokio::test]
async fn the_first_is_the_outermost_at_both_levels() {
    struct Tracing(&'static str, Arc<Mutex<Vec<String>>>);

    impl Tracing {
        fn note(&self, what: &str) {
            self.1.lock().unwrap().push(format!("{} {what}", self.0));
        }
    }

    impl Middleware for Tracing {
        async fn job(&self, job: Job, next: JobNext<'_>) -> JobResult {
            self.note(&format!("job {} of {}", job.request_id(), job.service().name()));
            let result = next.run(job).await;
            self.note("job done");
            result
        }

        async fn action(&self, call: Call, next: ActionNext<'_>) -> ActionResult {
            self.note(call.ctx.action());
            let result = next.run(call).await;
            self.note("action done");
            result
        }
    }

    /// Passes everything on.
    struct Nothing;

    impl Middleware for Nothing {}

    let notes = Arc::default();
    let service = Service::builder("wrapped")
        .action("echo", echo)
        .middleware(Tracing("a", Arc::clone(&notes)))
        .middleware(Nothing)
        .middleware(Tracing("b", Arc::clone(&notes)))
        .build()
        .unwrap();
    process(&service, job(&["echo", "nope"], json!({}))).await;
    let expected = [
        "a job 17 of wrapped",
        "b job 17 of wrapped",
        "a echo",
        "b echo",
        "b action done",
        "a action done",
        "b job done",
        "a job done",
    ];
    assert_eq!(*notes.lock().unwrap(), expected);
}

#[tokio::test]
async fn requests_and_responses_can_be_changed() {
    struct Changing;

    impl Middleware for Changing {
        async fn job(&self, mut job: Job, next: JobNext<'_>) -> JobResult {
            job.context = job.context.with("caller", "middleware").with("switches", vec![soa_common::Value::from(5)]);
            job.actions.retain(|action| action.action != "boom");
            let mut response = next.run(job).await?;
            response.context = response.context.with("seen", true);
            Ok(response)
        }

        async fn action(&self, mut call: Call, next: ActionNext<'_>) -> ActionResult {
            let context = call.ctx.context().clone();
            let caller = format!("{}!", context.caller().unwrap_or_default());
            call.ctx = call.ctx.with_context(context.with("caller", caller));
            call.body = Map::from([("in", 1)]).into();
            let mut response = next.run(call).await?;
            let mut body = response.body.into_map();
            body.insert("out", 2);
            response.body = body.into();
            Ok(response)
        }
    }

    let response = process(&service(Changing), job(&["boom", "echo"], json!({"x": 1}))).await;
    let body = json!({"in": 1, "caller": "middleware!", "switched": true, "out": 2});
    assert_eq!(response.actions.len(), 1);
    assert_eq!(response.actions[0].body, Body::encode(&body).unwrap());
    assert_eq!(response.context.get("seen"), Some(true.into()));
    assert_eq!(response.context.correlation_id(), Some("c0ffee"));
}

#[tokio::test]
async fn middleware_may_answer_refuse_handle_and_try_again() {
    struct Judging;

    impl Middleware for Judging {
        async fn job(&self, job: Job, next: JobNext<'_>) -> JobResult {
            match job.context.caller() {
                Some("unwanted") => Err(JobError::new("UNWANTED", "Go away").field("caller").is_caller_error(true)),
                Some("number") => Err("x".parse::<u8>().unwrap_err().into()),
                _ => next.run(job).await,
            }
        }

        async fn action(&self, call: Call, next: ActionNext<'_>) -> ActionResult {
            if call.body.get("answer").is_some() {
                return Ok(ActionResponse { action: "echo".to_owned(), body: call.body, ..Default::default() });
            }
            if call.body.get("refuse").is_some() {
                return Err(ActionError::new("ACCESS_DENIED", "No"));
            }
            if call.body.get("job").is_some() {
                Err(JobError::new("JOB", "The job, too"))?;
            }
            match next.run(call.clone()).await {
                Err(error) if call.body.get("retry").is_some() => {
                    assert_eq!(error.errors()[0].message, "Internal server error: kaboom");
                    next.run(call).await.map_err(|again| error.and(again))
                }
                result => result,
            }
        }
    }

    let service = service(Judging);
    let answered = run(&service, "echo", json!({"answer": 42})).await;
    assert_eq!(answered.body.get("answer"), Some(42.into()));
    assert_eq!(fail(&service, "echo", json!({"refuse": 1})).await.code, "ACCESS_DENIED");
    assert_eq!(run(&service, "boom", json!({"retry": 1})).await.errors.len(), 2);
    assert_eq!(one(process(&service, job(&["echo"], json!({"job": 1}))).await.errors).code, "JOB");
    for (caller, code, is_caller_error) in [("unwanted", "UNWANTED", true), ("number", "SERVER_ERROR", false)] {
        let mut request = job(&["echo"], json!({}));
        request.context = request.context.with("caller", caller);
        let response = process(&service, request).await;
        assert!(response.actions.is_empty() && response.context.as_body().is_empty());
        let error = one(response.errors);
        assert_eq!((error.code.as_str(), error.is_caller_error), (code, is_caller_error));
    }
}
