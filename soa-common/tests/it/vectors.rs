//! Every value of the original's MessagePack serializer, decoded and encoded again.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value as Json;
use soa_common::{Amount, Date, DateTime, Map, Time, UtcDateTime, Value, msgpack};

pub(crate) fn vectors(file: &str) -> Json {
    let path = format!("{}/tests/vectors/{file}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

pub(crate) fn bytes(base64: &Json) -> Vec<u8> {
    BASE64_STANDARD.decode(base64.as_str().unwrap()).unwrap()
}

#[test]
fn good_values_decode_to_what_they_are_and_encode_to_the_same_bytes() {
    let vectors = vectors("msgpack");
    let good = vectors["good"].as_array().unwrap();
    assert_eq!(good.len(), 30);
    for vector in good {
        let name = vector["name"].as_str().unwrap();
        let wire = bytes(&vector["msgpack_of_map_with_key_v"]);
        let value = Value::from_msgpack(&wire).unwrap();
        let expected = expected(name, &vector["value"]);
        // By text: a float NaN or a decimal NaN equals itself there.
        assert_eq!(format!("{value:?}"), format!("{:?}", Value::Map(expected)), "{name}");

        let mut out = Vec::new();
        msgpack::Writer::new(&mut out).value(&value);
        assert_eq!(out, wire, "{name}: written");
        assert_eq!(msgpack::encode(&value).unwrap(), wire, "{name}: through serde");
        let decoded: Value = msgpack::decode(&wire).unwrap();
        assert_eq!(format!("{decoded:?}"), format!("{value:?}"), "{name}: through serde");
    }
}

#[test]
fn bad_values_are_refused() {
    let vectors = vectors("msgpack");
    let bad = vectors["bad"].as_array().unwrap();
    assert_eq!(bad.len(), 7);
    for vector in bad {
        let wire = bytes(&vector["bytes"]);
        assert!(msgpack::check(&wire).is_err(), "{}", vector["name"]);
        assert!(Value::from_msgpack(&wire).is_err(), "{}", vector["name"]);
    }
}

fn expected(name: &str, value: &Json) -> Map {
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    let text = || value.as_str().unwrap();
    let value = match kind.as_str() {
        "nil" => Value::Null,
        "bool" => value.as_bool().unwrap().into(),
        "int" => match value.to_string().trim_matches('"') {
            negative if negative.starts_with('-') => negative.parse::<i64>().unwrap().into(),
            positive => positive.parse::<u64>().unwrap().into(),
        },
        "float" => value.as_f64().unwrap().into(),
        "str" => text().into(),
        "str_len" => match value.as_u64().unwrap() {
            32 => format!("{}y", "x".repeat(31)).into(),
            length => "z".repeat(length as usize).into(),
        },
        "bytes" => bytes(value).into(),
        "list" => Value::List(vec![1.into(), "a".into(), Value::Null]),
        "map" if name == "nested" => {
            let inner = Value::from(Map::from([("c", b"x".to_vec())]));
            Map::from([("a", Map::from([("b", Value::List(vec![1.into(), inner]))]))]).into()
        }
        "map" => Map::from([(1, "a"), (2, "b")]).into(),
        "date" => date(text()).into(),
        "time" => time(text()).into(),
        "datetime" => DateTime::new(date(&text()[..10]), time(&text()[11..])).into(),
        "datetime_utc" => UtcDateTime::new(date(&text()[..10]), time(text()[11..].trim_end_matches('Z'))).into(),
        "decimal" => Value::Decimal(text().parse().unwrap()),
        "amount" => Amount::new(value["currency"].as_str().unwrap(), value["minor"].as_i64().unwrap()).unwrap().into(),
        other => panic!("unknown kind {other}"),
    };
    return Map::from([("v", value)]);

    fn date(text: &str) -> Date {
        let part = |range: std::ops::Range<usize>| text[range].parse::<u16>().unwrap();
        Date::new(part(0..4), part(5..7) as u8, part(8..10) as u8).unwrap()
    }

    fn time(text: &str) -> Time {
        let part = |range: std::ops::Range<usize>| text[range].parse::<u8>().unwrap();
        let microsecond = text.get(9..).map_or(0, |digits| digits.parse().unwrap());
        Time::new(part(0..2), part(3..5), part(6..8), microsecond).unwrap()
    }
}
