//! The recorded cases of Conformity: each a field, a value and what is wrong with it.

use serde_json::{Value as Json, json};
use soa_common::Value;

use crate::{
    rebuilt::rebuilt,
    typed_values::{raw, value},
};

const VECTORS: &str = include_str!("../vectors/schemas.json");

/// Values of Python that no body carries: durations, time zones, and tuples where only lists are taken. (Other
/// sets and tuples arrive as lists, and are given as such here.)
const UNABLE_TO_TRAVEL: &[&str] = &[
    "timedelta_01",
    "timedelta_04",
    "timedelta_05",
    "timedelta_06",
    "timedelta_07",
    "tzinfo_01",
    "list_04",
    "sequence_06",
    "set_08",
];

#[test]
fn recorded_cases_give_the_recorded_errors() {
    let vectors: Json = serde_json::from_str(VECTORS).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 473);
    let mut failed = Vec::new();
    for case in cases {
        let name = case["name"].as_str().unwrap();
        if UNABLE_TO_TRAVEL.contains(&name) {
            assert_eq!(case["value_cannot_travel"], true, "{case}");
            continue;
        }
        let value = value(&case["value"]).unwrap();
        let violations = rebuilt(case).validate(&raw(&value));
        let error = |violation: &soa_server::schema::Violation| json!({"code": violation.code, "message": violation.message, "pointer": violation.pointer});
        let errors = Json::from_iter(violations.iter().map(error));
        let expected = case.get("ours").unwrap_or(&case["errors"]);
        if errors != *expected {
            failed.push(format!("{name}: {} with {}\n got {errors}\nwant {expected}", case["python"], case["value"]));
        }
    }
    assert!(failed.is_empty(), "{} cases:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn rebuilt_fields_introspect_to_what_was_recorded() {
    let vectors: Json = serde_json::from_str(VECTORS).unwrap();
    for case in vectors["cases"].as_array().unwrap() {
        // As text, so that the order of the keys counts.
        let shown = Value::from(rebuilt(case).introspect()).to_string();
        assert_eq!(shown, for_people(&case["schema"]).to_string(), "{}", case["name"]);
    }
}

/// A recorded introspection whose decimals are texts, as values are displayed.
fn for_people(recorded: &Json) -> Json {
    match recorded {
        Json::Object(map) if map.contains_key("decimal") => map["decimal"].clone(),
        Json::Object(map) => map.iter().map(|(key, value)| (key.clone(), for_people(value))).collect(),
        Json::Array(list) => list.iter().map(for_people).collect(),
        scalar => scalar.clone(),
    }
}

/// Cases, by what their names start with, whose fields a JSON Schema says with other words (decimals as bounds, null among constants, sets,
/// sequences, keys that are nullable and required, a bytes' or a domain's small print) or says so that it cannot be
/// lowered (code, types that no body carries, `allOf`, switches that are no constants).
const NOT_LOWERED: &[&str] = &[
    "integer_bounds_11",
    "bytes_blank_",
    "constant_17",
    "constant_18",
    "constant_19",
    "nullable_09",
    "nullable_10",
    "timedelta_",
    "tzinfo_",
    "sequence_",
    "set_",
    "dictionary_ordered_",
    "additional_",
    "schemaless_16",
    "polymorph_15",
    "polymorph_16",
    "polymorph_17",
    "polymorph_18",
    "polymorph_19",
    "polymorph_20",
    "polymorph_21",
    "polymorph_22",
    "polymorph_24",
    "polymorph_25",
    "polymorph_26",
    "any_09",
    "all_",
    "boolean_validator_",
    "object_instance_",
    "email_25",
    "email_26",
    "amount_string_",
];

#[test]
fn a_json_schema_of_ours_lowers_to_the_same_introspection() {
    let vectors: Json = serde_json::from_str(VECTORS).unwrap();
    let mut failed = Vec::new();
    for case in vectors["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let schema = rebuilt(case);
        let document = schema.to_json_schema();
        let lowered =
            soa_server::Schema::from_json_schema(&document).map(|schema| Value::from(schema.introspect()).to_string());
        let is_same = lowered.as_ref().is_ok_and(|lowered| *lowered == Value::from(schema.introspect()).to_string());
        if is_same == NOT_LOWERED.iter().any(|prefix| name.starts_with(prefix)) {
            failed.push(format!("{name}: {document}: {lowered:?}"));
        }
    }
    assert!(failed.is_empty(), "{} cases:\n{}", failed.len(), failed.join("\n"));
}
