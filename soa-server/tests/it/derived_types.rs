//! The corners of serde's and schemars' attributes.

#![expect(dead_code, reason = "the types are only described, never made")]

use std::collections::{BTreeMap, HashMap};

use schemars::{JsonSchema, JsonSchema_repr};
use serde_json::{Value as Json, json};
use soa_common::{Amount, As, Body, Map, Value};
use soa_server::schema::{Lowered, Schema};

use crate::lowering::introspection;

/// An expression.
///
/// With a
/// tree in it.
#[derive(JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Expression {
    Number { value: f64 },
    Negated { inner: Box<Expression> },
    Sum(Sum),
}

#[derive(JsonSchema)]
struct Sum {
    terms: Vec<Expression>,
}

#[test]
fn a_type_that_contains_itself_is_cut_at_the_first_repetition() {
    let tag = |name: &str| json!({"type": "constant", "values": [name]});
    check::<Expression>(&json!({
        "type": "polymorph",
        "switch_field": "kind",
        "contents_map": {
            "number": dictionary(&json!({"kind": tag("number"), "value": {"type": "float"}}), &[]),
            "negated": dictionary(&json!({"kind": tag("negated"), "inner": {"type": "anything"}}), &[]),
            "sum": dictionary(
                &json!({"kind": tag("sum"), "terms": {"type": "list", "contents": {"type": "anything"}}}),
                &[],
            ),
        },
    }));
    check::<Ping>(&dictionary(
        &json!({"pong": nullable(&dictionary(&json!({"ping": nullable(&json!({"type": "anything", "description": "back"}))}), &["ping"]))}),
        &["pong"],
    ));
    let documentation = Lowered::input::<Expression>().unwrap().documentation.unwrap();
    assert_eq!(documentation, "An expression.\n\nWith a\ntree in it.");
}

#[derive(JsonSchema)]
struct Ping {
    pong: Option<Box<Pong>>,
}

#[derive(JsonSchema)]
struct Pong {
    /// back
    ping: Option<Box<Ping>>,
}

/// A paragraph
/// of two lines.
///
/// Another one.
#[derive(JsonSchema)]
struct Answer {
    #[serde(rename(serialize = "out", deserialize = "in"))]
    renamed: bool,
    #[serde(skip_serializing)]
    secret: bool,
    #[serde(skip_deserializing)]
    id: bool,
    #[serde(default)]
    defaulted: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    left_out: Option<bool>,
    #[deprecated]
    old: Option<bool>,
}

#[test]
fn inputs_and_outputs_differ() {
    let boolean = json!({"type": "boolean"});
    let old = json!({"type": "nullable", "nullable": {"type": "boolean"}, "deprecated": true});
    check::<Answer>(&dictionary(
        &json!({
            "in": boolean, "secret": boolean, "defaulted": boolean, "left_out": nullable(&boolean), "old": old
        }),
        &["defaulted", "left_out", "old"],
    ));
    let mut output = dictionary(
        &json!({"out": boolean, "id": boolean, "defaulted": boolean, "left_out": nullable(&boolean), "old": old}),
        &["left_out", "old"],
    );
    output["description"] = "A paragraph of two lines.\n\nAnother one.".into();
    assert_eq!(introspection(&Schema::of_output::<Answer>().unwrap()), output.to_string());
}

#[derive(JsonSchema)]
struct Corners {
    /// Beside a type with a doc.
    optional_enum: Option<Colour>,
    number: Level,
    #[schemars(with = "f64", extend("x-soa" = "latitude"), range(min = -10, max = 200))]
    north: f64,
    #[schemars(extend("x-soa" = "currency", "enum" = ["EUR", "USD"]))]
    currency: String,
    #[schemars(extend("x-soa" = "not_blank"))]
    name: Option<String>,
    #[schemars(extend("x-soa" = "amount", "x-soa-gt" = 0))]
    price: Amount,
    #[serde(default, with = "As::<Option<soa_common::Date>>")]
    day: Option<chrono::NaiveDate>,
    own_bytes: Bytes,
    strange: Strange,
    maybe: MaybeUnit,
    by_colour: HashMap<Colour, bool>,
    by_code: BTreeMap<Code, bool>,
    #[serde(flatten)]
    rest: Map,
}

#[derive(JsonSchema)]
#[schemars(inline)]
enum Colour {
    Red,
    Green,
}

#[derive(JsonSchema_repr)]
#[repr(u8)]
enum Level {
    Low = 1,
    High = 10,
}

/// Not those of the crate of this name.
#[derive(JsonSchema)]
struct Bytes(Vec<u8>);

#[derive(JsonSchema)]
#[serde(rename = "A/b ~ü%20")]
struct Strange {
    a: bool,
}

#[derive(JsonSchema)]
#[serde(untagged)]
enum MaybeUnit {
    Nothing(Unit),
    Small(Option<u8>),
    Text(String),
}

#[derive(JsonSchema)]
struct Unit;

#[derive(JsonSchema)]
struct Code(#[schemars(regex(pattern = "^[a-z]+$"))] String);

#[test]
fn corners_of_attributes() {
    let boolean = json!({"type": "boolean"});
    let octet = json!({"type": "integer", "gte": 0, "lte": 255});
    let code = json!({
        "type": "all",
        "requirements": [{"type": "unicode"}, {"type": "boolean_validator", "validator": "matches ^[a-z]+$"}],
    });
    let mut expected = dictionary(
        &json!({
            "optional_enum": nullable(
                &json!({"type": "constant", "values": ["Green", "Red"], "description": "Beside a type with a doc."}),
            ),
            "number": {"type": "constant", "values": [1, 10]},
            "north": {"type": "float", "gte": -10, "lte": 90},
            "currency": {"type": "currency_code_field", "values": ["EUR", "USD"]},
            "name": nullable(&json!({"type": "unicode", "allow_blank": false})),
            "price": {"type": "currint.Amount", "valid_currencies": "(all currencies)", "gt": 0},
            "day": nullable(&json!({"type": "date"})),
            "own_bytes": {
                "type": "list", "contents": octet, "description": "Not those of the crate of this name."
            },
            "strange": dictionary(&json!({"a": boolean}), &[]),
            "maybe": nullable(&json!({"type": "any", "options": [octet, {"type": "unicode"}]})),
            "by_colour": dictionary(&json!({"Green": boolean, "Red": boolean}), &["Green", "Red"]),
            "by_code": {"type": "schemaless_dictionary", "key_type": code, "value_type": boolean},
        }),
        &["day", "maybe", "name", "optional_enum"],
    );
    expected["allow_extra_keys"] = true.into();
    check::<Corners>(&expected);
}

#[derive(JsonSchema)]
struct Flattened {
    id: u64,
    #[serde(flatten)]
    shape: Shape,
}

#[derive(JsonSchema)]
struct OnlyFlattened {
    #[serde(flatten)]
    shape: Shape,
}

#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
struct PerhapsFlattened {
    #[serde(flatten)]
    shape: Option<Shape>,
}

#[derive(JsonSchema)]
enum Shape {
    Circle { radius: f64 },
}

#[test]
fn a_flattened_enum_has_a_form_only_alone() {
    let error = Schema::of::<Flattened>().unwrap_err().to_string();
    assert_eq!(
        error,
        "input `it::derived_types::Flattened`: `oneOf` beside `properties`, as an enum flattened into a struct has it, \
         has no Conformity form; give the action a schema of its own"
    );
    let circle = dictionary(&json!({"radius": {"type": "float"}}), &[]);
    let shape = dictionary(&json!({"Circle": circle}), &[]);
    check::<OnlyFlattened>(&shape);
    let none = dictionary(&json!({}), &[]);
    check::<PerhapsFlattened>(&json!({"type": "any", "options": [shape, none]}));
}

#[test]
fn untyped_bodies_take_anything() {
    check::<Value>(&json!({"type": "anything"}));
    check::<Body>(&json!({"type": "anything"}));
    check::<Map>(&json!({"type": "schemaless_dictionary"}));
    check::<Option<Map>>(&nullable(&json!({"type": "schemaless_dictionary"})));
    check::<Vec<soa_common::Integer>>(&json!({"type": "list", "contents": {"type": "integer"}}));
}

fn check<T: JsonSchema + ?Sized>(expected: &Json) {
    assert_eq!(introspection(&Schema::of::<T>().unwrap()), expected.to_string());
}

fn nullable(inner: &Json) -> Json {
    json!({"type": "nullable", "nullable": inner})
}

fn dictionary(contents: &Json, optional: &[&str]) -> Json {
    json!({"type": "dictionary", "contents": contents, "optional_keys": optional, "allow_extra_keys": false})
}
