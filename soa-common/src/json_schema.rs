//! What schemars says of the values of the protocol. The key `x-soa` names the field of Conformity that a JSON Schema has
//! no word for.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::{Amount, Body, Date, DateTime, Decimal, Integer, Map, Time, UtcDateTime, Value};

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
