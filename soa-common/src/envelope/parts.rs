//! The parts of an envelope, found on the walk that checks it.

use bytes::Bytes;

use crate::{
    InvalidMessage,
    msgpack::{Reader, Token, Unchecked},
};

/// MessagePack's map without entries.
const EMPTY_MAP: u8 = 0x80;

/// The raw parts of an envelope.
#[derive(Default)]
pub(super) struct Parts<'a> {
    pub(super) request_id: Option<&'a [u8]>,
    pub(super) meta: Meta<'a>,
    pub(super) body: Option<&'a [u8]>,
    /// The control header of a job.
    pub(super) control: Option<&'a [u8]>,
}

/// The raw meta of an envelope, and what is in it.
#[derive(Default)]
pub(super) struct Meta<'a> {
    pub(super) raw: Option<&'a [u8]>,
    pub(super) reply_to: Option<&'a [u8]>,
    pub(super) client_version: Option<&'a [u8]>,
    pub(super) expires: Option<&'a [u8]>,
    pub(super) atomic_chunks: Option<&'a [u8]>,
}

impl<'a> Parts<'a> {
    /// Checks a payload. What is no map has no parts.
    pub(super) fn read(payload: &'a [u8]) -> Result<Self, InvalidMessage> {
        let mut parts = Self::default();
        Unchecked::read(payload, |unchecked| {
            unchecked.map(|unchecked, key| {
                if key == b"request_id" {
                    parts.request_id = Some(unchecked.value()?);
                } else if key == b"meta" {
                    parts.meta = Meta::of(unchecked)?;
                } else if key == b"body" {
                    parts.control = None;
                    parts.body = Some(unchecked.map(|unchecked, key| {
                        let value = unchecked.value()?;
                        if key == b"control" {
                            parts.control = Some(value);
                        }
                        Some(())
                    })?);
                } else {
                    unchecked.value()?;
                }
                Some(())
            })
        })?;
        Ok(parts)
    }
}

impl<'a> Meta<'a> {
    /// Checks a meta that stands alone.
    pub(super) fn read(meta: &'a [u8]) -> Result<Self, InvalidMessage> {
        let mut read = Self::default();
        Unchecked::read(meta, |unchecked| {
            read = Self::of(unchecked)?;
            read.raw
        })?;
        Ok(read)
    }

    fn of(unchecked: &mut Unchecked<'a>) -> Option<Self> {
        let mut meta = Self::default();
        let raw = unchecked.map(|unchecked, key| {
            let value = Some(unchecked.value()?);
            if key == b"reply_to" {
                meta.reply_to = value;
            } else if key == b"client_version" {
                meta.client_version = value;
            } else if key == b"__expiry__" {
                meta.expires = value;
            } else if key == b"atomic_chunks" {
                meta.atomic_chunks = value;
            }
            Some(())
        })?;
        meta.raw = Some(raw);
        Some(meta)
    }

    /// The meta as part of its payload; empty when there is none.
    pub(super) fn slice_of(&self, payload: &Bytes) -> Bytes {
        self.raw.map_or(Bytes::from_static(&[EMPTY_MAP]), |meta| payload.slice_ref(meta))
    }

    /// When the message expires.
    pub(super) fn expiry(&self) -> Expiry {
        self.expires.map_or(Ok(None), expiry)
    }
}

/// A time in Unix seconds, `None` for never.
type Expiry = Result<Option<f64>, InvalidMessage>;

/// The time that a checked `__expiry__` says: never when it is falsy.
fn expiry(bytes: &[u8]) -> Expiry {
    match Reader::new(bytes).token()? {
        Token::Null | Token::Bool(false) | Token::Text("") | Token::List(0) | Token::Map(0) | Token::Bytes([]) => {
            Ok(None)
        }
        Token::Integer(seconds) => Ok(Some(seconds.as_f64()).filter(|seconds| *seconds != 0.0)),
        Token::Float(f64::INFINITY) => Ok(None),
        Token::Float(seconds) if !seconds.is_nan() => Ok(Some(seconds).filter(|seconds| *seconds != 0.0)),
        _ => Err(InvalidMessage::new("meta.__expiry__ is no number of Unix seconds")),
    }
}

/// Whether a `client_version` is (0, 70, 0) or later, as Python compares tuples: without its third number, 0.70 is
/// earlier. A client that names none speaks like 0.40.
pub(super) fn knows_is_caller_error(client_version: &[u8]) -> bool {
    // Those of today, whose first number is above 0.
    if matches!(client_version, [0x91..=0x9f, 0x01..=0x7f, ..]) {
        return true;
    }
    let mut reader = Reader::new(client_version);
    let Ok(Token::List(length)) = reader.token() else {
        return false;
    };
    let mut number = |index| match reader.token() {
        Ok(Token::Integer(number)) if index < length => number.as_u64(),
        _ => None,
    };
    [number(0), number(1), number(2)] >= [Some(0), Some(70), Some(0)]
}
