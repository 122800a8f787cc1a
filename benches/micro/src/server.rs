//! A whole request as a worker of a server sees it, one in flight: the frame is decoded, the job checked, logged, run and
//! logged, and the response written into its frame. Only Redis is missing.

use std::future::pending;

use bytes::Bytes;
use futures_util::{FutureExt, future::BoxFuture};
use soa_common::{
    Body, JobResponse,
    envelope::{ReplyAddress, RequestEnvelope},
    frame::{self, Frame, ProtocolVersion},
    serializer::Serializer,
    transport::{Received, ServerTransport, TransportError},
};
use soa_server::{ServerSettings, serve};
use tokio::{
    runtime::Builder,
    sync::{
        Mutex,
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    },
};

use crate::{
    Case,
    dispatch::service,
    fixtures::{EXPIRY, Echo, Page, body, job, request_frame},
};

/// A typed echo of 100 bytes.
pub fn request() -> Case {
    requests("echo", body(&Echo::new()))
}

/// A typed echo of 10 KB.
pub fn request_of_page() -> Case {
    requests("page", body(&Page::new()))
}

fn requests(action: &'static str, body: Body) -> Case {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let (requests, received) = unbounded_channel();
    let (sent, mut responses) = unbounded_channel();
    let transport = Channels { requests: Mutex::new(received), responses: sent };
    runtime.spawn(async move { serve(service(), transport, &ServerSettings::default(), pending()).await });
    let frame = request_frame(&job([(action, body)]));
    Case::new(move || {
        requests.send(frame.clone()).unwrap();
        runtime.block_on(responses.recv()).unwrap()
    })
}

/// What stands in the place of the lists in Redis.
struct Channels {
    requests: Mutex<UnboundedReceiver<Bytes>>,
    responses: UnboundedSender<Vec<u8>>,
}

struct Reply {
    address: ReplyAddress,
    version: ProtocolVersion,
    serializer: Serializer,
}

impl ServerTransport for Channels {
    type Reply = Reply;

    fn receive(&self, _free: usize) -> BoxFuture<'_, Result<Vec<Received<Reply>>, TransportError>> {
        async {
            let mut requests = self.requests.lock().await;
            Ok(requests.recv().await.iter().map(receive).collect())
        }
        .boxed()
    }

    fn stop(&self) {}

    fn respond<'a>(&'a self, reply: &'a Reply, response: &'a JobResponse) -> BoxFuture<'a, Result<(), TransportError>> {
        async {
            let mut frame = Vec::with_capacity(512);
            frame::write_headers(&mut frame, reply.version, reply.serializer);
            reply.address.write_response(&mut frame, EXPIRY, response);
            // The benchmark may have ended.
            let _ = self.responses.send(frame);
            Ok(())
        }
        .boxed()
    }
}

fn receive(frame: &Bytes) -> Received<Reply> {
    let frame = Frame::parse(frame).unwrap();
    let serializer = frame.serializer.unwrap_or_default();
    let RequestEnvelope { address, job, .. } = RequestEnvelope::from_payload(serializer, &frame.payload).unwrap();
    let request_id = address.request_id();
    Received { reply: Reply { address, version: frame.version, serializer }, request_id, job, deadline: None }
}
