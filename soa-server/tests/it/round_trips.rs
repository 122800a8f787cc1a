//! What a type encodes is accepted by both of its schemas and decodes to the same value.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Debug,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    num::NonZeroU8,
    time::{Duration, SystemTime},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use soa_common::{Amount, Body, Date, Integer, Map, Value};
use soa_server::schema::Schema;

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Holder<T> {
    value: T,
}

fn check<T: Serialize + DeserializeOwned + JsonSchema + PartialEq + Debug>(values: impl IntoIterator<Item = T>) {
    let (input, output) = (Schema::of::<Holder<T>>().unwrap(), Schema::of_output::<Holder<T>>().unwrap());
    for value in values {
        let holder = Holder { value };
        let body = Body::encode(&holder).unwrap();
        assert_eq!(output.validate(&body.to_msgpack()), [], "{holder:?}");
        assert_eq!(input.validate(&body.to_msgpack()), [], "{holder:?}");
        assert_eq!(body.decode::<Holder<T>>().unwrap(), holder);
    }
}

#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
enum Colour {
    Red,
    #[serde(rename = "blau")]
    Blue,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Inner {
    note: Option<String>,
}

fn inner() -> Inner {
    Inner { note: Some("x".to_owned()) }
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
enum External {
    Unit,
    Newtype(Option<u8>),
    Tuple(i32, String),
    Struct { inner: Inner },
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind")]
enum Internal {
    Unit,
    Newtype(Inner),
    Struct { a: i32 },
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "content")]
enum Adjacent {
    Unit,
    Newtype(Vec<u8>),
    Tuple(u8, bool),
    Struct { inner: Inner },
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Untagged {
    Struct { a: i32 },
    Text(String),
    List(Vec<i32>),
    Nothing,
}

#[test]
fn enums_come_back() {
    check([Colour::Red, Colour::Blue]);
    check([None, Some(Colour::Blue)]);
    let all = || {
        let structure = External::Struct { inner: inner() };
        [
            External::Unit,
            External::Newtype(None),
            External::Newtype(Some(1)),
            External::Tuple(1, String::new()),
            structure,
        ]
    };
    check(all());
    check([None].into_iter().chain(all().map(Some)));
    check([Internal::Unit, Internal::Newtype(inner()), Internal::Struct { a: -1 }]);
    check([None, Some(Internal::Unit)]);
    let structure = Adjacent::Struct { inner: inner() };
    check([Adjacent::Unit, Adjacent::Newtype(vec![255]), Adjacent::Tuple(1, true), structure]);
    check([Untagged::Struct { a: 1 }, Untagged::Text("x".to_owned()), Untagged::List(vec![]), Untagged::Nothing]);
    check([Ok::<i32, String>(1), Err("x".to_owned())]);
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct Renamed {
    my_field: u8,
    #[serde(alias = "old")]
    other_field: Vec<String>,
    #[serde(skip)]
    hidden: u8,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Flattened {
    a: i32,
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    rest: BTreeMap<String, i32>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Recursive {
    list: Vec<Self>,
    next: Option<Box<Self>>,
    map: BTreeMap<String, Self>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
struct Transparent(Vec<Inner>);

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Unit;

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Empty {}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Pair(i32, String);

#[test]
fn structs_come_back() {
    check([Renamed { my_field: 1, other_field: vec!["x".to_owned()], hidden: 0 }]);
    check([Flattened { a: 1, inner: inner(), rest: BTreeMap::from([("b".to_owned(), 2)]) }]);
    let leaf = || Recursive { list: vec![], next: None, map: BTreeMap::new() };
    let map = BTreeMap::from([("a".to_owned(), leaf())]);
    check([Recursive { list: vec![leaf(), leaf()], next: Some(Box::new(leaf())), map }]);
    check([Transparent(vec![inner()])]);
    check([Unit]);
    check([Empty {}]);
    check([Pair(1, "x".to_owned())]);
}

#[test]
fn types_of_the_standard_library_come_back() {
    check([i64::MIN, i64::MAX]);
    check([0, u64::MAX]);
    check([i128::from(i64::MIN), i128::from(u64::MAX)]);
    check([0.1_f32, f32::INFINITY]);
    check([NonZeroU8::MIN, NonZeroU8::MAX]);
    check(['é', '😀']);
    check([()]);
    check([None, Some(1)]);
    check(["1.2.3.4", "::1", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8"].map(|ip| ip.parse::<IpAddr>().unwrap()));
    check(["1::", "::", "fe80::1:0:0:1"].map(|ip| ip.parse::<Ipv6Addr>().unwrap()));
    check([SocketAddr::from(([1, 2, 3, 4], 80))]);
    check([Duration::new(1, 5)]);
    check([SystemTime::UNIX_EPOCH + Duration::new(5, 7)]);
    check([1..5, 5..5]);
    check([[1_u8; 3]]);
    check([(1, "x".to_owned(), None::<u8>)]);
    check([BTreeSet::from([1, 2])]);
    check([BTreeMap::from([(0_u64, "x".to_owned()), (u64::MAX, String::new())])]);
    check([BTreeMap::from([(i8::MIN, 1)])]);
    check([HashMap::from([(Colour::Blue, 1)])]);
    check([BTreeMap::from([('x', None::<i32>)])]);
}

#[test]
fn values_of_the_protocol_come_back() {
    check([Value::Null, Value::Bytes(vec![1]), Value::List(vec![1.into()])]);
    check([Map::from([("a", 1)])]);
    check([Integer::from(i64::MIN), Integer::from(u64::MAX)]);
    check([None, Date::new(2020, 2, 29)]);
    check([vec![Amount::new("EUR", 5)]]);
    check([serde_json::json!({"a": [1, null, "x", 1.5]}), serde_json::Value::Null]);
}
