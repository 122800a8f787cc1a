use rmp_serde::{
    config::{DefaultConfig, HumanReadableConfig},
    decode::ReadRefReader,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_path_to_error::Segment;

use super::{MAX_DEPTH, misfit::describe, serialize::Serializer};
use crate::{InvalidField, InvalidMessage};

/// Encodes a serde value as MessagePack: structs as maps, types with a readable form (such as UUIDs) as text, `f32` with
/// 64 bits like every float of the protocol.
///
/// # Errors
/// When the type's `Serialize` refuses, an integer takes more than 64 bits, or lists and maps nest deeper than
/// [`MAX_DEPTH`].
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, InvalidField> {
    let mut out = Vec::new();
    encode_into(&mut out, value)?;
    Ok(out)
}

/// As [`encode`], appending to `out`, which holds half a value after an error.
///
/// # Errors
/// As [`encode`].
pub fn encode_into<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Result<(), InvalidField> {
    value.serialize(Serializer::new(out))
}

/// Decodes MessagePack into a serde type.
///
/// # Errors
/// When the bytes are not MessagePack or not what `T` wants; the message names the place.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, InvalidMessage> {
    decode_or_locate(bytes).map_err(|misfit| {
        InvalidMessage::new(match misfit.pointer {
            Some(pointer) => format!("{pointer}: {}", misfit.message),
            None => misfit.message,
        })
    })
}

/// Why and where MessagePack is not what a serde type wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// What was found and what was expected, without the value itself, or the text of a `Deserialize` of one's own.
    pub message: String,
    /// Keys and indexes joined by dots; `None` for the value itself.
    pub pointer: Option<String>,
}

/// As [`decode`], with the place apart from the message.
///
/// # Errors
/// As [`decode`].
pub fn decode_or_locate<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Misfit> {
    T::deserialize(&mut deserializer(bytes)).map_err(|error| {
        // Following the path costs time, so it is done only when there is an error to place.
        let Err(placed) = serde_path_to_error::deserialize::<_, T>(&mut deserializer(bytes)) else {
            return Misfit { message: describe(&error), pointer: None };
        };
        let keys = placed.path().iter().filter_map(|segment| match segment {
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Map { key } => Some(key.clone()),
            Segment::Enum { variant } => Some(variant.clone()),
            Segment::Unknown => None,
        });
        let keys: Vec<_> = keys.collect();
        Misfit { message: describe(placed.inner()), pointer: (!keys.is_empty()).then(|| keys.join(".")) }
    })
}

/// Whether a value is a map.
pub(crate) fn is_map(value: &[u8]) -> bool {
    matches!(value, [0x80..=0x8f | 0xde | 0xdf, ..])
}

/// What kind of value starts with this byte, with its article.
pub(crate) fn kind(marker: u8) -> &'static str {
    match marker {
        0x00..=0x7f | 0xcc..=0xd3 | 0xe0..=0xff => "an integer",
        0x80..=0x8f | 0xde | 0xdf => "a map",
        0x90..=0x9f | 0xdc | 0xdd => "a list",
        0xa0..=0xbf | 0xd9..=0xdb => "a text",
        0xc2 | 0xc3 => "a bool",
        0xc4..=0xc6 => "bytes",
        0xca | 0xcb => "a float",
        0xc7..=0xc9 | 0xd4..=0xd8 => "a date, time, decimal or amount",
        0xc0 | 0xc1 => "null",
    }
}

fn deserializer(bytes: &[u8]) -> rmp_serde::Deserializer<ReadRefReader<'_, [u8]>, HumanReadableConfig<DefaultConfig>> {
    let mut deserializer = rmp_serde::Deserializer::from_read_ref(bytes).with_human_readable();
    // rmp-serde counts the innermost scalar as a level of its own.
    deserializer.set_max_depth(MAX_DEPTH + 2);
    deserializer
}
