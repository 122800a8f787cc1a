//! The built-in action `status` and the checks of a service.

use std::{future::pending, sync::Arc, time::Duration};

use serde_json::{Value as Json, json};
use soa_client::{Client, RedisSettings};
use soa_common::{ActionRequest, Body, Map, Value};
use soa_server::{
    ActionContext, ActionError, Health, Job, JobError, JobInfo, JobNext, JobResult, LocalTransport, Middleware,
    Service, ServiceBuilder,
};
use tokio::{sync::Barrier, time::Instant};

use crate::support::{fail, job, run};

async fn status(service: &Service) -> Json {
    let response = run(service, "status", json!({})).await;
    assert_eq!(response.errors, []);
    response.body.decode().unwrap()
}

async fn healthcheck<S: Send + Sync + 'static>(builder: ServiceBuilder<S>) -> Json {
    status(&builder.build().unwrap()).await["healthcheck"].clone()
}

#[tokio::test]
async fn versions_and_build_are_told() {
    let service = Service::builder("plain").build().unwrap();
    let body = run(&service, "status", json!({})).await.body.into_map();
    let keys: Vec<_> = body.iter().map(|(key, _)| key.as_str().unwrap()).collect();
    assert_eq!(keys, ["version", "pysoa", "soa_server", "rust", "healthcheck"]);
    assert_eq!(body.get("version"), Some(&"unknown".into()));
    assert_eq!(body.get("pysoa"), Some(&"1.4.9".into()));
    assert_eq!(body.get("soa_server"), Some(&env!("CARGO_PKG_VERSION").into()));
    let rust = body.get("rust").and_then(Value::as_str).unwrap();
    assert!(rust.starts_with("1.") && rust.split('.').count() == 3, "{rust}");
    let nothing = json!({"errors": [], "warnings": [], "diagnostics": {}});
    assert_eq!(status(&service).await["healthcheck"], nothing);

    let service = Service::builder("plain").version("1.2.3").build_id("build-7").build().unwrap();
    let status = status(&service).await;
    assert_eq!((&status["version"], &status["build"]), (&json!("1.2.3"), &json!("build-7")));
}

#[tokio::test]
async fn checks_run_only_when_they_are_wanted() {
    let builder = Service::builder("checked").check("noisy", async |_| Ok(Health::good().error("NOISE", "ran")));
    let service = builder.build().unwrap();
    for (body, runs) in [(json!({}), true), (json!({"verbose": true}), true), (json!({"verbose": false}), false)] {
        let body = run(&service, "status", body).await.body;
        assert_eq!(body.get("healthcheck").is_some(), runs);
    }
    for (body, message) in [
        (json!({"verbose": 1}), "Not a boolean"),
        (json!({"verbose": null}), "Not a boolean"),
        (json!({"quick": true}), "Extra keys present: quick"),
    ] {
        assert_eq!(fail(&service, "status", body).await.message, message);
    }
}

#[tokio::test]
async fn what_checks_find_stands_in_the_order_of_their_declaration() {
    struct App {
        queued: u64,
    }

    async fn queue(ctx: ActionContext<App>) -> Result<Health, ActionError> {
        tokio::task::yield_now().await;
        let queued = ctx.state().queued;
        Ok(Health::good().warning("QUEUE_LONG", format!("{queued} wait")).diagnostic("queued", queued))
    }

    async fn refused(_: ActionContext) -> Result<Health, ActionError> {
        let first = ActionError::new("DATABASE_DOWN", "It does not answer");
        Err(first.and(ActionError::new("DATABASE_OLD", "Version 3")))
    }

    let builder = Service::builder("checked")
        .check("database", refused)
        .state(App { queued: 7 })
        .check("queue", queue)
        .check("disk", async |ctx: ActionContext<App>| {
            let health = Health::good().error("DISK_FULL", "No byte left").error("DISK_SLOW", "3 s");
            Ok(health.diagnostic("queued", ctx.state().queued + 1).diagnostic("by", ctx.action()))
        });
    let expected = json!({
        "errors": [
            ["DATABASE_DOWN", "It does not answer"],
            ["DATABASE_OLD", "Version 3"],
            ["DISK_FULL", "No byte left"],
            ["DISK_SLOW", "3 s"],
        ],
        "warnings": [["QUEUE_LONG", "7 wait"]],
        "diagnostics": {"queued": 8, "by": "status"},
    });
    assert_eq!(healthcheck(builder).await, expected);
}

#[tokio::test]
async fn checks_run_at_the_same_time() {
    async fn meet(ctx: ActionContext<Barrier>) -> Result<Health, ActionError> {
        ctx.state().wait().await;
        Ok(Health::good())
    }
    let builder = Service::builder("checked").state(Barrier::new(2)).check("one", meet).check("two", meet);
    assert_eq!(healthcheck(builder).await["errors"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn status_answers_whatever_a_check_does() {
    struct PanicsOnDrop;

    impl Drop for PanicsOnDrop {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }

    let start = Instant::now();
    let builder = Service::builder("checked")
        .check("io", async |_| Err(std::io::Error::other("no route").into()))
        .check("panics", async |_| panic!("there was {}", "something"))
        .check("early", |_| -> std::future::Ready<Result<Health, ActionError>> { panic!("before the first poll") })
        .check("hangs", async |_| {
            let _guard = PanicsOnDrop;
            pending::<()>().await;
            Ok(Health::good())
        })
        .check("job", async |_| Err(JobError::new("JOB_BAD", "job is bad").into()))
        .check("fine", async |_| Ok(Health::good().diagnostic("fine", true)));
    let expected = json!({
        "errors": [
            ["IO_CHECK_FAILED", "The check \"io\" failed: no route"],
            ["PANICS_CHECK_FAILED", "The check \"panics\" failed: there was something"],
            ["EARLY_CHECK_FAILED", "The check \"early\" failed: before the first poll"],
            ["HANGS_CHECK_FAILED", "The check \"hangs\" failed: no result in time"],
            ["JOB_BAD", "job is bad"],
        ],
        "warnings": [],
        "diagnostics": {"fine": true},
    });
    assert_eq!(healthcheck(builder).await, expected);
    assert_eq!(start.elapsed().as_secs(), 4);
}

#[tokio::test(start_paused = true)]
async fn checks_end_before_the_request_does() {
    let builder = Service::builder("checked").check("hangs", async |ctx: ActionContext| {
        assert!(ctx.deadline().is_some_and(|deadline| deadline < Instant::now() + Duration::from_secs(1)));
        pending().await
    });
    let client = Client::builder().transport("checked", LocalTransport::new(builder.build().unwrap())).build().unwrap();
    // With no time at all a check that answers at once still counts.
    for timeout in [Duration::from_secs(1), Duration::from_millis(100)] {
        let status = client.call_action("checked", "status", json!({})).timeout(timeout).await.unwrap().body;
        let errors = status.get("healthcheck").unwrap().as_map().unwrap().get("errors").cloned().unwrap();
        assert!(errors.to_string().contains("HANGS_CHECK_FAILED"), "{errors}");
    }
}

/// Fails every job.
struct Closed;

impl Middleware for Closed {
    async fn job(&self, _job: Job, _next: JobNext<'_>) -> JobResult {
        Err(JobError::new("CLOSED", "Not today"))
    }
}

async fn failing(_: Body) -> Result<(), ActionError> {
    Err(ActionError::new("LOST", "No idea").field("here"))
}

async fn hanging(_: Body) -> Result<(), ActionError> {
    pending().await
}

async fn own(ctx: ActionContext<Arc<str>>, body: Map) -> Result<Body, ActionError> {
    let mut status = ctx.status(body.get("verbose") != Some(&false.into())).await.into_map();
    status.insert("region", ctx.state().to_string());
    Ok(status.into())
}

#[tokio::test(start_paused = true)]
async fn downstream_services_are_asked_for_their_status() {
    let healthy = Service::builder("healthy").version("7").check("never", async |_| panic!("asked not to run"));
    let services = [
        healthy,
        Service::builder("closed").middleware(Closed),
        Service::builder("failing").action("status", failing),
        Service::builder("hanging").action("status", hanging),
    ];
    let client = services.into_iter().fold(Client::builder(), |client, service| {
        let service = service.build().unwrap();
        client.transport(service.name().to_owned(), LocalTransport::new(service))
    });
    let start = Instant::now();
    let found = healthcheck(Service::builder("front").client(client.build().unwrap()).check_services()).await;
    assert_eq!(start.elapsed().as_secs(), 2);
    let expected = json!([
        ["CLOSED_CALL_ERROR", "CLOSED: Not today"],
        ["FAILING_STATUS_ERROR", "LOST: No idea (here)"],
        ["HANGING_TRANSPORT_ERROR", "the service \"hanging\" gave no response within 2s"],
    ]);
    assert_eq!((&found["errors"], &found["warnings"]), (&expected, &json!([])));
    let services = found["diagnostics"]["services"].as_object().unwrap();
    assert_eq!(services.keys().collect::<Vec<_>>(), ["healthy"]);
    assert_eq!((&services["healthy"]["version"], services["healthy"].get("healthcheck")), (&json!("7"), None));
}

#[tokio::test(start_paused = true)]
async fn an_impatient_request_still_learns_which_service_does_not_answer() {
    let [hanging, healthy] = [Service::builder("hanging").action("status", hanging), Service::builder("healthy")];
    let client = Client::builder()
        .transport("hanging", LocalTransport::new(hanging.build().unwrap()))
        .transport("healthy", LocalTransport::new(healthy.build().unwrap()));
    let front = Service::builder("front").client(client.build().unwrap()).check_services().build().unwrap();
    let info = JobInfo { deadline: Some(Instant::now() + Duration::from_secs(1)), ..JobInfo::default() };
    let body = front.process_job(job(&["status"], json!({})), info).await.actions.remove(0).body;
    let found = body.decode::<Json>().unwrap()["healthcheck"].clone();
    assert_eq!(found["errors"][0][0], "HANGING_TRANSPORT_ERROR", "{found}");
    assert!(found["diagnostics"]["services"].get("healthy").is_some(), "{found}");
}

#[tokio::test]
async fn a_service_that_calls_nobody_has_nobody_to_ask() {
    let found = healthcheck(Service::builder("front").check_services()).await;
    assert_eq!(found, json!({"errors": [], "warnings": [], "diagnostics": {}}));
}

#[tokio::test]
async fn a_status_of_its_own_can_start_from_the_built_in_one() {
    let builder = Service::builder("own").version("3").check("number", async |_| Ok(Health::good().diagnostic("n", 5)));
    let service = builder.state(Arc::<str>::from("eu-west")).action("status", own).build().unwrap();
    let status = status(&service).await;
    assert_eq!((&status["version"], &status["region"]), (&json!("3"), &json!("eu-west")));
    assert_eq!(status["healthcheck"]["diagnostics"], json!({"n": 5}));
    let request = ActionRequest::new("status", Body::encode(&json!({"verbose": false})).unwrap());
    assert_eq!(run(&service, &request.action, &request.body).await.body.get("healthcheck"), None);
}

#[tokio::test]
async fn a_service_that_cannot_be_reached_is_reported_without_secrets() {
    // Nobody listens on port 1.
    let settings = RedisSettings::from_url("redis://:hunter2@127.0.0.1:1").unwrap();
    let client = Client::builder().service("away", settings).build().unwrap();
    let front = Service::builder("front").client(client).check_services().build().unwrap();
    let info = JobInfo { deadline: Some(Instant::now() + Duration::from_secs(1)), ..JobInfo::default() };
    let body = front.process_job(job(&["status"], json!({})), info).await.actions.remove(0).body;
    let found = body.decode::<Json>().unwrap()["healthcheck"].clone();
    assert_eq!(found["errors"][0][0], "AWAY_TRANSPORT_ERROR", "{found}");
    let description = found["errors"][0][1].as_str().unwrap();
    assert!(description.contains("127.0.0.1:1") && !description.contains("hunter2"), "{description}");
}
