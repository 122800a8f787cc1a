//! What serde says of a value that does not fit, in the protocol's words and without the value, which may be a secret.

use super::kind;

/// The error's own text where user code wrote it; serde's standard texts anew.
pub(super) fn describe(error: &rmp_serde::decode::Error) -> String {
    match error {
        rmp_serde::decode::Error::TypeMismatch(marker) => {
            format!("found {}, which is not what belongs here", kind(marker.to_u8()))
        }
        _ => reword(error.to_string()),
    }
}

/// The texts are those of the provided methods of `serde::de::Error`, which is all that `rmp_serde` keeps of an error.
fn reword(said: String) -> String {
    // The value may hold this too: what is expected stands behind the last one.
    let (found, expected) = said.rsplit_once(", expected ").unwrap_or((&said, ""));
    if let Some(found) = found.strip_prefix("invalid type: ") {
        return format!("found {}, expected {}", found_kind(found), expected_kind(expected));
    }
    if let Some(found) = found.strip_prefix("invalid value: ") {
        let expected = range(expected).unwrap_or_else(|| expected_kind(expected));
        return format!("found {} that does not fit, expected {expected}", found_kind(found));
    }
    if let Some(length) = found.strip_prefix("invalid length ") {
        return format!("found {length} entries, expected {}", expected_kind(expected));
    }
    if said.starts_with("unknown variant `") {
        return format!("found a text that is none of: {}", names(expected));
    }
    if let Some(key) = found.strip_prefix("unknown field `") {
        let key = key.strip_suffix("`, there are no fields").or(key.strip_suffix('`')).unwrap_or(key);
        return format!("unknown key: {key}; known are: {}", names(expected));
    }
    if let Some(key) = said.strip_prefix("missing field `") {
        return format!("missing key: {}", key.trim_end_matches('`'));
    }
    if let Some(key) = said.strip_prefix("duplicate field `") {
        return format!("a key that is there twice: {}", key.trim_end_matches('`'));
    }
    if said.starts_with("data did not match any variant of untagged enum ") {
        return "found none of the forms that are allowed here".to_owned();
    }
    said
}

/// The kind that `serde::de::Unexpected` tells of in front of the value.
fn found_kind(found: &str) -> &'static str {
    let starts = |start| found.starts_with(start);
    match found {
        "unit value" | "Option value" | "null" => "null",
        "byte array" => "bytes",
        "sequence" => "a list",
        "map" => "a map",
        _ if starts("boolean `") => "a bool",
        _ if starts("integer `") => "an integer",
        _ if starts("floating point `") => "a float",
        _ if starts("string \"") || starts("character `") => "a text",
        _ => "a value",
    }
}

/// What a visitor expects, unless it says so in words of its own.
fn expected_kind(expected: &str) -> &str {
    let starts = |start| expected.starts_with(start);
    match expected {
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => "an integer",
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => "an integer",
        "f32" | "f64" => "a number",
        "a boolean" => "a bool",
        "a string" | "a borrowed string" | "string" | "path string" | "variant identifier" => "a text",
        "a character" => "a text of one character",
        "byte array" | "a byte array" | "a borrowed byte array" => "bytes",
        "unit" => "null",
        "a sequence" => "a list",
        _ if starts("unit struct ") => "null",
        _ if starts("a nonzero ") => "an integer other than 0",
        _ if starts("struct ") || starts("internally tagged enum ") || starts("adjacently tagged enum ") => "a map",
        _ if starts("tuple") || starts("a tuple") || starts("an array of ") => "a list",
        _ if starts("enum ") => "a text or a map",
        _ => expected,
    }
}

/// What fits into a Rust integer.
fn range(expected: &str) -> Option<&'static str> {
    Some(match expected {
        "i8" => "an integer from -128 to 127",
        "i16" => "an integer from -32768 to 32767",
        "i32" => "an integer from -2147483648 to 2147483647",
        "i64" | "isize" => "an integer of 64 bits with its sign",
        "u8" => "an integer from 0 to 255",
        "u16" => "an integer from 0 to 65535",
        "u32" => "an integer from 0 to 4294967295",
        "u64" | "u128" | "usize" => "an integer from 0 on",
        _ => return None,
    })
}

/// Names as serde lists them, without its quotes.
fn names(expected: &str) -> String {
    let listed = expected.trim_start_matches("one of ").replace("` or `", "`, `").replace('`', "");
    if listed.is_empty() { "(nothing)".to_owned() } else { listed }
}
