//! What a call allocates besides what its transport does.

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use serde::{Deserialize, Serialize};
use soa_client::{ActionResponse, Body, Client, JobResponse};
use soa_common::{
    JobRequest, Map,
    envelope::{self, RequestEnvelope, RequestMeta, ResponseEnvelope},
    transport::{ClientRequest, ClientTransport, PendingResponse, TransportError},
};
use tokio::runtime::Builder;

#[derive(Deserialize, Serialize)]
struct Echo {
    text: String,
}

/// Gives the same answer to every request, after encoding the one and before decoding the other.
struct Canned(Bytes);

impl ClientTransport for Canned {
    fn send(&self, request: ClientRequest) -> BoxFuture<'_, Result<PendingResponse, TransportError>> {
        let payload = payload(&request.job);
        assert!(!payload.is_empty());
        let response = self.0.clone();
        let response = async move {
            let response = ResponseEnvelope::decode(&response).unwrap().response;
            Ok(JobResponse::from_body(&response).unwrap())
        };
        async move { Ok(PendingResponse::new(response)) }.boxed()
    }
}

fn payload(job: &JobRequest) -> Vec<u8> {
    let mut payload = Vec::with_capacity(1024);
    let meta = RequestMeta { reply_to: "service.echo.1!2", expiry: 4e9, extra: &Map::new() };
    envelope::write_request(&mut payload, 7, meta, job);
    payload
}

#[test]
fn a_call_allocates_as_often_as_it_should() {
    let input = Echo { text: "a text that is long enough ".repeat(3) };
    let actions =
        vec![ActionResponse { action: "echo".to_owned(), body: Body::encode(&input).unwrap(), ..Default::default() }];
    let mut response = Vec::new();
    let request = RequestEnvelope::decode(&payload(&JobRequest::default()).into()).unwrap();
    request.address.write_response(&mut response, 4e9, &JobResponse { actions, ..JobResponse::default() });
    let client = Client::builder().transport("echo", Canned(response.into())).build().unwrap();
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let call = || {
        let output = runtime.block_on(client.call::<Echo>("echo", "echo", &input).into_future()).unwrap();
        assert_eq!(output.text, input.text);
    };
    // What is made once is made by the first call.
    call();
    assert_eq!(allocation_counter::measure(call).count_total, 15);
}
