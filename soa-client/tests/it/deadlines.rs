//! One deadline for sending and receiving, and nothing that outlives it.

use std::{future::IntoFuture, time::Duration};

use futures_util::future::{BoxFuture, FutureExt};
use serde_json::json;
use soa_client::Client;
use soa_common::transport::{ClientRequest, ClientTransport, PendingResponse, TransportError};
use tokio::time::Instant;

use crate::fake::{Fake, echo};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_call_ends_at_its_timeout() {
    let fake = Fake::silent();
    let client = fake.client();
    for (call, timeout) in [
        (client.call_action("echo", "a", json!({})), 5 * SECOND),
        (client.call_action("echo", "a", json!({})).timeout(SECOND / 4), SECOND / 4),
        (client.call_action("echo", "a", json!({})).timeout(3_600 * SECOND), 3_600 * SECOND),
    ] {
        let start = Instant::now();
        let error = call.await.unwrap_err();
        let waited = start.elapsed();
        assert!(waited >= timeout && waited < timeout + SECOND / 100, "{waited:?} instead of {timeout:?}");
        let id = fake.requests().last().unwrap().request_id;
        assert!(error.is_timeout());
        assert_eq!(error.to_string(), format!("no response from service \"echo\" to request {id} within {timeout:?}"));
        assert_eq!(fake.waiting(), 0, "the slot is given back");
    }
}

#[tokio::test(start_paused = true)]
async fn sending_counts() {
    /// Takes three seconds to send.
    struct Slow(Fake);
    impl ClientTransport for Slow {
        fn send(&self, request: ClientRequest) -> BoxFuture<'_, Result<PendingResponse, TransportError>> {
            async {
                tokio::time::sleep(3 * SECOND).await;
                self.0.send(request).await
            }
            .boxed()
        }

        fn receive_timeout(&self) -> Duration {
            4 * SECOND
        }
    }
    let fake = Fake::silent();
    let client = Client::builder().transport("slow", Slow(fake.clone())).build().unwrap();
    let start = Instant::now();
    assert!(client.call_action("slow", "a", json!({})).await.unwrap_err().is_timeout());
    assert_eq!(start.elapsed().as_secs(), 4);
    assert_eq!(fake.request().deadline, start + 4 * SECOND);

    let start = Instant::now();
    assert!(client.send_request("slow", [("a", json!({}))]).timeout(2 * SECOND).await.unwrap_err().is_timeout());
    assert_eq!(start.elapsed().as_secs(), 2);

    let sent = client.send_request("slow", [("a", json!({}))]).await.unwrap();
    let start = Instant::now();
    assert!(sent.await.unwrap_err().is_timeout());
    assert_eq!(start.elapsed().as_secs(), 1, "what sending left");
}

#[tokio::test(start_paused = true)]
async fn parallel_jobs_share_a_deadline() {
    let fake = Fake::new(|request| (request.job.actions[0].action == "quick").then(|| Ok(echo(request))));
    let start = Instant::now();
    let actions = ["slow", "quick", "slow"].map(|name| (name, json!({})));
    let call = fake.client().call_actions_parallel("echo", actions).catch_transport_errors().timeout(2 * SECOND);
    let responses = call.await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 2);
    assert_eq!(responses.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, true, false]);
}

#[tokio::test(start_paused = true)]
async fn calls_end_with_the_work_they_belong_to() {
    let fake = Fake::silent();
    let client = fake.client().with_deadline(Instant::now() + 4 * SECOND).with_deadline(Instant::now() + 9 * SECOND);
    for (call, waited, told) in [
        (client.call_action("echo", "a", json!({})).timeout(SECOND), SECOND, Some(SECOND)),
        (client.call_action("echo", "a", json!({})), 3 * SECOND, Some(3 * SECOND)),
    ] {
        let start = Instant::now();
        assert!(call.await.unwrap_err().is_timeout());
        assert_eq!(start.elapsed().as_secs(), waited.as_secs());
        let request = fake.requests().pop().unwrap();
        assert_eq!(request.timeout.map(|timeout| timeout.as_secs()), told.map(|told| told.as_secs()));
        assert_eq!(request.job.control.timeout().map(f64::round), told.map(|told| told.as_secs_f64()));
    }
    for late in [
        client.call_action("echo", "a", json!({})),
        fake.client().call_action("echo", "a", json!({})).timeout(Duration::ZERO),
    ] {
        let error = late.await.unwrap_err();
        assert_eq!(error.to_string(), "the request to service \"echo\" was not sent: there is no time left for it");
    }
    let sending = client.send_request("echo", [("a", json!({}))]).await;
    assert!(sending.is_err());
    assert_eq!(fake.requests().len(), 2);
}

#[tokio::test]
async fn a_dropped_call_gives_its_slot_back() {
    let fake = Fake::silent();
    let client = fake.client();
    let one = tokio::spawn(client.call_action("echo", "a", json!({})).into_future());
    let many = tokio::spawn(client.call_actions_parallel("echo", (0..9).map(|_| ("a", json!({})))).into_future());
    fake.wait_for(10).await;
    let sent = client.send_request("echo", [("a", json!({}))]).await.unwrap();
    assert_eq!(fake.waiting(), 11);
    one.abort();
    many.abort();
    drop((one.await, many.await, sent));
    assert_eq!(fake.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_largest_timeout_is_no_overflow() {
    let fake = Fake::echoing();
    fake.client().call_action("echo", "a", json!({})).timeout(Duration::MAX).await.unwrap();
    assert!(fake.request().deadline > Instant::now() + 3_600 * SECOND);
}
