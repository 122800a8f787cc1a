//! From a response to what is pushed.

use std::sync::{LazyLock, atomic::Ordering};

use tokio::time::Instant;

use super::{RedisReply, Shared, unix_now};
use crate::{
    JobResponse,
    frame::{self, ProtocolVersion},
    gather::Gather,
    redact::Redactor,
    serializer::Serializer,
    transport::{TransportError, TransportErrorKind, redis::MOST_NAMES, redis::Push, redis::keys::master_of},
};

static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| Redactor::new(None::<String>));

/// Room for the headers of a frame and a small response.
const USUAL_SIZE: usize = 512;

impl Shared {
    pub(super) async fn respond(&self, reply: &RedisReply, response: &JobResponse) -> Result<(), TransportError> {
        let Some(key) = reply.key.clone() else {
            return Ok(());
        };
        let expiry = self.settings.message_expiry;
        let mut frame = Gather::with_capacity(USUAL_SIZE);
        frame::write_headers(frame.small(), reply.version, reply.serializer);
        let headers = frame.len();
        reply.write_payload(&mut frame, unix_now() + expiry.as_secs_f64(), response)?;
        let frames = match self.check_size(reply, frame.len() - headers, response)? {
            Some(size) => {
                frame.advance(headers);
                frame::chunks(reply.serializer, &frame, size)
            }
            None => vec![frame],
        };
        let masters = self.outlets.len();
        let places = self.places.load(Ordering::Relaxed);
        let outlet = &self.outlets[master_of(&key, masters)];
        let push = Push {
            key,
            frames,
            ttl: expiry.as_secs(),
            capacity: self.settings.queue_capacity,
            deadline: Instant::now() + expiry,
            retries: self.settings.queue_full_retries,
            // What waits is held by the worker: clients that have stopped reading must not take up all that it holds.
            waiting: Some((places / (4 * masters)).max(1)),
        };
        let share = (masters > 1).then_some(places / masters);
        outlet.push(push, share).await?;
        self.counters.responded.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Checks the size of a payload; gives the size of its chunks if it is to be cut.
    fn check_size(
        &self,
        reply: &RedisReply,
        size: usize,
        response: &JobResponse,
    ) -> Result<Option<usize>, TransportError> {
        let settings = &self.settings;
        let too_large = |limit, why| {
            let message = format!("the response of {size} bytes is larger than {limit} bytes, {why}");
            Err(TransportError::new(TransportErrorKind::MessageTooLarge, message))
        };
        if size > settings.maximum_message_size {
            return too_large(settings.maximum_message_size, "the maximum size of a message");
        }
        if settings.log_messages_larger_than > 0 && size > settings.log_messages_larger_than {
            let actions: Vec<_> = response.actions.iter().take(MOST_NAMES).map(|action| &action.action).collect();
            let most = settings.log_messages_larger_than;
            tracing::warn!(
                "a response of {} to {actions:?} is oversized: {size} bytes are more than {most}",
                self.service
            );
            // As in the original, where the usual formats of the log leave the message out.
            tracing::debug!("the oversized response: {}", REDACTOR.show(response));
        }
        match settings.chunk_messages_larger_than {
            Some(limit) if size > limit && reply.version < ProtocolVersion::V3 => {
                too_large(limit, "and this client does not understand chunks")
            }
            Some(limit) if size > limit => Ok(Some(limit)),
            _ => Ok(None),
        }
    }
}

impl RedisReply {
    /// Appends the payload of a response.
    fn write_payload(&self, out: &mut Gather, expiry: f64, response: &JobResponse) -> Result<(), TransportError> {
        match self.serializer {
            Serializer::Msgpack => self.address.gather_response(out, expiry, response),
            Serializer::Json => {
                let mut msgpack = Vec::with_capacity(USUAL_SIZE);
                self.address.write_response(&mut msgpack, expiry, response);
                let json = self.serializer.from_msgpack(msgpack).map_err(|error| {
                    let message = format!("the response cannot be written as JSON: {error}");
                    TransportError::new(TransportErrorKind::InvalidMessage, message)
                })?;
                out.push(json.into());
            }
        }
        Ok(())
    }
}
