//! The values of the vectors: objects with one key, the type.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value as Json;
use soa_common::{Amount, Map, Value, msgpack::Writer};

/// The MessagePack of a value.
pub(crate) fn raw(value: &Value) -> Vec<u8> {
    let mut raw = Vec::new();
    Writer::new(&mut raw).value(value);
    raw
}

/// A value in the encoding of the vectors; `None` for what cannot travel or is of a type no test here is about.
pub(crate) fn value(json: &Json) -> Option<Value> {
    let (kind, json) = json.as_object()?.iter().next()?;
    Some(match kind.as_str() {
        "nil" => Value::Null,
        "bool" => json.as_bool()?.into(),
        "int" => match json.as_str() {
            Some(digits) => digits.parse::<u64>().ok()?.into(),
            None => json.as_i64()?.into(),
        },
        "float" => match json.as_str() {
            Some(text) => text.parse::<f64>().ok()?.into(),
            None => json.as_f64()?.into(),
        },
        "str" => json.as_str()?.into(),
        "bytes" => BASE64_STANDARD.decode(json.as_str()?).ok()?.into(),
        "decimal" => Value::Decimal(json.as_str()?.parse().ok()?),
        "date" => Value::Date(json.as_str()?.parse().ok()?),
        "time" => Value::Time(json.as_str()?.parse().ok()?),
        "datetime" => Value::DateTime(json.as_str()?.parse().ok()?),
        "datetime_utc" => Value::UtcDateTime(json.as_str()?.parse().ok()?),
        "amount" => Amount::new(json["currency"].as_str()?, json["minor"].as_i64()?)?.into(),
        // The wire has lists for all of them.
        "list" | "set" | "tuple" => json.as_array()?.iter().map(value).collect::<Option<Vec<_>>>()?.into(),
        "map" => {
            let entries = json.as_array()?.iter().map(|entry| Some((value(&entry[0])?, value(&entry[1])?)));
            entries.collect::<Option<Map>>()?.into()
        }
        _ => return None,
    })
}
