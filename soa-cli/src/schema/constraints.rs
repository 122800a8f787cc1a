//! What restricts a field, in words.

use soa_common::{Map, Value};

use crate::tree::plain;

/// How bounds are said: gt, gte, lt, lte.
pub(super) type Words = [&'static str; 4];

pub(super) const NUMBERS: Words = ["above", "at least", "below", "at most"];
pub(super) const TIMES: Words = ["after", "from", "before", "until"];

/// Takes out what fields of several kinds have: bounds, lengths, and whether text may be blank.
pub(super) fn constraints(keys: &mut Map, [above, least, below, most]: &Words) -> Vec<String> {
    let mut constraints = Vec::new();
    constraints.extend(keys.remove("gt").map(|bound| format!("{above} {}", plain(&bound))));
    constraints.extend(range(keys, ["gte", "lte"], [least, most]));
    constraints.extend(keys.remove("lt").map(|bound| format!("{below} {}", plain(&bound))));
    let length = range(keys, ["min_length", "max_length"], ["at least", "at most"]);
    constraints.extend(length.map(|range| format!("length {range}")));
    match keys.remove("allow_blank") {
        Some(Value::Bool(false)) => constraints.push("not blank".to_owned()),
        Some(other) if other != Value::Bool(true) => constraints.push(format!("allow_blank: {other}")),
        _ => {}
    }
    constraints
}

fn range(keys: &mut Map, bounds: [&str; 2], [least, most]: [&str; 2]) -> Option<String> {
    let [lower, upper] = bounds.map(|key| keys.remove(key).map(|bound| plain(&bound)));
    Some(match (lower, upper) {
        (Some(lower), Some(upper)) if lower == upper => lower,
        (Some(lower), Some(upper)) => format!("{lower} to {upper}"),
        (Some(lower), None) => format!("{least} {lower}"),
        (None, Some(upper)) => format!("{most} {upper}"),
        (None, None) => return None,
    })
}

/// The values of a constant.
pub(super) fn one_of(values: &[Value]) -> String {
    match values {
        [value] => format!("constant {value}"),
        values => format!("one of {}", alternatives(values, Value::to_string)),
    }
}

/// The codes of a list that may be as long as that of all countries.
pub(super) fn codes(codes: &[Value]) -> String {
    const MOST: usize = 12;
    match codes {
        [code] => format!("only {}", plain(code)),
        codes if codes.len() <= MOST => format!("one of {}", alternatives(codes, plain)),
        codes => format!("one of {}: {} | …", codes.len(), alternatives(&codes[..MOST], plain)),
    }
}

pub(super) fn alternatives(values: &[Value], print: fn(&Value) -> String) -> String {
    values.iter().map(print).collect::<Vec<_>>().join(" | ")
}
