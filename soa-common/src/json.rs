//! The JSON form of values for people: command lines, logs, gateways (`docs/protocol.md`, JSON form for people).
//!
//! It is not the JSON of the wire, which carries no dates, decimals, amounts or bytes at all
//! ([`Serializer::Json`](crate::serializer::Serializer::Json)).
//!
//! ```
//! use soa_common::{Value, json};
//!
//! let body = json::from_json(serde_json::json!({"price": {"$amount": ["USD", 1599]}, "day": {"$date": "2019-03-07"}}))?;
//! assert_eq!(json::to_json(&body).to_string(), r#"{"price":"USD 15.99","day":"2019-03-07"}"#);
//! # Ok::<(), soa_common::InvalidField>(())
//! ```

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value as Json, json};

use crate::{Amount, InvalidField, InvalidMessage, Map, UtcDateTime, Value};

/// A value as people read it: dates and times in ISO 8601, decimals, amounts, NaN and infinities as text, bytes as
/// `{"$bytes": base64}`, keys as text.
#[must_use]
pub fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Integer(value) => match value.as_i64() {
            Some(value) => value.into(),
            None => value.as_u64().into(),
        },
        Value::Float(value) if value.is_finite() => (*value).into(),
        Value::Bytes(value) => json!({ "$bytes": BASE64_STANDARD.encode(value) }),
        Value::List(values) => values.iter().map(to_json).collect(),
        Value::Map(map) => map.iter().map(|(key, value)| (text(key), to_json(value))).collect(),
        _ => Json::String(text(value)),
    }
}

/// Reads JSON that people wrote: as it stands, except that a map with the one key `$bytes`, `$date`, `$time`,
/// `$datetime` (in UTC with a `Z` behind it), `$decimal` or `$amount` is the value it names.
///
/// # Errors
/// When such a map does not hold such a value; the text names the path.
pub fn from_json(json: Json) -> Result<Value, InvalidField> {
    read(json, &mut Vec::new())
}

/// A scalar as text, as keys are.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Text(value) => value.clone(),
        Value::Float(value) if value.is_infinite() => if *value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned(),
        Value::Float(value) => format!("{value:?}"),
        Value::Date(value) => value.to_string(),
        Value::Time(value) => value.to_string(),
        Value::DateTime(value) => value.to_string(),
        Value::UtcDateTime(value) => value.to_string(),
        Value::Decimal(value) => value.to_string(),
        Value::Amount(value) => value.to_string(),
        // As keys: no map from the wire has a list or a map as a key.
        Value::Bytes(value) => BASE64_STANDARD.encode(value),
        _ => to_json(value).to_string(),
    }
}

fn read(json: Json, path: &mut Vec<String>) -> Result<Value, InvalidField> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => value.into(),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => number.into(),
            (_, Some(number)) => number.into(),
            // Without serde_json's arbitrary precision, what is no integer is a float.
            _ => number.as_f64().into(),
        },
        Json::String(text) => text.into(),
        Json::Array(elements) => {
            let mut values = Vec::with_capacity(elements.len());
            for (index, element) in elements.into_iter().enumerate() {
                values.push(step(element, index.to_string(), path)?);
            }
            values.into()
        }
        Json::Object(object) => {
            if let Some((kind, value)) = object.iter().next().filter(|_| object.len() == 1)
                && let Some(special) = special(kind, value)
            {
                path.push(kind.clone());
                return special.map_err(|error| InvalidField::new(format!("{}: {error}", path.join("."))));
            }
            let mut map = Map::new();
            for (key, value) in object {
                let value = step(value, key.clone(), path)?;
                map.push(key, value);
            }
            map.into()
        }
    })
}

fn step(json: Json, step: String, path: &mut Vec<String>) -> Result<Value, InvalidField> {
    path.push(step);
    let value = read(json, path)?;
    path.pop();
    Ok(value)
}

/// The value that `{"$kind": json}` stands for; `None` when there is no such kind.
fn special(kind: &str, json: &Json) -> Option<Result<Value, InvalidMessage>> {
    let read: fn(&str) -> Result<Value, InvalidMessage> = match kind {
        "$amount" => return Some(amount(json)),
        "$bytes" => |text: &str| {
            let bytes = BASE64_STANDARD.decode(text);
            bytes.map(Value::Bytes).map_err(|_| InvalidMessage::new("the text is not base64, with its padding"))
        },
        "$date" => |text: &str| text.parse().map(Value::Date),
        "$time" => |text: &str| text.parse().map(Value::Time),
        "$decimal" => |text: &str| text.parse().map(Value::Decimal),
        "$datetime" => |text: &str| match text.parse::<UtcDateTime>() {
            Ok(utc) => Ok(utc.into()),
            Err(_) => text.parse().map(Value::DateTime),
        },
        _ => return None,
    };
    Some(json.as_str().ok_or_else(|| InvalidMessage::new(format!("{json} is not a text"))).and_then(read))
}

fn amount(json: &Json) -> Result<Value, InvalidMessage> {
    let amount = match json.as_array().map(Vec::as_slice) {
        Some([currency, minor]) => currency.as_str().zip(minor.as_i64()),
        _ => None,
    };
    amount
        .and_then(|(currency, minor)| Amount::new(currency, minor))
        .map(Value::Amount)
        .ok_or_else(|| InvalidMessage::new(format!("{json} is not an amount such as [\"USD\", 1599], in minor units")))
}
