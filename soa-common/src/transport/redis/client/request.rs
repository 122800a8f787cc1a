//! Requests as frames.

use std::sync::LazyLock;

use super::Shared;
use crate::{
    envelope::{self, RequestMeta},
    frame,
    gather::Gather,
    redact::Redactor,
    serializer::Serializer,
    transport::{ClientRequest, TransportError, TransportErrorKind, redis::MOST_NAMES},
};

static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| Redactor::new([""; 0]));

impl Shared {
    /// The frame of a request to a service.
    ///
    /// # Errors
    /// A value that the serializer cannot carry, or too large a request.
    pub(super) fn frame(
        &self,
        service: &str,
        reply_to: &str,
        expiry: f64,
        request: &ClientRequest,
    ) -> Result<Gather, TransportError> {
        let settings = &self.settings;
        let mut out = Gather::with_capacity(512);
        frame::write_headers(out.small(), settings.protocol_version, settings.serializer);
        let headers = out.len();
        let meta = RequestMeta { reply_to, expiry, extra: &request.meta };
        match settings.serializer {
            Serializer::Msgpack => envelope::gather_request(&mut out, request.request_id, meta, &request.job),
            other => {
                let mut payload = Vec::new();
                envelope::write_request(&mut payload, request.request_id, meta, &request.job);
                let payload = other.from_msgpack(payload).map_err(|error| {
                    let message = format!("the request to {service:?} cannot be sent: {error}");
                    TransportError::new(TransportErrorKind::InvalidMessage, message).with_source(error)
                })?;
                out.push(payload.into());
            }
        }
        let size = out.len() - headers;
        let most = settings.maximum_message_size;
        if size > most {
            let message = format!(
                "the request to {service:?} has {size} bytes and may have {most}: send less, or raise \
                 maximum_message_size_in_bytes"
            );
            return Err(TransportError::new(TransportErrorKind::MessageTooLarge, message));
        }
        if settings.log_messages_larger_than != 0 && size > settings.log_messages_larger_than {
            let actions: Vec<_> = request.job.actions.iter().take(MOST_NAMES).map(|action| &action.action).collect();
            let most = settings.log_messages_larger_than;
            tracing::warn!("the request to {service:?} for {actions:?} is large: {size} bytes are more than {most}");
            tracing::debug!("the large request: {}", REDACTOR.show(&request.job));
        }
        Ok(out)
    }
}

/// The reply address of a request without a response: that of no lane, as their numbers start at 1.
pub(super) fn unanswered(service: &str, client: &str) -> String {
    format!("service.{service}.{client}!0")
}
