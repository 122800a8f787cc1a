//! The JSON form of values that the Python peers speak: `{"$tag": …}` for what JSON has no word for.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value as Json, json};
use soa_common::{Amount, Date, DateTime, Integer, Map, Time, UtcDateTime, Value};

const TAGS: [&str; 9] =
    ["$date", "$datetime", "$datetime_utc", "$time", "$decimal", "$amount", "$bytes", "$float", "$map"];

/// The value that a tagged JSON stands for.
pub(crate) fn decode(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => (*value).into(),
        Json::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(value), _) => value.into(),
            (None, Some(value)) => value.into(),
            (None, None) => number.as_f64().unwrap().into(),
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => Value::List(items.iter().map(decode).collect()),
        Json::Object(entries) => match tag(entries) {
            Some((tag, inner)) => decode_tag(tag, inner),
            None => Value::Map(entries.iter().map(|(key, value)| (key.as_str(), decode(value))).collect()),
        },
    }
}

/// The map that a tagged JSON stands for.
#[track_caller]
pub(crate) fn decode_map(json: &Json) -> Map {
    match decode(json) {
        Value::Map(map) => map,
        Value::Null => Map::new(),
        other => panic!("{other:?} is no map"),
    }
}

/// The tagged JSON of a value, spelled as the Python peers spell it.
pub(crate) fn encode(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Integer(value) => encode_integer(*value),
        Value::Float(value) if value.is_nan() => json!({"$float": "nan"}),
        Value::Float(value) if value.is_infinite() => json!({"$float": value.to_string()}),
        Value::Float(value) => json!(value),
        Value::Text(text) => json!(text),
        Value::Bytes(bytes) => json!({"$bytes": BASE64_STANDARD.encode(bytes)}),
        Value::List(items) => items.iter().map(encode).collect(),
        Value::Map(map) => encode_map(map),
        Value::Date(value) => json!({"$date": value.to_string()}),
        Value::Time(value) => json!({"$time": value.to_string()}),
        Value::DateTime(value) => json!({"$datetime": value.to_string()}),
        Value::UtcDateTime(value) => json!({"$datetime_utc": value.to_string().trim_end_matches('Z')}),
        Value::Decimal(value) => json!({"$decimal": value.as_str()}),
        Value::Amount(value) => json!({"$amount": [value.currency(), value.minor()]}),
        other => panic!("{other:?} has no tag"),
    }
}

fn tag(entries: &serde_json::Map<String, Json>) -> Option<(&str, &Json)> {
    let (tag, inner) = entries.iter().next().filter(|_| entries.len() == 1)?;
    TAGS.contains(&tag.as_str()).then_some((tag, inner))
}

fn decode_tag(tag: &str, inner: &Json) -> Value {
    let text = || inner.as_str().unwrap();
    match tag {
        "$date" => date(text()).into(),
        "$time" => time(text()).into(),
        "$datetime" => DateTime::new(date(text()), time(text())).into(),
        "$datetime_utc" => UtcDateTime::new(date(text()), time(text())).into(),
        "$decimal" => Value::Decimal(text().parse().unwrap()),
        "$amount" => Amount::new(inner[0].as_str().unwrap(), inner[1].as_i64().unwrap()).unwrap().into(),
        "$bytes" => BASE64_STANDARD.decode(text()).unwrap().into(),
        "$float" => text().parse::<f64>().unwrap().into(),
        _ => Value::Map(inner.as_array().unwrap().iter().map(|pair| (decode(&pair[0]), decode(&pair[1]))).collect()),
    }
}

/// The date at the start of `2020-01-31T23:59:59`.
fn date(text: &str) -> Date {
    let [year, month, day] = numbers(text.split('T').next().unwrap(), '-');
    Date::new(year.try_into().unwrap(), month.try_into().unwrap(), day.try_into().unwrap()).unwrap()
}

/// The time at the end of `2020-01-31T23:59:59.000001`.
fn time(text: &str) -> Time {
    let text = text.split('T').next_back().unwrap();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let [hour, minute, second] = numbers(whole, ':').map(|number| number.try_into().unwrap());
    Time::new(hour, minute, second, format!("{fraction:0<6}").parse().unwrap()).unwrap()
}

fn numbers(text: &str, separator: char) -> [u32; 3] {
    let numbers: Vec<_> = text.split(separator).map(|number| number.parse().unwrap()).collect();
    numbers.try_into().unwrap()
}

fn encode_integer(value: Integer) -> Json {
    match (value.as_u64(), value.as_i64()) {
        (Some(value), _) => json!(value),
        (None, value) => json!(value),
    }
}

fn encode_map(map: &Map) -> Json {
    let entries: Option<serde_json::Map<_, _>> =
        map.iter().map(|(key, value)| Some((key.as_str()?.to_owned(), encode(value)))).collect();
    match entries {
        Some(entries) if tag(&entries).is_none() => Json::Object(entries),
        _ => {
            let pairs: Json = map.iter().map(|(key, value)| json!([encode(key), encode(value)])).collect();
            json!({"$map": pairs})
        }
    }
}
