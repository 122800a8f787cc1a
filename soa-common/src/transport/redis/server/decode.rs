//! From the frame of a request to a job.

use std::{fmt, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;

use crate::{
    InvalidMessage,
    envelope::{ReplyAddress, RequestEnvelope},
    frame::{Frame, ProtocolVersion},
    serializer::Serializer,
    transport::{
        Received,
        redis::keys::{is_reply_to_of, response_key},
    },
};

/// What answering a request needs.
#[derive(Clone)]
pub struct RedisReply {
    pub(super) address: ReplyAddress,
    /// The response list; none where the request wants no response.
    pub(super) key: Option<Bytes>,
    pub(super) version: ProtocolVersion,
    pub(super) serializer: Serializer,
    /// The request as it came, for the case that it has to go back.
    pub(super) frame: Bytes,
}

impl fmt::Debug for RedisReply {
    /// Without the request.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisReply").field("address", &self.address).field("key", &self.key).finish_non_exhaustive()
    }
}

/// What a frame turned out to be.
pub(super) enum Decoded {
    Request(Received<RedisReply>),
    /// Nobody waits for the answer any more.
    Expired,
    /// With the way to answer, when that could be read.
    Undecodable(InvalidMessage, Option<RedisReply>),
}

/// Reads the frames that one service popped at one time.
pub(super) struct Decoder<'a> {
    pub(super) service: &'a str,
    /// The serializer of frames that name none or an unknown one.
    pub(super) serializer: Serializer,
    /// The time in Unix seconds.
    pub(super) now: f64,
    /// The same time.
    pub(super) popped: Instant,
}

impl Decoder<'_> {
    pub(super) fn decode(&self, bytes: &Bytes) -> Decoded {
        let frame = match Frame::parse(bytes) {
            Ok(frame) => frame,
            Err(error) => return Decoded::Undecodable(error, None),
        };
        let serializer = frame.serializer.unwrap_or(self.serializer);
        let reply = |address: ReplyAddress| RedisReply {
            key: self.response_key(&address),
            address,
            version: frame.version,
            serializer,
            frame: bytes.clone(),
        };
        let answerable = |address| Some(reply(address)).filter(|reply| reply.key.is_some());
        let envelope = match RequestEnvelope::from_payload(serializer, &frame.payload) {
            Ok(envelope) => envelope,
            Err((error, address)) => return Decoded::Undecodable(error, address.and_then(answerable)),
        };
        if frame.chunk.is_some() {
            let error = InvalidMessage::new("a request cannot be cut into chunks");
            return Decoded::Undecodable(error, answerable(envelope.address));
        }
        if envelope.expiry.is_some_and(|expiry| expiry < self.now) {
            return Decoded::Expired;
        }
        let reply = reply(envelope.address);
        if reply.key.is_none() && !envelope.control.suppress_response() {
            return Decoded::Undecodable(self.no_address(&reply.address), None);
        }
        let expiry = envelope.expiry.map(|expiry| expiry - self.now);
        let left = [expiry, envelope.control.timeout()].into_iter().flatten().min_by(f64::total_cmp);
        Decoded::Request(Received {
            request_id: reply.address.request_id(),
            reply,
            job: envelope.job,
            deadline: left
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
                .and_then(|left| self.popped.checked_add(left)),
        })
    }

    fn response_key(&self, address: &ReplyAddress) -> Option<Bytes> {
        let reply_to = address.reply_to.as_deref()?;
        is_reply_to_of(self.service, reply_to).then(|| response_key(reply_to))
    }

    fn no_address(&self, address: &ReplyAddress) -> InvalidMessage {
        InvalidMessage::new(match &address.reply_to {
            Some(_) => "meta.reply_to names no response list of this service",
            None => "the message has no meta.reply_to",
        })
    }
}
