//! Middleware around sending and receiving.

use std::sync::{Arc, Mutex};

use serde_json::json;
use soa_client::{
    CallError, Client, ClientMiddleware, Error, ExpectedResponse, JobResponse, OutgoingRequest, RequestNext,
    ResponseNext,
};
use soa_common::transport::PendingResponse;

use crate::fake::{Fake, echo};

/// Writes down what passes.
struct Recorder {
    name: &'static str,
    log: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    fn log(&self, what: &str) {
        self.log.lock().unwrap().push(format!("{} {what}", self.name));
    }
}

impl ClientMiddleware for Recorder {
    async fn request(&self, call: OutgoingRequest, next: RequestNext<'_>) -> Result<PendingResponse, CallError> {
        self.log(&format!("sends to {}", call.service));
        let sent = next.run(call).await;
        self.log("sent");
        sent
    }

    async fn response(&self, expected: ExpectedResponse, next: ResponseNext<'_>) -> Result<JobResponse, CallError> {
        self.log("waits");
        let response = next.run(expected).await;
        self.log("received");
        response
    }
}

#[tokio::test]
async fn the_first_is_outermost_and_some_belong_to_one_service() {
    let log = Arc::new(Mutex::default());
    let recorder = |name| Recorder { name, log: Arc::clone(&log) };
    let fake = Fake::echoing();
    let client = Client::builder()
        .transport("echo", fake.clone())
        .transport("other", fake)
        .middleware(recorder("a"))
        .service_middleware("echo", recorder("b"))
        .service_middleware("other", recorder("c"))
        .middleware(recorder("d"))
        .build()
        .unwrap();
    client.call_action("echo", "x", json!({})).await.unwrap();
    let sending = "a sends to echo, b sends to echo, d sends to echo, d sent, b sent, a sent";
    let receiving = "a waits, b waits, d waits, d received, b received, a received";
    assert_eq!(log.lock().unwrap().join(", "), format!("{sending}, {receiving}"));
}

/// Changes requests and responses, refuses some and answers others itself.
struct Meddler;

impl ClientMiddleware for Meddler {
    async fn request(&self, mut call: OutgoingRequest, next: RequestNext<'_>) -> Result<PendingResponse, CallError> {
        match call.request.job.actions[0].action.as_str() {
            "forbidden" => Err(CallError::Middleware("the circuit is open".into())),
            "known" => {
                let response = echo(&call.request);
                Ok(PendingResponse::new(async { Ok(response) }))
            }
            _ => {
                call.request.meta.insert("signature", "abc");
                call.request.job.context = call.request.job.context.with("authorization", "token");
                next.run(call).await
            }
        }
    }

    async fn response(&self, expected: ExpectedResponse, next: ResponseNext<'_>) -> Result<JobResponse, CallError> {
        let mut response = next.run(expected).await?;
        if response.actions[0].action == "odd" {
            response.actions[0].errors.push(Error::new("ODD", "It is odd"));
        }
        Ok(response)
    }
}

#[tokio::test]
async fn middleware_changes_refuses_and_answers() {
    let fake = Fake::echoing();
    let client = Client::builder().transport("echo", fake.clone()).middleware(Meddler).build().unwrap();

    client.call_action("echo", "plain", json!({})).await.unwrap();
    let request = fake.request();
    assert_eq!(request.meta.get("signature"), Some(&"abc".into()));
    assert_eq!(request.job.context.get("authorization"), Some("token".into()));

    let refused = client.call_action("echo", "forbidden", json!({})).await.unwrap_err();
    assert_eq!(refused.to_string(), "the circuit is open");
    client.call_action("echo", "known", json!({})).await.unwrap();
    assert_eq!(fake.requests().len(), 1, "neither was sent");

    let odd = client.call_action("echo", "odd", json!({})).await.unwrap_err();
    assert_eq!(odd.errors().next().unwrap().code, "ODD");
}

#[test]
fn middleware_for_an_unknown_service_is_refused() {
    let client = Client::builder().transport("echo", Fake::silent()).service_middleware("ehco", Meddler).build();
    let expected = "there is middleware for service \"ehco\", which is not configured";
    assert_eq!(client.unwrap_err().to_string(), expected);
}
