//! Clients and services in one process.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use soa_client::{CallError, Client};
use soa_common::{Body, Map, transport::TransportErrorKind};
use soa_server::{ActionContext, ActionError, LocalTransport, Service};
use tokio::{
    sync::{Barrier, Notify},
    time::Instant,
};

struct App {
    barrier: Barrier,
    told: Notify,
    go: Notify,
}

async fn meet(ctx: ActionContext<Arc<App>>, body: Body) -> Result<Body, ActionError> {
    ctx.state().barrier.wait().await;
    Ok(body)
}

async fn tell(ctx: ActionContext<Arc<App>>, _: Body) -> Result<(), ActionError> {
    ctx.state().told.notify_one();
    Ok(())
}

/// Waits until it may go on, and says when it has.
async fn wait(ctx: ActionContext<Arc<App>>, _: Body) -> Result<(), ActionError> {
    ctx.state().go.notified().await;
    ctx.state().told.notify_one();
    Ok(())
}

async fn panics(_: Body) -> Result<(), ActionError> {
    panic!("oh")
}

async fn context(ctx: ActionContext, _: Body) -> Result<Map, ActionError> {
    let mut map = ctx.context().as_body().clone().into_map();
    map.insert("seconds_left", ctx.deadline().map(|deadline| (deadline - Instant::now()).as_secs_f64().round()));
    Ok(map)
}

/// Asks another service for the context it gets.
async fn relay(ctx: ActionContext, _: Body) -> Result<Body, ActionError> {
    Ok(ctx.client().call_action("front", "context", json!({})).await?.body)
}

fn client() -> (Client, Arc<App>) {
    let app = Arc::new(App { barrier: Barrier::new(2), told: Notify::new(), go: Notify::new() });
    let front = Service::builder("front")
        .action("context", context)
        .state(Arc::clone(&app))
        .action("meet", meet)
        .action("tell", tell)
        .action("wait", wait)
        .action("panics", panics)
        .build()
        .unwrap();
    let front = LocalTransport::new(front);
    let to_front = Client::builder().transport("front", front.clone()).build().unwrap();
    let back = Service::builder("back").action("relay", relay).client(to_front).build().unwrap();
    let back = LocalTransport::new(back);
    (Client::builder().transport("front", front).transport("back", back).build().unwrap(), app)
}

#[tokio::test]
async fn parallel_calls_run_together() {
    let (client, _) = client();
    let bodies = [json!({"n": 1}), json!({"n": 2})];
    let actions = bodies.iter().map(|body| ("meet", body.clone()));
    let responses = client.call_actions_parallel("front", actions).await.unwrap();
    let numbers: Vec<_> = responses.into_iter().map(|response| response.body.get("n").unwrap()).collect();
    assert_eq!(numbers, [1.into(), 2.into()]);
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_at_its_deadline_and_its_job_runs_on() {
    let (client, app) = client();
    let error = client.call_action("front", "wait", json!({})).timeout(Duration::from_secs(2)).await.unwrap_err();
    let CallError::Transport(source) = error else { panic!("{error}") };
    assert_eq!(source.kind(), TransportErrorKind::MessageReceiveTimeout);
    assert_eq!(source.to_string(), "the service \"front\" gave no response within 2s");
    app.go.notify_one();
    app.told.notified().await;
}

#[tokio::test]
async fn a_request_that_was_sent_is_run_without_being_awaited() {
    let (client, app) = client();
    let sent = client.send_request("front", [("tell", json!({}))]).await.unwrap();
    app.told.notified().await;
    assert!(sent.await.unwrap().errors.is_empty());
    drop(client.send_request("front", [("tell", json!({}))]).await.unwrap());
    app.told.notified().await;
}

#[tokio::test]
async fn a_suppressed_response_does_not_suppress_the_job() {
    let (client, app) = client();
    drop(client.send_request("front", [("tell", json!({}))]).suppress_response(true).await.unwrap());
    app.told.notified().await;
}

#[tokio::test]
async fn a_panic_is_an_error_of_the_action() {
    let (client, _) = client();
    let error = client.call_action("front", "panics", json!({})).await.unwrap_err();
    assert!(error.to_string().contains("Internal server error: oh"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn calls_of_a_service_inherit_the_context_and_the_deadline_of_its_job() {
    let (client, _) = client();
    for (timeout, seconds_left) in [(3, 3.0), (60, 5.0)] {
        let call = client.call_action("back", "relay", json!({})).correlation_id("c0ffee").switches([5]);
        let body = call.timeout(Duration::from_secs(timeout)).await.unwrap().body;
        let expected = json!({
            "correlation_id": "c0ffee", "switches": [5], "calling_service": "back", "seconds_left": seconds_left
        });
        assert_eq!(body, Body::encode(&expected).unwrap());
    }
}

#[tokio::test]
async fn a_service_without_a_client_knows_no_other() {
    let service = Service::builder("back").action("relay", relay).build().unwrap();
    let client = Client::builder().transport("back", LocalTransport::new(service)).build().unwrap();
    let error = client.call_action("back", "relay", json!({})).await.unwrap_err();
    assert!(error.to_string().contains("Internal server error:"), "{error}");
    assert!(error.to_string().contains("front"), "{error}");
}
