//! Errors, expected or not, and panics: what callers are told, and what runs after them.

use serde_json::json;
use soa_common::{Body, Error, Map, Value};
use soa_server::{
    Action, ActionContext, ActionError, ActionNext, ActionResult, Call, Job, JobError, JobNext, JobResult, Middleware,
    Service,
};

use crate::support::{Log, fail, job, one, process, run};

#[derive(Debug, thiserror::Error)]
#[error("the database is gone")]
struct Gone(#[source] std::num::ParseIntError);

async fn unhandled(_: Body) -> Result<(), ActionError> {
    "x".parse::<u8>().map_err(Gone)?;
    Ok(())
}

async fn panics(_: Body) -> Result<(), ActionError> {
    panic!("there was {}", "something")
}

async fn several(_: Body) -> Result<(), ActionError> {
    let first = ActionError::new("TOO_LARGE", "Too large").field("a.0").variable("limit", 3).variable("unit", "kg");
    Err(first.and(ActionError::new("DENIED", "No").denied_permissions(["p.read"]).is_caller_error(false)))
}

async fn job_error(_: Body) -> Result<(), ActionError> {
    Err(JobError::new("JOB_BAD", "job is bad").into())
}

async fn fine(_: Body) -> Result<(), ActionError> {
    Ok(())
}

fn service(expose_tracebacks: bool) -> Service {
    Service::builder("failing")
        .action("unhandled", unhandled)
        .action("panics", panics)
        .action("several", several)
        .action("job_error", job_error)
        .action("fine", fine)
        .expose_tracebacks(expose_tracebacks)
        .build()
        .unwrap()
}

#[tokio::test]
async fn unhandled_errors_and_panics_are_server_errors() {
    for (action, message, trace) in [
        (
            "unhandled",
            "Internal server error: the database is gone",
            "the database is gone\ncaused by: invalid digit found in string",
        ),
        ("panics", "Internal server error: there was something", "panicked at soa-server/tests/it/failures.rs:"),
    ] {
        let error = fail(&service(false), action, json!({})).await;
        let mut expected = Error::new("SERVER_ERROR", message);
        assert_eq!(error, expected, "{action}");
        let error = fail(&service(true), action, json!({})).await;
        assert!(error.traceback.as_deref().is_some_and(|traceback| traceback.starts_with(trace)), "{error:?}");
        expected.traceback = error.traceback.clone();
        assert_eq!(error, expected, "{action}");
    }
}

#[tokio::test]
async fn expected_errors_say_what_they_were_built_with() {
    let response = run(&service(true), "several", json!({})).await;
    let mut first = Error::new("TOO_LARGE", "Too large");
    first.field = Some("a.0".to_owned());
    first.variables = Some(Map::from([("limit", Value::from(3)), ("unit", "kg".into())]).into());
    first.is_caller_error = true;
    let mut second = Error::new("DENIED", "No");
    second.denied_permissions = Some(vec!["p.read".to_owned()]);
    assert_eq!(response.errors, [first, second]);
    assert!(response.body.is_empty());
}

#[tokio::test]
async fn a_job_error_of_an_action_fails_the_whole_job() {
    let response = process(&service(false), job(&["fine", "job_error"], json!({}))).await;
    assert_eq!(response.errors, [Error::new("JOB_BAD", "job is bad")]);
    assert!(response.actions.is_empty() && response.context.as_body().is_empty());
}

#[tokio::test]
async fn a_job_ends_at_the_first_action_with_errors_unless_it_is_to_go_on() {
    for (continue_on_error, expected) in [(false, 2), (true, 4)] {
        let mut request = job(&["fine", "panics", "nope", "fine"], json!({}));
        request.control = request.control.with("continue_on_error", continue_on_error);
        let response = process(&service(false), request).await;
        let failed: Vec<_> = response.actions.iter().map(|action| !action.errors.is_empty()).collect();
        assert_eq!(failed, [false, true, true, false][..expected]);
    }
}

#[test]
fn several_errors_keep_the_internal_one_first() {
    let error = ActionError::new("A", "a").and(ActionError::internal("kaboom"));
    assert_eq!(error.to_string(), "SERVER_ERROR: Internal server error: kaboom; A: a");
    let error = ActionError::new("A", "a").field("x").and(JobError::new("B", "b"));
    assert_eq!(error.to_string(), "A: a (x); B: b");
    assert_eq!(ActionError::from_errors(vec![]).errors()[0].code, "SERVER_ERROR");
}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("dropped");
        }
    }
}

#[tokio::test]
async fn panics_in_every_place_are_caught() {
    struct Validates;

    impl Action for Validates {
        type Input = Map;
        type Output = Map;

        fn validate(&self, _ctx: &ActionContext, _input: &Map) -> Result<(), ActionError> {
            panic!("in validate")
        }

        async fn run(&self, _ctx: ActionContext, input: Map) -> Result<Map, ActionError> {
            Ok(input)
        }
    }

    struct Panicking;

    impl Middleware for Panicking {
        async fn job(&self, job: Job, next: JobNext<'_>) -> JobResult {
            assert!(job.context.caller().is_none(), "in job middleware");
            next.run(job).await
        }

        async fn action(&self, call: Call, next: ActionNext<'_>) -> ActionResult {
            assert!(!call.body.is_empty(), "in action middleware");
            next.run(call).await
        }
    }

    async fn drops(_: Body) -> Result<(), ActionError> {
        let _bomb = PanicsWhenDropped;
        Ok(())
    }

    async fn carries(_: Body) -> Result<(), ActionError> {
        std::panic::panic_any(PanicsWhenDropped)
    }

    fn not_even_a_future(_: Body) -> std::future::Ready<Result<(), ActionError>> {
        panic!("before the future")
    }

    let service = Service::builder("panics")
        .action("validates", Validates)
        .action("drops", drops)
        .action("carries", carries)
        .action("not_even_a_future", not_even_a_future)
        .action("fine", fine)
        .middleware(Panicking)
        .build()
        .unwrap();
    for (action, body, message) in [
        ("validates", json!({"a": 1}), "in validate"),
        ("drops", json!({"a": 1}), "dropped"),
        ("carries", json!({"a": 1}), "a panic without a text"),
        ("not_even_a_future", json!({"a": 1}), "before the future"),
        ("fine", json!({}), "in action middleware"),
    ] {
        let error = fail(&service, action, body).await;
        assert_eq!(error.message, format!("Internal server error: {message}"));
    }
    let mut request = job(&["fine"], json!({"a": 1}));
    request.context = request.context.with("caller", "me");
    let error = one(process(&service, request).await.errors);
    assert_eq!(error, Error::new("SERVER_ERROR", "Internal server error: in job middleware"));
}

#[tokio::test]
async fn a_job_that_is_dropped_half_way_does_not_panic_into_its_owner() {
    async fn waits(_: Body) -> Result<(), ActionError> {
        let _bomb = PanicsWhenDropped;
        std::future::pending().await
    }
    let service = Service::builder("waits").action("waits", waits).build().unwrap();
    let mut running = Box::pin(process(&service, job(&["waits"], json!({}))));
    assert!(futures_util::poll!(&mut running).is_pending());
    drop(running);
}

#[tokio::test]
async fn what_nobody_planned_for_is_logged_with_its_cause_or_place() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    // Other tests write to it as well, but none of them has actions of these names.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let service = Service::builder("logging")
        .action("logged_error", unhandled)
        .action("logged_panic", panics)
        .action("logged_nothing", several)
        .action("logged_once", async |_: Body| Err::<(), _>(ActionError::internal("kaboom")))
        .check("logged_check", async |_| Err("x".parse::<u8>().map_err(Gone).unwrap_err().into()))
        .build()
        .unwrap();
    for action in ["logged_error", "logged_panic", "logged_nothing", "logged_once", "status"] {
        run(&service, action, json!({})).await;
    }
    let log = log.text();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("logged_")).collect();
    assert_eq!(lines.len(), 4, "{log}");
    assert_eq!(lines[2].matches("kaboom").count(), 1, "{}", lines[2]);
    for (line, parts) in [
        (lines[3], ["ERROR", "The check \"logged_check\" failed", "the database is gone", "caused by: invalid digit"]),
        (lines[0], ["ERROR", "action_name=\"logged_error\"", "the database is gone", "caused by: invalid digit"]),
        (
            lines[1],
            ["ERROR", "action_name=\"logged_panic\"", "there was something", "panicked at soa-server/tests/it/"],
        ),
    ] {
        for part in parts {
            assert!(line.contains(part), "{part} is not in {line}");
        }
    }
}
