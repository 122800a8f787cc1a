//! Schemas from Rust types and from JSON Schemas.

use proptest::{
    collection::{hash_map, vec},
    prelude::*,
    sample::select,
};
use schemars::JsonSchema;
use serde_json::{Value as Json, json};
use soa_common::{Value, json::to_json};
use soa_server::schema::Schema;

use crate::{lowered_types::lowered, typed_values::raw};

const VECTORS: &str = include_str!("../vectors/schemas.json");

#[test]
fn recorded_json_schemas_become_the_recorded_fields() {
    let cases = cases();
    assert_eq!(cases.len(), 25);
    for case in cases {
        let mut document = case["schemars"].clone();
        if case["direction"] == "input" {
            // It is the documentation of the action.
            document.as_object_mut().unwrap().remove("description");
        }
        let schema = Schema::from_json_schema(&document).unwrap();
        assert_eq!(introspection(&schema), case["introspection"].to_string(), "{}", case["name"]);
    }
}

#[test]
fn the_same_types_become_the_same_fields_today() {
    for case in cases() {
        let name = case["name"].as_str().unwrap().trim_start_matches("lower_").trim_end_matches("_output");
        let lowered = lowered(name, case["direction"].as_str().unwrap()).unwrap();
        assert_eq!(introspection(&lowered.schema), case["introspection"].to_string(), "{}", case["name"]);
        assert_eq!(json!(lowered.documentation), case["documentation"], "{}", case["name"]);
    }
}

fn cases() -> Vec<Json> {
    let vectors: Json = serde_json::from_str(VECTORS).unwrap();
    vectors["lowering"].as_array().unwrap().clone()
}

/// As text, because the order of keys counts.
pub(super) fn introspection(schema: &Schema) -> String {
    to_json(&Value::Map(schema.introspect())).to_string()
}

#[test]
fn what_has_no_form_is_refused_by_name() {
    for (property, reason) in [
        (json!(false), "`false` has no Conformity form"),
        (json!({"not": {"type": "null"}}), "`not` has no Conformity form"),
        (json!({"type": "string", "if": {"minLength": 1}}), "`if` has no Conformity form"),
        (json!({"type": "array", "contains": {"type": "null"}}), "`contains` has no Conformity form"),
        (json!({"type": "object", "dependentRequired": {"a": ["b"]}}), "`dependentRequired` has no Conformity form"),
        (
            json!({"type": "object", "properties": {}, "oneOf": [{"type": "object"}]}),
            "`oneOf` beside `properties`, as an enum flattened into a struct has it, has no Conformity form",
        ),
        (json!({"anyOf": [{"type": "null"}], "minLength": 3}), "`anyOf` beside `minLength` has no Conformity form"),
        (json!({"allOf": [{"type": "string"}, {"minLength": 3}]}), "`allOf` has no Conformity form"),
        (json!({"minLength": 3}), "`minLength` has no Conformity form"),
        (json!({"type": "string", "minimum": 3}), "`minimum` has no Conformity form"),
        (json!({"type": "object", "properties": {}, "minProperties": 1}), "`minProperties` has no Conformity form"),
        (json!({"type": "string", "nullable": true}), "`nullable` has no Conformity form"),
        (json!({"type": "string", "enum": ["a", 1]}), "`enum` holds 1, which is not of its `type`"),
        (json!({"enum": ["a", [1]]}), "`enum` holds a list or a map"),
        (json!({"enum": []}), "the value of `enum` is none that JSON Schema knows"),
        (json!({"type": "text"}), "the value of `type` is none that JSON Schema knows"),
        (json!({"type": "string", "minLength": -1}), "the value of `minLength` is none that JSON Schema knows"),
        (json!({"type": "string", "minLength": 3, "maxLength": 2}), "`minLength` 3 is more than `maxLength` 2"),
        (json!({"type": "array", "minItems": 3, "maxItems": 2}), "`minItems` 3 is more than `maxItems` 2"),
        (json!({"type": "number", "multipleOf": 0}), "the value of `multipleOf` is none that JSON Schema knows"),
        (
            json!({"type": "number", "exclusiveMinimum": true}),
            "the value of `exclusiveMinimum` is none that JSON Schema knows",
        ),
        (json!({"type": "object", "properties": []}), "the value of `properties` is none that JSON Schema knows"),
        (json!(7), "a schema is a map, `true` or `false`"),
        (
            json!({"$ref": "https://example.com/a.json"}),
            "`$ref` \"https://example.com/a.json\" leads out of the document",
        ),
        (json!({"$ref": "#/$defs/Nothing"}), "`$ref` \"#/$defs/Nothing\" leads to no schema"),
        (
            json!({"type": "string", "pattern": "(?=a)"}),
            "the `pattern` \"(?=a)\" is no regular expression of the crate `regex`: look-around, including look-ahead \
             and look-behind, is not supported",
        ),
        (
            json!({"type": "array", "prefixItems": [true, true]}),
            "`prefixItems` needs `minItems` and `maxItems` of as many elements",
        ),
        (
            json!({"type": "object", "patternProperties": {"^a": true}}),
            "`patternProperties` needs the same values for all keys and `additionalProperties: false`",
        ),
        (
            json!({"type": "object", "patternProperties": {"^a": true}, "properties": {"b": true}}),
            "`patternProperties` beside `properties` has no Conformity form",
        ),
        (
            json!({"x-soa": "dat"}),
            "`x-soa` \"dat\" names no field; allowed are amount, bytes, country, currency, date, datetime, decimal, \
             hashable, latitude, longitude, map, not_blank, time and unicode_decimal",
        ),
        (json!({"type": "integer", "x-soa": "not_blank"}), "`x-soa` has no Conformity form"),
        (json!({"type": "string", "x-soa-gt": 1}), "`x-soa-gt` has no Conformity form"),
        (json!({"x-soa": "country", "x-soa-gt": 1}), "`x-soa-gt` has no Conformity form"),
        (
            json!({"x-soa": "date", "x-soa-gt": "2020-02-30"}),
            "`x-soa-gt` holds \"2020-02-30\", which is none of the field's values",
        ),
    ] {
        let document = json!({
            "title": "Order",
            "type": "object",
            "properties": {"items": {"type": "array", "items": {"type": "object", "properties": {"price": property}}}},
        });
        let error = Schema::from_json_schema(&document).unwrap_err().to_string();
        let place = "JSON Schema `Order`, property `items[].price`";
        // A mistake is to be mended; what is right and cannot be said needs another schema.
        let is_mistake = !["no Conformity form", "needs", "a list or a map"].iter().any(|words| reason.contains(words));
        let advice = if is_mistake { "" } else { "; give the action a schema of its own" };
        assert_eq!(error, format!("{place}: {reason}{advice}"), "{property}");
    }
}

#[test]
fn an_error_names_the_direction_and_the_type() {
    assert_eq!(
        Schema::of::<Impossible>().unwrap_err().to_string(),
        "input `it::lowering::Impossible`, property `never`: `false` has no Conformity form; give the action a schema of \
         its own"
    );
    let error = Schema::of_output::<Never>().unwrap_err().to_string();
    assert!(error.starts_with("output `it::lowering::Never`: `not` has no"), "{error}");
}

#[derive(JsonSchema)]
struct Impossible {
    #[expect(dead_code, reason = "never made")]
    never: Option<Box<Never>>,
}

#[derive(JsonSchema)]
enum Never {}

#[test]
fn markers_name_fields_whatever_the_rest_says() {
    for (document, expected) in [
        (json!({"x-soa": "date", "x-soa-lt": "2020-01-01"}), json!({"type": "date", "lt": "2020-01-01"})),
        (
            json!({"type": ["string", "null"], "format": "partial-time", "x-soa": "time", "x-soa-gte": "01:02:03.5"}),
            json!({"type": "nullable", "nullable": {"type": "time", "gte": "01:02:03.500000"}}),
        ),
        (
            json!({"x-soa": "datetime", "x-soa-gt": "2020-01-01T00:00:00", "description": "d"}),
            json!({"type": "datetime", "description": "d", "gt": "2020-01-01 00:00:00"}),
        ),
        (
            json!({"anyOf": [{"type": "string", "pattern": "("}, {"type": "null"}], "x-soa": "decimal", "x-soa-lte": 1.5}),
            json!({"type": "nullable", "nullable": {"type": "decimal", "lte": 1.5}}),
        ),
        (json!({"type": "array", "maxItems": 3, "x-soa": "bytes"}), json!({"type": "bytes", "max_length": 3})),
        (json!({"x-soa": "longitude", "maximum": 200}), json!({"type": "float", "gte": -180, "lte": 180})),
        (
            json!({"x-soa": "unicode_decimal", "deprecated": true}),
            json!({"type": "unicode_decimal", "deprecated": true}),
        ),
        (json!({"x-soa": "country", "enum": ["DE"]}), json!({"type": "country_code_field", "values": ["DE"]})),
        (json!({"x-soa": "hashable"}), json!({"type": "hashable"})),
        (
            json!({"type": "object", "additionalProperties": {"type": "null"}, "x-soa": "map"}),
            json!({
                "type": "schemaless_dictionary", "value_type": {"type": "null"},
            }),
        ),
        (json!({"type": "string", "format": "email", "x-soa": "not_blank"}), json!({"type": "email_address"})),
        (json!({"type": "string", "x-other": 1, "title": "T"}), json!({"type": "unicode"})),
    ] {
        let schema = Schema::from_json_schema(&document).unwrap();
        assert_eq!(introspection(&schema), expected.to_string(), "{document}");
    }
}

#[test]
fn values_are_checked_as_their_types_say() {
    check(&json!({"type": "integer", "format": "int32"}), json!(2_147_483_648_u64), &["Value not <= 2147483647"]);
    check(&json!({"type": "integer", "format": "int32", "minimum": 5}), json!(4), &["Value not >= 5"]);
    check(&json!({"type": "integer", "format": "uint32", "minimum": 0}), json!(-1), &["Value not >= 0"]);
    check(&json!({"type": "string", "pattern": "^a+$"}), json!("b"), &["Value does not match ^a+$"]);
    check(&json!({"type": "string", "pattern": "^a+$"}), json!(1), &["Not a unicode string"]);
    check(&json!({"type": "integer", "multipleOf": 3}), json!(7), &["Value is not a multiple of 3"]);
    check(&json!({"type": "integer", "multipleOf": 3}), json!(-9), &[]);
    check(&json!({"type": "integer", "multipleOf": 3}), json!("9"), &["Not an integer"]);
    check(&json!({"type": "number", "multipleOf": 0.1}), json!(0.3), &[]);
    check(&json!({"type": "number", "multipleOf": 0.1}), json!(0.35), &["Value is not a multiple of 0.1"]);
    check(&json!({"type": "string", "x-soa": "not_blank"}), json!(" "), &["String cannot be blank"]);
    check(
        &json!({"type": "object", "patternProperties": {"^a": true}, "additionalProperties": false}),
        json!({"a": 1, "b": 1}),
        &["Value does not match ^a"],
    );
    check(&json!({"type": "object", "required": ["a"]}), json!({}), &["Missing key: a"]);
    check(&json!({"enum": ["a", null]}), json!(null), &[]);
    check(&json!({"const": "a"}), json!("b"), &["Value is not \"a\""]);
}

fn check(document: &Json, value: Json, expected: &[&str]) {
    let value: Value = serde_json::from_value(value).unwrap();
    let schema = Schema::from_json_schema(document).unwrap();
    let messages: Vec<_> = schema.validate(&raw(&value)).into_iter().map(|violation| violation.message).collect();
    assert_eq!(messages, expected, "{document}: {value}");
}

#[test]
fn references_that_double_at_every_level_are_refused_in_time() {
    let definitions: serde_json::Map<_, _> = (0..40)
        .map(|level| {
            let below = json!({"$ref": format!("#/$defs/L{}", level + 1)});
            (format!("L{level}"), json!({"type": "object", "properties": {"a": below, "b": below}}))
        })
        .chain([("L40".to_owned(), json!({"type": "null"}))])
        .collect();
    let error = Schema::from_json_schema(&json!({"$ref": "#/$defs/L0", "$defs": definitions})).unwrap_err().to_string();
    assert!(error.contains("it expands into more than 50000 fields; give the action a schema of its own"), "{error}");
}

#[test]
fn schemas_without_an_end_are_refused() {
    let list =
        |inner| Json::Object([("type".to_owned(), "array".into()), ("items".to_owned(), inner)].into_iter().collect());
    let deep = (0..1_000).fold(Json::Bool(true), |inner, _| list(inner));
    let error = Schema::from_json_schema(&deep).unwrap_err().to_string();
    assert!(error.contains("it has more than 64 levels"), "{error}");
}

proptest! {
    #[test]
    fn no_json_schema_ends_the_program(document in json_schema()) {
        if let Ok(schema) = Schema::from_json_schema(&document) {
            prop_assert!(schema.introspect().get("type").is_some());
            drop(schema.validate(&[0x81, 0xa1, b'a', 0xc0]));
        }
    }
}

/// Keywords that may not fit together, with values that may not fit them.
fn json_schema() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        select(&["null", "string", "integer", "number", "array", "object", "a", "^a", "#", "#/$defs/a"][..])
            .prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let keywords = [
            "type",
            "properties",
            "required",
            "additionalProperties",
            "patternProperties",
            "items",
            "prefixItems",
            "minItems",
            "maxItems",
            "enum",
            "const",
            "oneOf",
            "anyOf",
            "allOf",
            "$ref",
            "$defs",
            "pattern",
            "format",
            "minimum",
            "multipleOf",
            "description",
            "deprecated",
            "x-soa",
            "a",
        ];
        let map = hash_map(select(keywords.to_vec()), inner.clone(), 0..6);
        prop_oneof![
            map.prop_map(|map| map.into_iter().map(|(keyword, value)| (keyword.to_owned(), value)).collect()),
            vec(inner, 0..4).prop_map(Json::from),
        ]
    })
}
