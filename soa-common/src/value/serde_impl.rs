//! How values pass through serde: extensions travel as rmp-serde's extension struct, everything else as itself.

use std::fmt;

use rmp_serde::MSGPACK_EXT_STRUCT_NAME;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};

use super::{Amount, Date, DateTime, Decimal, Integer, Map, Time, UtcDateTime, Value};
use crate::{InvalidMessage, msgpack::ext};

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => value.serialize(serializer),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Bytes(value) => serializer.serialize_bytes(value),
            Self::List(values) => serializer.collect_seq(values),
            Self::Map(map) => map.serialize(serializer),
            Self::Date(value) => value.serialize(serializer),
            Self::Time(value) => value.serialize(serializer),
            Self::DateTime(value) => value.serialize(serializer),
            Self::UtcDateTime(value) => value.serialize(serializer),
            Self::Decimal(value) => value.serialize(serializer),
            Self::Amount(value) => value.serialize(serializer),
        }
    }
}

impl Serialize for Integer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.as_u64(), self.as_i64()) {
            (Some(value), _) => serializer.serialize_u64(value),
            (None, value) => serializer.serialize_i64(value.unwrap_or_default()),
        }
    }
}

impl Serialize for Map {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(key, value)| (key, value)))
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Integer(integer) => Ok(integer),
            _ => Err(de::Error::custom("expected an integer")),
        }
    }
}

impl<'de> Deserialize<'de> for Map {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Map(map) => Ok(map),
            _ => Err(de::Error::custom("expected a map")),
        }
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value of the protocol")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Value, E> {
        Ok(value.to_owned().into())
    }

    fn visit_byte_buf<E>(self, value: Vec<u8>) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(Value::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, value)) = entries.next_entry::<Value, Value>()? {
            map.push(key, value);
        }
        Ok(Value::Map(map))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let (kind, payload) = deserializer.deserialize_any(ExtVisitor)?;
        Value::from_ext(kind, &payload).map_err(de::Error::custom)
    }
}

struct ExtVisitor;

impl<'de> Visitor<'de> for ExtVisitor {
    type Value = (i8, Vec<u8>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an extension type of the protocol")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let kind = seq.next_element()?.ok_or_else(|| de::Error::custom("an extension without a type"))?;
        let payload: Payload = seq.next_element()?.ok_or_else(|| de::Error::custom("an extension without bytes"))?;
        Ok((kind, payload.0))
    }
}

/// Bytes that serde must see as bytes, not as a list of integers.
struct Payload(Vec<u8>);

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PayloadVisitor;
        impl Visitor<'_> for PayloadVisitor {
            type Value = Payload;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the bytes of an extension")
            }

            fn visit_bytes<E>(self, value: &[u8]) -> Result<Payload, E> {
                Ok(Payload(value.to_owned()))
            }
        }
        deserializer.deserialize_bytes(PayloadVisitor)
    }
}

struct ExtBytes<'a>(&'a [u8]);

impl Serialize for ExtBytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

macro_rules! wire_type {
    ($($type:ident, $kind:expr, |$value:ident| $payload:expr;)*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let $value = self;
                serializer.serialize_newtype_struct(MSGPACK_EXT_STRUCT_NAME, &($kind, ExtBytes(&$payload)))
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Extension;
                impl<'de> Visitor<'de> for Extension {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!("the protocol's ", stringify!($type)))
                    }

                    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<$type, D::Error> {
                        let (kind, payload) = deserializer.deserialize_any(ExtVisitor)?;
                        if kind != $kind {
                            return Err(de::Error::custom(format!(
                                "extension type {kind} found where {} is expected", stringify!($type)
                            )));
                        }
                        $type::from_wire(&payload).map_err(|error: InvalidMessage| de::Error::custom(error))
                    }
                }
                deserializer.deserialize_newtype_struct(MSGPACK_EXT_STRUCT_NAME, Extension)
            }
        }
    )*};
}

wire_type! {
    Date, ext::DATE, |value| value.to_wire();
    Time, ext::TIME, |value| value.to_wire();
    DateTime, ext::DATETIME, |value| value.microseconds().to_be_bytes();
    UtcDateTime, ext::UTC_DATETIME, |value| value.microseconds().to_be_bytes();
    Decimal, ext::DECIMAL, |value| value.to_wire();
    Amount, ext::AMOUNT, |value| value.to_wire();
}
