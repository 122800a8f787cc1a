//! How large the requests of a measurement are.

use std::{
    future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use soa_common::{
    Body,
    envelope::{RequestMeta, write_request},
    transport::{ClientRequest, ClientTransport, PendingResponse, TransportError, TransportErrorKind},
};

use crate::{ask::Caller, failure::Failure};

/// Refuses a measurement whose requests are too large to be sent; the option says where the size comes from.
pub(super) async fn check(caller: &Caller, action: &str, body: &Body, option: &str) -> Result<(), Failure> {
    let size = Arc::new(AtomicUsize::new(0));
    let scales = Scales { service: caller.service.clone(), size: size.clone() };
    // Nobody answers.
    let _ = caller.call_over(scales, action, body.clone())?.await;
    let (size, most) = (size.load(Ordering::Relaxed), caller.maximum_message_size);
    if size <= most {
        return Ok(());
    }
    let excess = size - most;
    Err(Failure::usage(format!(
        "{option}: each request would have {size} bytes and may have {most}: send at least {excess} bytes less"
    )))
}

/// Takes the place of the transport and weighs what it is to send.
#[derive(Clone)]
struct Scales {
    service: String,
    size: Arc<AtomicUsize>,
}

impl ClientTransport for Scales {
    fn send(
        &self,
        request: ClientRequest,
    ) -> Pin<Box<dyn Future<Output = Result<PendingResponse, TransportError>> + Send + '_>> {
        // The ids of requests and the numbers of reply lists grow: these are as long as they become.
        let reply_to = format!("service.{}.{}!ffff", self.service, "0".repeat(32));
        let meta = RequestMeta { reply_to: &reply_to, expiry: 0.0, extra: &request.meta };
        let mut envelope = Vec::new();
        write_request(&mut envelope, u64::MAX, meta, &request.job);
        self.size.store(envelope.len(), Ordering::Relaxed);
        let error = TransportError::new(TransportErrorKind::MessageSend, "the request was only weighed");
        Box::pin(future::ready(Err(error)))
    }
}
