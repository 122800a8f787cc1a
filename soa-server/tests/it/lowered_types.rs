//! The Rust types whose JSON Schemas are recorded: today's schemars must say of them what it said then.

#![allow(dead_code, reason = "the types are only described, never made")]

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    num::NonZeroU8,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use schemars::JsonSchema;
use soa_server::schema::{Lowered, SchemaError};

/// What a type says of itself, by the name and the direction of its case.
pub(super) fn lowered(name: &str, direction: &str) -> Result<Lowered, SchemaError> {
    macro_rules! of {
        ($($name:literal => $type:ty),* $(,)?) => {
            match (name, direction) {
                $(($name, "input") => Lowered::input::<$type>(),
                ($name, _) => Lowered::output::<$type>(),)*
                _ => panic!("no type is named {name}"),
            }
        };
    }
    of!(
        "Square" => Square, "Ranges" => Ranges, "Colour" => Colour, "Plain" => Plain, "Tagged" => Tagged,
        "External" => External, "Untagged" => Untagged, "Adjacent" => Adjacent, "Strict" => Strict, "Flat" => Flat,
        "FlatMap" => FlatMap, "Maps" => Maps, "Scalars" => Scalars, "Libs" => Libs, "Cols" => Cols, "Tree" => Tree,
        "Wrap" => Wrap, "UseNew" => UseNew, "Dep" => Dep, "Empty" => Empty, "unit" => (),
        "Value" => serde_json::Value, "OptInner" => Option<Inner>,
    )
}

/// inner doc
#[derive(JsonSchema)]
struct Inner {
    z: bool,
}

/// Squares a number.
#[derive(JsonSchema)]
struct Square {
    /** The number to square
    second line */
    number: i64,
    /// A note
    note: Option<String>,
    #[serde(default)]
    d: u8,
    #[serde(default = "five")]
    e: u64,
}

fn five() -> u64 {
    5
}

#[derive(JsonSchema)]
struct Ranges {
    #[schemars(range(min = 1, max = 10))]
    a: i32,
    #[schemars(range(min = 0.5))]
    b: f64,
    #[schemars(length(min = 1, max = 5))]
    s: String,
    #[schemars(length(max = 3))]
    v: Vec<i32>,
    #[schemars(regex(pattern = r"^a+$"))]
    r: String,
    #[schemars(email)]
    m: String,
    #[schemars(url)]
    u: String,
    #[schemars(length(equal = 2))]
    q: String,
    #[schemars(inner(length(min = 1)))]
    w: Vec<String>,
    #[schemars(contains(pattern = "x"))]
    c: String,
    #[schemars(extend("exclusiveMinimum" = 0))]
    x: f64,
    #[schemars(range(min = 1, max = 10))]
    oa: Option<i32>,
    #[schemars(length(min = 1))]
    os: Option<String>,
}

/// Colours
#[derive(JsonSchema)]
enum Colour {
    /// red one
    Red,
    #[serde(rename = "green")]
    Green,
}

#[derive(JsonSchema)]
enum Plain {
    A,
    B,
}

#[derive(JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Tagged {
    /// Cat doc
    Cat {
        lives: u8,
    },
    Dog {
        name: String,
    },
    Unit,
    New(Inner),
}

#[derive(JsonSchema)]
enum External {
    Unit,
    New(i32),
    Tup(i32, String),
    Struct { a: i32 },
}

#[derive(JsonSchema)]
#[serde(untagged)]
enum Untagged {
    I(i64),
    S(String),
}

#[derive(JsonSchema)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    A(i32),
    B { x: i32 },
    U,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct Strict {
    z: bool,
}

#[derive(JsonSchema)]
struct Flat {
    a: i32,
    #[serde(flatten)]
    rest: Inner,
}

#[derive(JsonSchema)]
struct FlatMap {
    a: i32,
    #[serde(flatten)]
    rest: HashMap<String, serde_json::Value>,
}

#[derive(JsonSchema)]
struct Maps {
    a: HashMap<String, i32>,
    b: BTreeMap<u32, String>,
    c: BTreeMap<i64, Inner>,
    d: HashMap<String, serde_json::Value>,
    e: HashMap<Plain, i32>,
    f: serde_json::Map<String, serde_json::Value>,
}

#[derive(JsonSchema)]
struct Scalars {
    a: bool,
    b: u8,
    c: i16,
    d: u64,
    e: i128,
    f: f32,
    g: char,
    h: String,
    i: (),
    j: serde_json::Value,
    k: Box<i32>,
    l: Arc<str>,
    m: usize,
    n: serde_json::Number,
    o: IpAddr,
    p: Ipv4Addr,
    q: Duration,
    r: NonZeroU8,
    s: Ipv6Addr,
    t: PathBuf,
    u: Cow<'static, str>,
}

#[derive(JsonSchema)]
struct Libs {
    a: chrono::NaiveDate,
    b: chrono::NaiveTime,
    c: chrono::NaiveDateTime,
    d: chrono::DateTime<chrono::Utc>,
    e: rust_decimal::Decimal,
    f: bytes::Bytes,
    g: uuid::Uuid,
    h: Vec<u8>,
    i: chrono::DateTime<chrono::FixedOffset>,
    j: Option<rust_decimal::Decimal>,
    k: Option<bytes::Bytes>,
}

#[derive(JsonSchema)]
struct Cols {
    a: Vec<String>,
    b: BTreeSet<i32>,
    c: [u8; 3],
    d: (i32, String),
    e: Option<Vec<Inner>>,
    f: VecDeque<i32>,
    g: Option<Inner>,
    h: Option<Colour>,
    i: Option<Plain>,
    j: Option<serde_json::Value>,
    k: Option<Option<i32>>,
    l: Option<Untagged>,
    m: Option<Tagged>,
}

#[derive(JsonSchema)]
struct Tree {
    v: i32,
    kids: Vec<Tree>,
}

#[derive(JsonSchema)]
struct Wrap {
    t: Tree,
    o: Option<Box<Wrap>>,
}

/// new doc
#[derive(JsonSchema)]
struct NewT(#[schemars(range(min = 3))] u32);

#[derive(JsonSchema)]
#[serde(transparent)]
struct Transp {
    text: String,
}

#[derive(JsonSchema)]
struct UnitS;

#[derive(JsonSchema)]
struct TupS(i32, String);

#[derive(JsonSchema)]
struct UseNew {
    /// field doc
    n: NewT,
    i: Inner,
    /// on inner
    j: Inner,
    t: Transp,
    u: UnitS,
    tt: TupS,
}

#[derive(JsonSchema)]
enum Const {
    #[serde(rename = "only")]
    Only,
}

#[derive(JsonSchema)]
struct Dep {
    #[deprecated]
    a: i32,
    #[serde(skip)]
    b: i32,
    #[serde(rename = "cc", alias = "x")]
    c: i32,
    #[schemars(title = "T")]
    d: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<i32>,
    #[schemars(required)]
    f: Option<i32>,
    #[schemars(with = "bytes::Bytes")]
    g: Vec<u8>,
    #[schemars(extend("x-soa" = "decimal"))]
    h: String,
    #[serde(rename = "type")]
    ty: Const,
}

#[derive(JsonSchema)]
struct Empty {}
