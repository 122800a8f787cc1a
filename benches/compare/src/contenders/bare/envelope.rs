//! Frames and envelopes as both sides of the protocol write them, with texts borrowed from the frame.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::BoxError;

/// The start of a frame of version 3 in MessagePack.
const HEADERS: &[u8] = b"pysoa-redis/3//content-type:application/msgpack;";

/// How long a message is good for, in seconds.
pub(super) const EXPIRY: u32 = 60;

#[derive(Serialize, Deserialize)]
pub(super) struct Envelope<'a, B> {
    pub(super) request_id: u64,
    #[serde(borrow)]
    pub(super) meta: Meta<'a>,
    pub(super) body: B,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Meta<'a> {
    pub(super) client_version: [u8; 3],
    pub(super) reply_to: &'a str,
    pub(super) atomic_chunks: bool,
    pub(super) __expiry__: f64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Job<'a> {
    pub(super) control: Control,
    #[serde(borrow)]
    pub(super) context: Context<'a>,
    #[serde(borrow)]
    pub(super) actions: [Action<'a>; 1],
}

#[derive(Serialize, Deserialize)]
pub(super) struct Control {
    pub(super) continue_on_error: bool,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Context<'a> {
    pub(super) correlation_id: &'a str,
    pub(super) switches: [u8; 0],
}

#[derive(Serialize, Deserialize)]
pub(super) struct Action<'a> {
    pub(super) action: &'a str,
    #[serde(borrow)]
    pub(super) body: Echo<'a>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Echo<'a> {
    pub(super) number: i64,
    pub(super) text: &'a str,
}

#[derive(Serialize, Deserialize)]
pub(super) struct JobResponse<'a> {
    pub(super) errors: [u8; 0],
    #[serde(borrow)]
    pub(super) context: ResponseContext<'a>,
    #[serde(borrow)]
    pub(super) actions: [ActionResponse<'a>; 1],
}

#[derive(Serialize, Deserialize)]
pub(super) struct ResponseContext<'a> {
    pub(super) correlation_id: &'a str,
}

#[derive(Serialize, Deserialize)]
pub(super) struct ActionResponse<'a> {
    pub(super) action: &'a str,
    pub(super) errors: [u8; 0],
    #[serde(borrow)]
    pub(super) body: Echo<'a>,
}

/// A whole frame.
pub(super) fn write<B: Serialize>(envelope: &Envelope<'_, B>, size: usize) -> Result<Vec<u8>, BoxError> {
    let mut frame = Vec::with_capacity(size);
    frame.extend_from_slice(HEADERS);
    rmp_serde::encode::write_named(&mut frame, envelope)?;
    Ok(frame)
}

/// What is in a frame.
pub(super) fn read<'a, B: Deserialize<'a>>(frame: &'a [u8]) -> Result<Envelope<'a, B>, BoxError> {
    let payload = frame.strip_prefix(HEADERS).ok_or("a frame with other headers")?;
    Ok(rmp_serde::from_slice(payload)?)
}

/// The time in Unix seconds.
pub(super) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
