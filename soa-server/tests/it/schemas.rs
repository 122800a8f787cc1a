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
