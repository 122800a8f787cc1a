//! Envelopes: what a frame's payload holds (`docs/protocol.md`, section 4).
//!
//! Reading copies nothing but the reply address; writing appends to the buffer that becomes the frame. No clock is read
//! here: times are arguments, in Unix seconds.

mod parts;

use bytes::Bytes;

use self::parts::{Meta, Parts, knows_is_caller_error};
use crate::{
    Body, Control, InvalidMessage, JobRequest, JobResponse, Map, Value, body,
    gather::Gather,
    msgpack::{self, Reader, Token, Writer},
    serializer::{Serializer, read_json},
    value::Integer,
};

/// The version of PySOA whose protocol is spoken; clients name it in `meta.client_version`.
pub const PYSOA_VERSION: [u8; 3] = [1, 4, 9];

/// What a client of ours writes into the meta of a request.
const META_KEYS: [&str; 4] = ["client_version", "reply_to", "atomic_chunks", "__expiry__"];
/// MessagePack's nil.
const NIL: u8 = 0xc0;

/// A request envelope as a server received it.
#[derive(Clone, Debug)]
pub struct RequestEnvelope {
    /// What the answer needs.
    pub address: ReplyAddress,
    /// When the request expires, in Unix seconds; `None` when it does not.
    pub expiry: Option<f64>,
    /// The job: checked MessagePack of any shape, nil when the envelope has none.
    pub job: Bytes,
    /// The control header of the job; empty where the job has none.
    pub control: Control,
}

/// What of a request its answer needs.
#[derive(Clone, Debug)]
pub struct ReplyAddress {
    /// The raw request id: whatever the client chose.
    request_id: Bytes,
    /// The raw meta map.
    meta: Bytes,
    /// `meta.reply_to`, when it is a text.
    pub reply_to: Option<String>,
    /// Whether the client knows `is_caller_error` (PySOA 0.70 and later).
    knows_is_caller_error: bool,
    /// Whether the meta map has `__expiry__`.
    has_expiry: bool,
}

impl RequestEnvelope {
    /// Reads the payload of a frame.
    ///
    /// # Errors
    /// What cannot be read; with the address to answer to, where at least that could be read.
    pub fn from_payload(
        serializer: Serializer,
        payload: &Bytes,
    ) -> Result<Self, (InvalidMessage, Option<ReplyAddress>)> {
        match serializer {
            Serializer::Msgpack => Self::decode(payload),
            Serializer::Json => {
                let mut msgpack = Vec::with_capacity(payload.len());
                let read = read_json(payload, &mut msgpack);
                let msgpack = Bytes::from(msgpack);
                match read {
                    Ok(()) => Self::decode(&msgpack),
                    Err(error) => Err((error, ReplyAddress::rescue(&msgpack))),
                }
            }
        }
    }

    /// Reads a MessagePack payload.
    ///
    /// # Errors
    /// As [`from_payload`](Self::from_payload).
    pub fn decode(payload: &Bytes) -> Result<Self, (InvalidMessage, Option<ReplyAddress>)> {
        let parts = Parts::read(payload).map_err(|error| (error, ReplyAddress::rescue(payload)))?;
        if !msgpack::is_map(payload) {
            return Err((InvalidMessage::new("the message is no map"), None));
        }
        let Some(request_id) = parts.request_id.filter(|id| *id != [NIL]) else {
            return Err((InvalidMessage::new("the message has no request_id"), None));
        };
        let address = ReplyAddress::new(payload, request_id, &parts.meta);
        let address = address.map_err(|error| (error, None))?;
        match parts.meta.expiry() {
            Ok(expiry) => {
                let job = parts.body.map_or(Bytes::from_static(&[NIL]), |job| payload.slice_ref(job));
                let control = parts.control.map(|control| Body::from_checked(payload.slice_ref(control)));
                Ok(Self { address, expiry, job, control: control.unwrap_or_default().into() })
            }
            Err(error) => Err((error, Some(address))),
        }
    }
}

impl ReplyAddress {
    /// The request id for logs: as text.
    #[must_use]
    pub fn request_id(&self) -> String {
        match Reader::new(&self.request_id).token() {
            // Those of all clients, and written faster than what may be negative.
            Ok(Token::Integer(id)) => id.as_u64().map_or_else(|| id.to_string(), |id| id.to_string()),
            Ok(Token::Text(id)) => id.to_owned(),
            _ => "?".to_owned(),
        }
    }

    /// Appends the response envelope: the request's id and meta, with a new expiry.
    ///
    /// Where the request's meta has `atomic_chunks`, it becomes true: this server pushes all chunks of a response at
    /// once.
    pub fn write_response(&self, out: &mut Vec<u8>, expiry: f64, response: &JobResponse) {
        self.write(&mut Writer::new(out), expiry, response);
    }

    /// As [`write_response`](Self::write_response), without a copy of large bodies.
    pub fn gather_response(&self, out: &mut Gather, expiry: f64, response: &JobResponse) {
        self.write(&mut out.writer(), expiry, response);
    }

    fn write(&self, writer: &mut Writer<'_>, expiry: f64, response: &JobResponse) {
        writer.map(3);
        writer.text("request_id");
        writer.raw(&self.request_id);
        writer.text("meta");
        self.write_meta(writer, expiry);
        writer.text("body");
        response.write(writer, self.knows_is_caller_error);
    }

    fn write_meta(&self, writer: &mut Writer<'_>, expiry: f64) {
        let Some((true, length, _)) = msgpack::container(&self.meta) else {
            return writer.map(0);
        };
        writer.map(length as usize + usize::from(!self.has_expiry));
        body::entries(&self.meta, |key, value| {
            writer.raw(key);
            if msgpack::text(key) == b"__expiry__" {
                writer.float(expiry);
            } else if msgpack::text(key) == b"atomic_chunks" {
                writer.bool(true);
            } else {
                writer.raw(value);
            }
        });
        if !self.has_expiry {
            writer.text("__expiry__");
            writer.float(expiry);
        }
    }

    /// Reads the address out of a payload that is broken somewhere, if that part of it is whole.
    fn rescue(payload: &Bytes) -> Option<Self> {
        let mut reader = Reader::new(payload);
        let Ok(Token::Map(length)) = reader.token() else {
            return None;
        };
        let (mut request_id, mut meta) = (None, None);
        for _ in 0..length {
            let Ok(Token::Text(key)) = reader.token() else {
                return None;
            };
            let value = reader.skip().ok()?;
            match key {
                "request_id" => request_id = Some(value),
                "meta" => meta = Some(value),
                _ => {}
            }
            if let (Some(request_id), Some(meta)) = (request_id, meta) {
                msgpack::check(request_id).ok()?;
                return Self::new(payload, request_id, &Meta::read(meta).ok()?).ok();
            }
        }
        None
    }

    fn new(payload: &Bytes, request_id: &[u8], meta: &Meta<'_>) -> Result<Self, InvalidMessage> {
        if meta.raw.is_some_and(|meta| !msgpack::is_map(meta)) {
            return Err(InvalidMessage::new("the meta of the message is no map"));
        }
        Ok(Self {
            request_id: payload.slice_ref(request_id),
            meta: meta.slice_of(payload),
            reply_to: meta.reply_to.and_then(msgpack::to_str).map(str::to_owned),
            knows_is_caller_error: meta.client_version.is_some_and(knows_is_caller_error),
            has_expiry: meta.expires.is_some(),
        })
    }
}

/// What a client puts into the meta of a request.
#[derive(Clone, Copy, Debug)]
pub struct RequestMeta<'a> {
    /// The list the answer is to be pushed to, without the key prefix.
    pub reply_to: &'a str,
    /// When the request expires, in Unix seconds.
    pub expiry: f64,
    /// What middleware adds; servers carry it back untouched. The keys of the protocol stay ours.
    pub extra: &'a Map,
}

/// Appends a request envelope.
pub fn write_request(out: &mut Vec<u8>, request_id: u64, meta: RequestMeta<'_>, job: &JobRequest) {
    write(&mut Writer::new(out), request_id, meta, job);
}

/// As [`write_request`], without a copy of large bodies.
pub fn gather_request(out: &mut Gather, request_id: u64, meta: RequestMeta<'_>, job: &JobRequest) {
    write(&mut out.writer(), request_id, meta, job);
}

fn write(writer: &mut Writer<'_>, request_id: u64, meta: RequestMeta<'_>, job: &JobRequest) {
    let is_extra = |key: &Value| key.as_str().is_none_or(|key| !META_KEYS.contains(&key));
    let extra = meta.extra.iter().filter(|(key, _)| is_extra(key));
    writer.map(3);
    writer.text("request_id");
    writer.integer(request_id);
    writer.text("meta");
    writer.map(META_KEYS.len() + extra.clone().count());
    writer.text("client_version");
    writer.list(PYSOA_VERSION.len());
    for number in PYSOA_VERSION {
        writer.integer(number);
    }
    writer.text("reply_to");
    writer.text(meta.reply_to);
    for (key, value) in extra {
        writer.value(key);
        writer.value(value);
    }
    writer.text("atomic_chunks");
    writer.bool(false);
    writer.text("__expiry__");
    writer.float(meta.expiry);
    writer.text("body");
    job.write(writer);
}

/// A response envelope as a client received it.
#[derive(Clone, Debug)]
pub struct ResponseEnvelope {
    /// The id of the request it answers; `None` when it is none of ours.
    pub request_id: Option<u64>,
    /// When the response expires, in Unix seconds; `None` when it does not.
    pub expiry: Option<f64>,
    /// Whether the server pushes all chunks of a response at once.
    pub has_atomic_chunks: bool,
    /// The whole meta map.
    pub meta: Body,
    /// The response, undecoded until its call is found.
    pub response: Bytes,
}

impl ResponseEnvelope {
    /// Reads a MessagePack payload.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn decode(payload: &Bytes) -> Result<Self, InvalidMessage> {
        let Parts { request_id, meta, body, .. } = Parts::read(payload)?;
        if !msgpack::is_map(payload) {
            return Err(InvalidMessage::new("the message is no map"));
        }
        let request_id = request_id.ok_or_else(|| InvalidMessage::new("the message has no request_id"))?;
        let response = body.ok_or_else(|| InvalidMessage::new("the message has no body"))?;
        Ok(Self {
            request_id: match Reader::new(request_id).token() {
                Ok(Token::Integer(id)) => Integer::as_u64(id),
                _ => None,
            },
            expiry: meta.expiry()?,
            has_atomic_chunks: meta.atomic_chunks == Some(&[0xc3]),
            meta: Body::from_checked(meta.slice_of(payload)),
            response: payload.slice_ref(response),
        })
    }
}
