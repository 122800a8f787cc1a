//! Settings files: JSON, YAML or TOML, by their ending.

use std::{fs, path::Path};

use config::{FileFormat, Source, ValueKind};
use serde_json::Value;

use super::{SettingsError, json};

/// The endings of settings files.
const ENDINGS: &str = "allowed are: .json, .toml, .yaml, .yml";

/// Reads a settings file. Keys stay as they are written and in their order; a key that stands twice is refused.
///
/// # Errors
///
/// One line that names the file, and the line and column where it cannot be parsed. It quotes nothing of the file but
/// names of keys.
pub fn read_file(path: &Path) -> Result<Value, SettingsError> {
    let source = path.display().to_string();
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
    let parse: fn(&str) -> Result<Value, String> = match &*ending {
        "json" => json::parse,
        "yaml" | "yml" => |text| other(text, FileFormat::Yaml),
        "toml" => |text| other(text, FileFormat::Toml),
        _ => return Err(SettingsError::unreadable(source, format!("unknown kind of file; {ENDINGS}"))),
    };
    let parsed = fs::read(path).map_err(|error| format!("cannot be read: {error}")).and_then(|bytes| {
        let text = utf8(&bytes)?;
        if text.trim().is_empty() {
            return Err("the file is empty; allowed is a map of settings".into());
        }
        parse(text)
    });
    parsed.map_err(|why| SettingsError::unreadable(source, why))
}

/// YAML and TOML through the `config` crate: its sources, not its builder, which takes points in keys for paths.
fn other(text: &str, format: FileFormat) -> Result<Value, String> {
    let map = config::File::from_str(text, format).collect().map_err(|error| said(&error.to_string()))?;
    let value = config::Value::new(None, ValueKind::Table(map));
    plain(value).ok_or_else(|| "a number is infinite, not a number or too large".into())
}

fn plain(value: config::Value) -> Option<Value> {
    Some(match value.kind {
        ValueKind::Nil => Value::Null,
        ValueKind::Boolean(bool) => bool.into(),
        ValueKind::I64(number) => number.into(),
        ValueKind::U64(number) => number.into(),
        ValueKind::I128(number) => i64::try_from(number).ok()?.into(),
        ValueKind::U128(number) => u64::try_from(number).ok()?.into(),
        ValueKind::Float(number) => serde_json::Number::from_f64(number)?.into(),
        ValueKind::String(text) => text.into(),
        ValueKind::Array(list) => Value::Array(list.into_iter().map(plain).collect::<Option<_>>()?),
        ValueKind::Table(map) => {
            let entries = map.into_iter().map(|(key, value)| Some((key, plain(value)?)));
            Value::Object(entries.collect::<Option<_>>()?)
        }
    })
}

/// `line 3, column 7: …` from an error text of the TOML or YAML parser.
///
/// Only the texts carry the position. TOML's second to fourth lines quote the file, maybe a password: they are left out.
fn said(error: &str) -> String {
    let mut lines = error.lines().filter(|line| !line.is_empty());
    let (first, last) = (lines.next().unwrap_or_default(), lines.next_back());
    if let (Some(place), Some(what)) = (first.strip_prefix("TOML parse error at "), last) {
        return format!("{place}: {what}");
    }
    let Some((what, place)) = first.rsplit_once(" at byte ") else {
        return error.replace("invalid type: sequence, expected a map", "found a list; allowed is a map");
    };
    let what = match what.strip_suffix("): duplicated key in mapping") {
        // The key is printed as the parser holds it: `String("a")`.
        Some(key) => format!("duplicate key {}", key.split_once('(').map_or(key, |(_, key)| key)),
        None => what.into(),
    };
    let mut numbers = place.split(' ').filter_map(|word| word.parse::<usize>().ok());
    match (numbers.next(), numbers.next(), numbers.next()) {
        (Some(_), Some(line), Some(column)) => format!("line {line}, column {column}: {what}"),
        _ => error.into(),
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = &bytes[..error.valid_up_to()];
        let line = good.split(|byte| *byte == b'\n').count();
        let column = good.len() - good.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1) + 1;
        format!("line {line}, column {column}: not UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}
