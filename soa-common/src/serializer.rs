//! The serializers of the protocol, chosen by mime type (`docs/protocol.md`, sections 3 and 7).
//!
//! Inside, everything is MessagePack: JSON is translated at the rim, so there is one way to read and write a job.

use bytes::Bytes;

use crate::{InvalidField, InvalidMessage, Value};

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
    pub fn from_mime_type(mime_type: &str) -> Option<Self> {
        [Self::Msgpack, Self::Json].into_iter().find(|serializer| serializer.mime_type() == mime_type)
    }

    /// The payload of a frame as MessagePack, not checked yet.
    ///
    /// # Errors
    /// When the payload is not JSON.
    pub fn to_msgpack(self, payload: Bytes) -> Result<Bytes, InvalidMessage> {
        match self {
            Self::Msgpack => Ok(payload),
            Self::Json => {
                let value: Value = serde_json::from_slice(&payload)
                    .map_err(|error| InvalidMessage::new(format!("not JSON: {error}")))?;
                let mut out = Vec::with_capacity(payload.len());
                crate::msgpack::Writer::new(&mut out).value(&value);
                Ok(out.into())
            }
        }
    }

    /// Checked MessagePack as the payload of a frame.
    ///
    /// # Errors
    /// When JSON cannot carry a value.
    pub fn from_msgpack(self, msgpack: Vec<u8>) -> Result<Vec<u8>, InvalidField> {
        match self {
            Self::Msgpack => Ok(msgpack),
            Self::Json => Err(InvalidField::new("not written yet")),
        }
    }
}
