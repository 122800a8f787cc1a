//! What schemars says of the values of the protocol. The key `x-soa` names the field of Conformity that a JSON Schema has
//! no word for.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::{Amount, As, Body, Bytes, Date, DateTime, Decimal, Integer, Map, Time, UtcDateTime, Value};

macro_rules! json_schemas {
    ($($type:ident => $schema:tt),* $(,)?) => {$(
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn schema_id() -> Cow<'static, str> {
                concat!("soa_common::", stringify!($type)).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )*};
}

json_schemas!(
    Value => true,
    Body => true,
    Map => {"type": "object", "additionalProperties": true, "x-soa": "map"},
    Integer => {"type": "integer"},
    Date => {"type": "string", "format": "date", "x-soa": "date"},
    Time => {"type": "string", "format": "partial-time", "x-soa": "time"},
    DateTime => {"type": "string", "format": "partial-date-time", "x-soa": "datetime"},
    UtcDateTime => {"type": "string", "format": "date-time", "x-soa": "datetime"},
    Decimal => {"type": "string", "x-soa": "decimal"},
    Amount => {"type": "string", "x-soa": "amount"},
);

/// What travels as another type is described as that type.
macro_rules! travelling {
    ($([$($generic:ident)?] $wire:ty => $described:ty),* $(,)?) => {$(
        impl$(<$generic>)? JsonSchema for As<$wire> $(where As<$generic>: JsonSchema)? {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                <$described>::schema_name()
            }

            fn schema_id() -> Cow<'static, str> {
                <$described>::schema_id()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                <$described>::json_schema(generator)
            }
        }
    )*};
}

travelling!(
    [] Date => Date,
    [] Time => Time,
    [] DateTime => DateTime,
    [] UtcDateTime => UtcDateTime,
    [] Decimal => Decimal,
    [W] Option<W> => Option<As<W>>,
    [W] Vec<W> => Vec<As<W>>,
);

impl JsonSchema for As<Bytes> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Bytes".into()
    }

    fn schema_id() -> Cow<'static, str> {
        "soa_common::As<Bytes>".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "x-soa": "bytes"})
    }
}
