//! JSON payloads, in and out, as Python's `json` has them.

use bytes::Bytes;
use soa_common::{
    Amount, Date, DateTime, Decimal, Map, Time, UtcDateTime, Value,
    envelope::RequestEnvelope,
    msgpack::{MAX_DEPTH, Writer},
    serializer::Serializer,
};

fn read(json: impl Into<Bytes>) -> Result<Value, String> {
    let msgpack = Serializer::Json.to_msgpack(json.into()).map_err(|error| error.to_string())?;
    Ok(Value::from_msgpack(&msgpack).expect("a translation is valid"))
}

fn write(value: impl Into<Value>) -> Result<String, String> {
    let mut msgpack = Vec::new();
    Writer::new(&mut msgpack).value(&value.into());
    let json = Serializer::Json.from_msgpack(msgpack).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(json).unwrap())
}

#[test]
fn values_are_read() {
    let check = |json: &str, expected: Value| assert_eq!(read(json.to_owned()).unwrap(), expected, "{json}");
    check("null", Value::Null);
    check(" [true, false, \"\\u00e9\\ud83d\\ude00\"]\n", Value::List(vec![true.into(), false.into(), "é😀".into()]));
    check("[-9223372036854775808, 18446744073709551615]", Value::List(vec![i64::MIN.into(), u64::MAX.into()]));
    check("[1.0, 1e3, 1e300, 18446744073709551616.0]", {
        Value::List(vec![1.0.into(), 1e3.into(), 1e300.into(), 18_446_744_073_709_551_616.0.into()])
    });
    // To the last bit.
    check("[1795227614.198905, 5e-324, 0.1, 9007199254740993.0, 1.7976931348623157e308]", {
        Value::List(vec![
            1_795_227_614.198_905.into(),
            5e-324.into(),
            0.1.into(),
            9_007_199_254_740_992.0.into(),
            f64::MAX.into(),
        ])
    });
    // The last of equal keys counts, in the place of the first.
    check(r#"{"a": 1, "b": 2, "a": {"c": 3, "c": 4}}"#, {
        Map::from([("a", Value::from(Map::from([("c", 4)]))), ("b", 2.into())]).into()
    });
    let long: Vec<Value> = (0..70_000).map(Value::from).collect();
    check(&serde_json::to_string(&(0..70_000).collect::<Vec<_>>()).unwrap(), long.into());
    let wide: Map = (0..70_000).map(|key| (key.to_string(), key)).collect();
    let json: serde_json::Map<_, _> = (0..70_000).map(|key| (key.to_string(), key.into())).collect();
    check(&serde_json::Value::from(json).to_string(), wide.into());
}

#[test]
fn what_is_no_json_is_refused() {
    let check = |json: &[u8], expected: &str| {
        assert_eq!(read(json.to_owned()).unwrap_err(), expected, "{}", json.escape_ascii());
    };
    check(b"", "not JSON: EOF while parsing a value at line 1 column 0");
    check(b"[1]]", "not JSON: trailing characters at line 1 column 4");
    check(b"[\"\xff\"]", "not JSON: invalid unicode code point at line 1 column 3");
    check(b"[\"\\ud800\"]", "not JSON: unexpected end of hex escape at line 1 column 9");
    check(b"\xef\xbb\xbf{}", "not JSON: it starts with a byte order mark, which has to be left out");
    check(b"[NaN]", "not JSON: expected value at line 1 column 2; NaN and Infinity are not JSON");
    check(b"[\n1, -Infinity]", "not JSON: invalid number at line 2 column 5; NaN and Infinity are not JSON");
    check(b"[1e400]", "not JSON: number out of range at line 1 column 6");
    check(
        b"[\"18446744073709551616\\\"\", 1e300, 18446744073709551616]",
        "the integer at offset 34 of the JSON takes more than 64 bits",
    );
    check(b"[-9223372036854775809]", "the integer at offset 1 of the JSON takes more than 64 bits");
}

#[test]
fn depth_is_limited_as_for_messagepack() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(read(nested(MAX_DEPTH)).is_ok());
    let error = read(nested(MAX_DEPTH + 1)).unwrap_err();
    assert_eq!(error, "not JSON: lists and maps nest deeper than 128 at line 1 column 130");
    assert!(read("[".repeat(1_000_000)).is_err());

    let msgpack = |depth: usize| [vec![0x91; depth - 1], vec![0x90]].concat();
    assert_eq!(Serializer::Json.from_msgpack(msgpack(MAX_DEPTH)).unwrap(), nested(MAX_DEPTH).into_bytes());
    let error = Serializer::Json.from_msgpack(msgpack(MAX_DEPTH + 1)).unwrap_err().to_string();
    assert!(error.ends_with(": lists and maps nest deeper than 128"), "{error}");
}

#[test]
fn values_are_written_by_value_as_python_writes_them() {
    let check = |value: Value, expected: &str| assert_eq!(write(value).unwrap(), expected);
    check(Value::Null, "null");
    check(Value::List(vec![true.into(), i64::MIN.into(), u64::MAX.into(), 1.5.into()]), {
        "[true,-9223372036854775808,18446744073709551615,1.5]"
    });
    check("\"\n\u{1}é".into(), "\"\\\"\\n\\u0001é\"");
    let mut map = Map::new();
    map.push(1, "a");
    map.push(-2, 1);
    map.push(true, 2);
    map.push(Value::Null, 3);
    for float in [1.0, -0.0, 0.1, 0.0001, 0.00001, 1.5e-7, 1e15, 1e16, 1.25e300] {
        map.push(float, 4);
    }
    check(map.into(), {
        r#"{"1":"a","-2":1,"true":2,"null":3,"1.0":4,"-0.0":4,"0.1":4,"0.0001":4,"1e-05":4,"1.5e-07":4,"1000000000000000.0":4,"1e+16":4,"1.25e+300":4}"#
    });
}

#[test]
fn what_json_cannot_carry_is_refused_with_its_path() {
    let check = |value: Value, what: &str| {
        let body = Map::from([("list", Value::from(vec![Value::Null, value]))]);
        let expected = format!("body.list.1: JSON cannot carry {what}; MessagePack can");
        assert_eq!(write(Map::from([("body", body)])).unwrap_err(), expected);
    };
    let (date, time) = (Date::new(2019, 3, 7).unwrap(), Time::new(1, 2, 3, 4).unwrap());
    check(date.into(), "a date");
    check(time.into(), "a time");
    check(DateTime::new(date, time).into(), "a date-time");
    check(UtcDateTime::new(date, time).into(), "a date-time");
    check("1.5".parse::<Decimal>().unwrap().into(), "a decimal");
    check(Amount::new("USD", 1).unwrap().into(), "an amount");
    check(b"x".to_vec().into(), "bytes");
    check(f64::NAN.into(), "NaN");
    check(f64::NEG_INFINITY.into(), "-inf");
    assert_eq!(write(1.0 / 0.0).unwrap_err(), "JSON cannot carry inf; MessagePack can");

    let mut map = Map::new();
    map.push(b"x".to_vec(), 1);
    assert_eq!(write(map).unwrap_err(), "Bytes([120]): a JSON map cannot have this key");
}

#[test]
fn whoever_sent_json_that_cannot_be_read_can_be_told() {
    let json = r#"{"request_id": 7, "meta": {"reply_to": "service.a.b!c"}, "body": {"x": NaN}}"#;
    let (error, address) = RequestEnvelope::from_payload(Serializer::Json, &json.into()).unwrap_err();
    assert!(error.to_string().contains("NaN"));
    let address = address.unwrap();
    assert_eq!((address.request_id().as_str(), address.reply_to.as_deref()), ("7", Some("service.a.b!c")));
}
