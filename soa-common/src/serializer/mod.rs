//! The serializers of the protocol, chosen by mime type (`docs/protocol.md`, sections 3 and 7).
//!
//! Inside, everything is MessagePack: JSON is translated at the rim, so there is one way to read and write a job.

use bytes::Bytes;

use crate::{InvalidField, InvalidMessage};

mod read_json;
mod write_json;

pub(crate) use read_json::read_json;

/// A serializer. MessagePack is the default and the only one that carries every type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Serializer {
    /// `application/msgpack`
    #[default]
    Msgpack,
    /// `application/json`
    Json,
}

impl Serializer {
    /// The mime type that frames name.
    #[must_use]
    pub fn mime_type(self) -> &'static str {
        match self {
            Self::Msgpack => "application/msgpack",
            Self::Json => "application/json",
        }
    }

    /// The serializer of a mime type, if it is a known one.
    #[must_use]
    pub fn from_mime_type(mime_type: impl AsRef<[u8]>) -> Option<Self> {
        [Self::Msgpack, Self::Json]
            .into_iter()
            .find(|serializer| serializer.mime_type().as_bytes() == mime_type.as_ref())
    }

    /// The payload of a frame as MessagePack, not checked yet.
    ///
    /// Of a JSON key that is there twice the last value counts, as in Python.
    ///
    /// # Errors
    /// When the payload is not JSON, nests deeper than [`MAX_DEPTH`](crate::msgpack::MAX_DEPTH) or has an integer of
    /// more than 64 bits.
    pub fn to_msgpack(self, payload: Bytes) -> Result<Bytes, InvalidMessage> {
        match self {
            Self::Msgpack => Ok(payload),
            Self::Json => {
                let mut out = Vec::with_capacity(payload.len());
                read_json(&payload, &mut out).map(|()| out.into())
            }
        }
    }

    /// MessagePack of our own making as the payload of a frame.
    ///
    /// # Errors
    /// When JSON cannot carry a value: the extension types, bytes, NaN and infinities, or nesting deeper than
    /// [`MAX_DEPTH`](crate::msgpack::MAX_DEPTH). The text names the value and its path.
    pub fn from_msgpack(self, msgpack: Vec<u8>) -> Result<Vec<u8>, InvalidField> {
        match self {
            Self::Msgpack => Ok(msgpack),
            Self::Json => write_json::write_json(&msgpack),
        }
    }
}
