//! Reading what the user gave as JSON.

use std::{fs, io};

use soa_common::{Map, Value, json};

use crate::failure::Failure;

/// The body argument: JSON, `@FILE` or `-`.
pub(crate) fn body(argument: &str) -> Result<Map, Failure> {
    let (what, text) = match (argument, argument.strip_prefix('@')) {
        ("-", _) => ("standard input".to_owned(), io::read_to_string(io::stdin())),
        (_, Some(path)) => (format!("--body {argument}"), fs::read_to_string(path)),
        _ => ("--body".to_owned(), Ok(argument.to_owned())),
    };
    map(&what, &text.map_err(|error| Failure::usage(format!("{what}: {error}")))?)
}

/// A JSON map in the form for people.
pub(crate) fn map(what: &str, text: &str) -> Result<Map, Failure> {
    let value = serde_json::from_str(text).map_err(|error| Failure::usage(format!("{what}: not JSON: {error}")))?;
    match json::from_json(value).map_err(|error| Failure::usage(format!("{what}: {error}")))? {
        Value::Map(map) => Ok(map),
        _ => Err(Failure::usage(format!("{what}: allowed is a JSON map, such as {{\"key\": 7}}"))),
    }
}
