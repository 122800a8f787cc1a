//! Calls of many jobs at the same time.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::json;
use soa_client::{CallError, Error, JobResponse};
use soa_common::transport::{TransportError, TransportErrorKind};

use crate::fake::{Fake, echo};

fn numbered(count: usize) -> impl Iterator<Item = (&'static str, serde_json::Value)> {
    (0..count).map(|number| ("number", json!({"number": number})))
}

/// A shuffle that is the same for the same seed.
fn shuffle<T>(mut items: Vec<T>, seed: u64) -> Vec<T> {
    fastrand::Rng::with_seed(seed).shuffle(&mut items);
    items
}

#[tokio::test]
async fn results_stand_in_the_order_of_the_requests() {
    for seed in 0..50 {
        let fake = Fake::silent();
        let client = fake.client();
        let count = 1 + seed as usize % 40;
        let call = tokio::spawn(client.call_actions_parallel("echo", numbered(count)).into_future());
        for request in shuffle(fake.wait_for(count).await, seed) {
            fake.answer(&request, Ok(echo(&request)));
        }
        let numbers: Vec<_> = call.await.unwrap().unwrap().iter().map(|one| one.body.get("number")).collect();
        assert_eq!(numbers, (0..count).map(|number| Some((number as u64).into())).collect::<Vec<_>>(), "seed {seed}");
    }
}

#[tokio::test]
async fn jobs_go_to_several_services() {
    let fake = Fake::echoing();
    let jobs = [("echo", vec![("a", json!({})), ("b", json!({}))]), ("other", vec![("c", json!({}))])];
    let responses = fake.client().call_jobs_parallel(jobs).await.unwrap();
    let actions = |job: &JobResponse| job.actions.iter().map(|action| action.action.clone()).collect::<String>();
    assert_eq!(responses.iter().map(actions).collect::<Vec<_>>(), ["ab", "c"]);
    assert_eq!(fake.requests().len(), 2);
}

#[tokio::test]
async fn a_thousand_calls_share_a_client() {
    let fake = Fake::silent();
    let client = Arc::new(fake.client());
    let calls = (0..1_000).map(|number| {
        let client = client.clone();
        tokio::spawn(async move { client.call_action("echo", "number", json!({"number": number})).await })
    });
    let calls: Vec<_> = calls.collect();
    for request in shuffle(fake.wait_for(1_000).await, 7) {
        fake.answer(&request, Ok(echo(&request)));
    }
    for (number, response) in join_all(calls).await.into_iter().enumerate() {
        assert_eq!(response.unwrap().unwrap().body.get("number"), Some((number as u64).into()));
    }
    assert_eq!(fake.waiting(), 0);
}

/// A service that answers odd numbers and fails with a transport error at even ones.
fn failing_at_even(kind: TransportErrorKind) -> Fake {
    Fake::new(move |request| match request.job.actions[0].body.get("number")?.as_i64()? % 2 {
        0 => Some(Err(TransportError::new(kind, "out of order"))),
        _ => Some(Ok(echo(request))),
    })
}

#[tokio::test]
async fn transport_errors_fail_the_call_or_stand_in_the_list() {
    for kind in [TransportErrorKind::MessageSend, TransportErrorKind::MessageReceive] {
        let client = failing_at_even(kind).client();
        let error = client.call_actions_parallel("echo", numbered(4)).await.unwrap_err();
        assert!(matches!(error, CallError::Transport(error) if error.kind() == kind));

        let caught = client.call_actions_parallel("echo", numbered(4)).catch_transport_errors().await.unwrap();
        let caught: Vec<_> =
            caught.into_iter().map(|one| one.map(|one| one.action).map_err(|error| error.kind())).collect();
        let number = || Ok("number".to_owned());
        assert_eq!(caught, [Err(kind), number(), Err(kind), number()]);

        let jobs = numbered(4).map(|action| ("other", [action]));
        let caught = client.call_jobs_parallel(jobs).catch_transport_errors().await.unwrap();
        assert_eq!(caught.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, true, false, true]);
    }
}

#[tokio::test]
async fn the_first_job_with_errors_is_raised_or_errors_stand_in_the_list() {
    let client = Fake::new(|request| {
        let mut response = echo(request);
        match request.job.actions[0].body.get("number")?.as_i64()? {
            1 => response.actions[0].errors = vec![Error::new("ONE", "one")],
            2 => response = JobResponse::failed(vec![Error::new("TWO", "two")]),
            _ => {}
        }
        Some(Ok(response))
    })
    .client();
    let call = || client.call_actions_parallel("echo", numbered(4));
    let codes = |error: CallError| error.errors().map(|error| error.code.clone()).collect::<Vec<_>>();
    assert_eq!(codes(call().await.unwrap_err()), ["ONE"]);
    assert_eq!(codes(call().raise_action_errors(false).await.unwrap_err()), ["TWO"]);
    assert_eq!(codes(call().catch_transport_errors().raise_action_errors(false).await.unwrap_err()), ["TWO"]);

    let responses = call().raise_action_errors(false).raise_job_errors(false).await.unwrap();
    let shown = responses.iter().map(|one| (one.action.as_str(), one.errors.len())).collect::<Vec<_>>();
    assert_eq!(shown, [("number", 0), ("number", 1), ("number", 1), ("number", 0)]);
    assert_eq!(responses[2].errors[0].code, "TWO");
}

#[tokio::test]
async fn nothing_is_sent_when_one_job_cannot_be_made() {
    let fake = Fake::echoing();
    let jobs = [("echo", vec![("a", json!({}))]), ("unknown", vec![("a", json!({}))])];
    let error = fake.client().call_jobs_parallel(jobs).catch_transport_errors().await.unwrap_err();
    assert!(matches!(error, CallError::ImproperlyConfigured { .. }));
    assert_eq!(fake.requests().len(), 0);

    let none: [(&str, serde_json::Value); 0] = [];
    assert_eq!(fake.client().call_actions_parallel("echo", none).await.unwrap(), []);
}

#[tokio::test]
async fn many_jobs_leave_in_batches_and_keep_their_order() {
    let fake = Fake::echoing();
    let mut call = fake.client().call_actions_parallel("echo", numbered(1_000)).into_future();
    assert!(futures_util::poll!(&mut call).is_pending());
    let sent = fake.requests().len();
    assert!((1..1_000).contains(&sent), "{sent} jobs were sent before the task gave way to those that push them");
    let numbers = call.await.unwrap().into_iter().map(|answer| answer.body.get("number").unwrap());
    assert!(numbers.eq((0..1_000).map(soa_common::Value::from)));
}
