use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

use crate::{
    InvalidField, InvalidMessage, Map, Value,
    msgpack::{self, Reader, Token, Writer, container, split_value, text, to_str},
};

/// The body of an action's request or response: a map that stays MessagePack bytes until someone looks.
///
/// A body that came from the wire is a slice of its frame, proven whole and harmless; one made from a [`Map`] stays that
/// map until it is sent. Clones are cheap for the former. Displayed, it is [JSON for people](crate::json) with nothing
/// censored.
#[derive(Clone, Debug)]
pub struct Body(Repr);

#[derive(Clone, Debug)]
enum Repr {
    /// One checked MessagePack value.
    Raw(Bytes),
    Map(Map),
}

impl Body {
    /// A body without entries, `{}`.
    #[must_use]
    pub fn empty() -> Self {
        Self(Repr::Raw(Bytes::from_static(&[0x80])))
    }

    /// Encodes a serde value, which must become a map; nothing, such as `()`, becomes an empty one.
    ///
    /// # Errors
    /// When the value's `Serialize` refuses or gives something else.
    pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Self, InvalidField> {
        // Room for small bodies, which otherwise grow from nothing in many steps.
        let mut bytes = Vec::with_capacity(128);
        msgpack::encode_into(&mut bytes, value)?;
        match Reader::new(&bytes).token() {
            Ok(Token::Map(_)) => Ok(Self(Repr::Raw(bytes.into()))),
            Ok(Token::Null) => Ok(Self::empty()),
            _ => {
                let found = bytes.first().map_or("nothing", |marker| msgpack::kind(*marker));
                Err(InvalidField::new(format!("found {found}; a body is a map, or null for an empty one")))
            }
        }
    }

    /// Takes MessagePack bytes after checking them.
    ///
    /// # Errors
    /// When they are not exactly one harmless value.
    pub fn from_msgpack(bytes: Bytes) -> Result<Self, InvalidMessage> {
        msgpack::check(&bytes)?;
        Ok(Self::from_checked(bytes))
    }

    /// Takes MessagePack bytes that [`msgpack::check`] accepted as part of something larger.
    pub(crate) fn from_checked(bytes: Bytes) -> Self {
        Self(Repr::Raw(bytes))
    }

    /// Decodes into a serde type.
    ///
    /// # Errors
    /// When the body is not what `T` wants.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, InvalidMessage> {
        msgpack::decode(&self.to_msgpack())
    }

    /// The value under a text key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value> {
        match &self.0 {
            Repr::Raw(bytes) => find(bytes, key).map(Value::from_checked),
            Repr::Map(map) => map.get(key).cloned(),
        }
    }

    /// A body with one entry, ready to be sent.
    pub(crate) fn of_one(key: &str, value: impl FnOnce(&mut Writer<'_>)) -> Self {
        let mut bytes = Vec::with_capacity(64);
        let mut writer = Writer::new(&mut bytes);
        writer.map(1);
        writer.text(key);
        value(&mut writer);
        Self(Repr::Raw(bytes.into()))
    }

    /// The bytes of the value under a text key, where the body is bytes.
    pub(crate) fn raw(&self, key: &str) -> Option<&[u8]> {
        match &self.0 {
            Repr::Raw(bytes) => find(bytes, key),
            Repr::Map(_) => None,
        }
    }

    /// The text under a text key, when it is one.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        match &self.0 {
            Repr::Raw(bytes) => find(bytes, key).and_then(to_str),
            Repr::Map(map) => map.get(key)?.as_str(),
        }
    }

    /// The truth value under a text key, when it is one.
    pub(crate) fn bool(&self, key: &str) -> Option<bool> {
        match &self.0 {
            Repr::Raw(bytes) => match find(bytes, key)? {
                [0xc2] => Some(false),
                [0xc3] => Some(true),
                _ => None,
            },
            Repr::Map(map) => map.get(key)?.as_bool(),
        }
    }

    /// What is an `i64` in the list under a text key.
    pub(crate) fn integers(&self, key: &str) -> Vec<i64> {
        match &self.0 {
            Repr::Raw(bytes) => {
                let integer = |value| match Reader::new(value).token() {
                    Ok(Token::Integer(integer)) => integer.as_i64(),
                    _ => None,
                };
                find(bytes, key).and_then(elements).into_iter().flatten().filter_map(integer).collect()
            }
            Repr::Map(map) => {
                let list = map.get(key).and_then(Value::as_list);
                list.into_iter().flatten().filter_map(Value::as_i64).collect()
            }
        }
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Repr::Raw(bytes) => matches!(container(bytes), Some((true, 0, _))),
            Repr::Map(map) => map.is_empty(),
        }
    }

    /// The body as a value: a map, unless a peer sent something else.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match &self.0 {
            Repr::Raw(bytes) => Value::from_checked(bytes),
            Repr::Map(map) => Value::Map(map.clone()),
        }
    }

    /// The entries; none when a peer sent something that is no map.
    #[must_use]
    pub fn into_map(self) -> Map {
        match self.0 {
            Repr::Map(map) => map,
            Repr::Raw(bytes) => match Value::from_checked(&bytes) {
                Value::Map(map) => map,
                _ => Map::new(),
            },
        }
    }

    /// The MessagePack bytes; free of charge for a body from the wire.
    #[must_use]
    pub fn to_msgpack(&self) -> Bytes {
        match &self.0 {
            Repr::Raw(bytes) => bytes.clone(),
            Repr::Map(map) => {
                let mut out = Vec::new();
                Writer::new(&mut out).entries(map);
                out.into()
            }
        }
    }

    /// The MessagePack bytes, where it is those already.
    pub(crate) fn msgpack(&self) -> Option<&Bytes> {
        match &self.0 {
            Repr::Raw(bytes) => Some(bytes),
            Repr::Map(_) => None,
        }
    }

    /// Appends the MessagePack bytes.
    pub(crate) fn write(&self, writer: &mut Writer<'_>) {
        match &self.0 {
            Repr::Raw(bytes) => writer.raw_shared(bytes),
            Repr::Map(map) => writer.entries(map),
        }
    }
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_value().fmt(f)
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.to_value() == other.to_value()
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(Self::from)
    }
}

impl From<Map> for Body {
    fn from(map: Map) -> Self {
        Self(Repr::Map(map))
    }
}

/// What can be given as the body of a call: a [`Body`], a [`Map`], `json!({…})`, or a reference to any serde type.
pub trait IntoBody {
    /// Makes the body.
    ///
    /// # Errors
    /// When the value cannot be encoded or is no map.
    fn into_body(self) -> Result<Body, InvalidField>;
}

impl IntoBody for Body {
    fn into_body(self) -> Result<Body, InvalidField> {
        Ok(self)
    }
}

impl IntoBody for Map {
    fn into_body(self) -> Result<Body, InvalidField> {
        Ok(self.into())
    }
}

impl IntoBody for serde_json::Value {
    fn into_body(self) -> Result<Body, InvalidField> {
        Body::encode(&self)
    }
}

impl<T: Serialize + ?Sized> IntoBody for &T {
    fn into_body(self) -> Result<Body, InvalidField> {
        Body::encode(self)
    }
}

/// The bytes of the value under a text key of a checked map, the last one where the key is there twice.
pub(crate) fn find<'a>(map: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let mut found = None;
    entries(map, |other, value| {
        if text(other) == key.as_bytes() {
            found = Some(value);
        }
    });
    found
}

/// Goes through the keys and values of a checked map; gives nothing when the bytes are no map.
#[inline(always)]
pub(crate) fn entries<'a>(map: &'a [u8], mut entry: impl FnMut(&'a [u8], &'a [u8])) -> Option<()> {
    let Some((true, length, mut rest)) = container(map) else {
        return None;
    };
    for left in (0..length).rev() {
        let (key, behind) = split_value(rest)?;
        // The last value, often the largest, is what is left.
        let (value, behind) = if left == 0 { (behind, &[][..]) } else { split_value(behind)? };
        entry(key, value);
        rest = behind;
    }
    Some(())
}

/// Goes through the elements of a checked list; gives nothing when the bytes are no list.
#[inline(always)]
pub(crate) fn elements(list: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let Some((false, length, mut rest)) = container(list) else {
        return None;
    };
    let elements = (0..length).rev().map_while(move |left| {
        let (element, behind) = if left == 0 { (rest, &[][..]) } else { split_value(rest)? };
        rest = behind;
        Some(element)
    });
    Some(elements)
}
