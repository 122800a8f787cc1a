//! Rust types as MessagePack, and back.

use std::{collections::BTreeMap, fmt::Debug};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use soa_common::{
    Amount, Body, Date, DateTime, Decimal, Integer, InvalidField, Map, Time, UtcDateTime, Value,
    msgpack::{self, MAX_DEPTH},
};

/// A Rust value is written as this value is, and read back as it was.
#[expect(clippy::needless_pass_by_value, reason = "tables of values read better")]
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(typed: T, value: impl Into<Value>) {
    let value = value.into();
    let wire = msgpack::encode(&typed).unwrap();
    assert_eq!(Value::from_msgpack(&wire).unwrap(), value);
    assert_eq!(msgpack::encode(&value).unwrap(), wire, "{typed:?} takes its shortest form");
    assert_eq!(msgpack::decode::<T>(&wire).unwrap(), typed);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Empty,
    Circle(f64),
    Line(i64, i64),
    Square { side: u8 },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Wrapped(u32);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Everything {
    date: Date,
    time: Option<Time>,
    naive: DateTime,
    utc: UtcDateTime,
    price: Amount,
    factors: Vec<Decimal>,
    any: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    absent: Option<String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    number: i64,
    #[serde(flatten)]
    rest: BTreeMap<String, i64>,
}

#[derive(Serialize, Deserialize)]
struct Nested(Option<Box<Nested>>, ());

#[test]
fn types_are_written_as_equal_values_are() {
    check((), Value::Null);
    check(Integer::from(u64::MAX), u64::MAX);
    check(Integer::from(i64::MIN), i64::MIN);
    check(vec![Integer::from(7)], vec![Value::from(7)]);
    check(Unit, Value::Null);
    check(Some(7_u8), 7);
    check(None::<u8>, Value::Null);
    check(u64::MAX, u64::MAX);
    check(i64::MIN, i64::MIN);
    check(i128::from(i64::MIN), i64::MIN);
    check(u128::from(u64::MAX), u64::MAX);
    check(1.5_f32, 1.5);
    check('é', "é");
    check(Wrapped(7), 7);
    check((1, "a".to_owned(), false), Value::List(vec![1.into(), "a".into(), false.into()]));
    check(BTreeMap::from([(-1_i64, "a".to_owned()), (300, "b".to_owned())]), Map::from([(-1, "a"), (300, "b")]));
    check(vec![1_u8, 2], Value::List(vec![1.into(), 2.into()]));
    check(Shape::Empty, "Empty");
    check(Shape::Circle(0.5), Map::from([("Circle", 0.5)]));
    check(Shape::Line(1, 2), Map::from([("Line", Value::List(vec![1.into(), 2.into()]))]));
    check(Shape::Square { side: 3 }, Map::from([("Square", Map::from([("side", 3)]))]));
    // The length of a flattened map is not known before its end.
    let rest = (0..20).map(|number| (format!("{number:02}"), number)).collect::<BTreeMap<_, _>>();
    let map: Map = [("number".to_owned(), 7)].into_iter().chain(rest.clone()).collect();
    check(Flat { number: 7, rest }, map);
}

#[test]
fn bytes_and_texts_of_types_are_told_apart() {
    struct Bytes(Vec<u8>);
    impl Serialize for Bytes {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(&self.0)
        }
    }
    assert_eq!(msgpack::encode(&Bytes(vec![1, 2])).unwrap(), [0xc4, 2, 1, 2]);
    let address: std::net::Ipv4Addr = [127, 0, 0, 1].into();
    check(address, "127.0.0.1");
}

#[test]
fn wire_types_stand_in_structs() {
    let (date, time) = (Date::new(2019, 3, 7).unwrap(), Time::new(1, 2, 3, 4).unwrap());
    let (naive, utc) = (DateTime::new(date, time), UtcDateTime::new(date, time));
    let (price, factor) = (Amount::new("USD", 1599).unwrap(), "1.50".parse::<Decimal>().unwrap());
    let any = Value::List(vec![date.into(), b"x".to_vec().into(), Map::from([(1, utc)]).into()]);
    let map = Map::from([
        ("date", Value::from(date)),
        ("time", time.into()),
        ("naive", naive.into()),
        ("utc", utc.into()),
        ("price", price.into()),
        ("factors", Value::List(vec![factor.clone().into()])),
        ("any", any.clone()),
    ]);
    check(Everything { date, time: Some(time), naive, utc, price, factors: vec![factor], any, absent: None }, map);
}

#[test]
fn what_the_protocol_cannot_carry_is_refused() {
    let check = |result: Result<Vec<u8>, InvalidField>, expected: &str| {
        assert_eq!(result.unwrap_err().to_string(), expected);
    };
    check(msgpack::encode(&i128::MIN), &format!("the integer {} takes more than 64 bits", i128::MIN));
    check(msgpack::encode(&u128::MAX), &format!("the integer {} takes more than 64 bits", u128::MAX));
    let mut deep = Nested(None, ());
    for _ in 1..MAX_DEPTH {
        deep = Nested(Some(Box::new(deep)), ());
    }
    assert!(msgpack::encode(&deep).is_ok());
    check(msgpack::encode(&Nested(Some(Box::new(deep)), ())), "lists and maps nest deeper than 128");
    check(Body::encode(&7).map(|_| vec![]), "found an integer; a body is a map, or null for an empty one");
}

#[test]
fn typed_decoding_survives_nesting_and_wrong_types() {
    let nested = |depth: usize| [[0x92].repeat(depth), vec![0xc0], vec![0xc0; depth]].concat();
    assert!(msgpack::decode::<Nested>(&nested(MAX_DEPTH)).is_ok());
    assert!(msgpack::decode::<Nested>(&nested(100_000)).is_err());
    assert!(msgpack::decode::<Value>(&[0x91].repeat(100_000)).is_err());
    assert!(msgpack::decode::<Vec<u64>>(&[0xdd, 0xff, 0xff, 0xff, 0xff]).is_err());
    assert!(msgpack::decode::<Date>(&[0xd6, 1, 0, 0, 0, 0]).is_err());
    assert!(msgpack::decode::<Date>(&msgpack::encode("2019-03-07").unwrap()).is_err());
    assert!(msgpack::decode::<i8>(&msgpack::encode(&300).unwrap()).is_err());
    assert!(msgpack::decode::<u64>(&msgpack::encode(&-1).unwrap()).is_err());
}
