//! A whole call as a client sees it: the body is encoded, the request written into its frame, the response's frame decoded
//! and the output decoded from it. Only Redis is missing.

use bytes::Bytes;
use futures_util::{FutureExt, future::BoxFuture};
use serde::{Serialize, de::DeserializeOwned};
use soa_client::Client;
use soa_common::{
    JobResponse,
    envelope::ResponseEnvelope,
    frame::Frame,
    transport::{ClientRequest, ClientTransport, PendingResponse, TransportError},
};
use std::hint::black_box;
use tokio::runtime::Builder;

use crate::{
    Case,
    fixtures::{Echo, Page, body, response_frame, write_request_frame},
};

/// A typed echo of 100 bytes.
pub fn call() -> Case {
    calls("echo", Echo::new())
}

/// A typed echo of 10 KB.
pub fn call_of_page() -> Case {
    calls("page", Page::new())
}

fn calls<T: Serialize + DeserializeOwned + 'static>(action: &'static str, input: T) -> Case {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let transport = Answering { frame: response_frame(action, body(&input)) };
    let client = Client::builder().transport("bench", transport).build().unwrap();
    Case::new(move || runtime.block_on(client.call::<T>("bench", action, &input).into_future()).unwrap())
}

/// A service that always gives the same answer.
struct Answering {
    frame: Bytes,
}

impl ClientTransport for Answering {
    fn send(&self, request: ClientRequest) -> BoxFuture<'_, Result<PendingResponse, TransportError>> {
        async move {
            let mut frame = Vec::with_capacity(512);
            write_request_frame(&mut frame, request.request_id, &request.job);
            black_box(&frame);
            let answer = self.frame.clone();
            Ok(PendingResponse::new(async move {
                let frame = Frame::parse(&answer).unwrap();
                let envelope = ResponseEnvelope::decode(&frame.payload).unwrap();
                Ok(JobResponse::from_body(&envelope.response).unwrap())
            }))
        }
        .boxed()
    }
}
