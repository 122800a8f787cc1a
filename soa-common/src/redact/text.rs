//! From MessagePack to JSON for people in one walk, without a tree between them.

use std::fmt::Write as _;

use serde::Serialize;

use super::{CENSORED, names::Names};
use crate::{
    InvalidMessage, Value, json,
    msgpack::{MAX_DEPTH, Reader, Token},
};

/// Appends the next value, with the sensitive fields censored.
///
/// # Errors
/// When the bytes hold no value that is whole and harmless; then only a part of it was appended.
pub(super) fn write(out: &mut String, reader: &mut Reader<'_>, names: &Names) -> Result<(), InvalidMessage> {
    value(&mut Walk { out, reader, names }, MAX_DEPTH, false)
}

struct Walk<'w, 'a> {
    out: &'w mut String,
    reader: &'w mut Reader<'a>,
    names: &'w Names,
}

/// Appends the next value. Of a sensitive field everything is censored but null, truth values, zero and what is empty.
/// `depth` is how many containers may still be opened.
fn value(walk: &mut Walk<'_, '_>, depth: usize, is_sensitive: bool) -> Result<(), InvalidMessage> {
    let inner = || depth.checked_sub(1).ok_or_else(|| InvalidMessage::new("lists and maps nest too deep"));
    match walk.reader.token()? {
        Token::List(length) => {
            let depth = inner()?;
            walk.out.push('[');
            for index in 0..length {
                separate(walk.out, index);
                value(walk, depth, is_sensitive)?;
            }
            walk.out.push(']');
        }
        Token::Map(length) => {
            let depth = inner()?;
            walk.out.push('{');
            for index in 0..length {
                separate(walk.out, index);
                let is_sensitive = key(walk)? || is_sensitive;
                walk.out.push(':');
                value(walk, depth, is_sensitive)?;
            }
            walk.out.push('}');
        }
        token if is_sensitive && !is_harmless(&token) => quote(walk.out, CENSORED),
        Token::Null => walk.out.push_str("null"),
        Token::Bool(value) => walk.out.push_str(if value { "true" } else { "false" }),
        Token::Text(text) => quote(walk.out, text),
        Token::Float(value) if value.is_finite() => push_json(walk.out, &value),
        // Writing to a text cannot fail.
        Token::Integer(value) => _ = write!(walk.out, "{value}"),
        Token::Bytes(bytes) => {
            walk.out.push_str("{\"$bytes\":");
            quote(walk.out, &json::text(&Value::Bytes(bytes.to_owned())));
            walk.out.push('}');
        }
        token => quote(walk.out, &json::text(&Value::from_scalar(token)?)),
    }
    Ok(())
}

/// Appends the next value as a key; tells whether it names a sensitive field.
fn key(walk: &mut Walk<'_, '_>) -> Result<bool, InvalidMessage> {
    let other;
    let key = match walk.reader.token()? {
        Token::Text(key) => key,
        token => {
            other = json::text(&Value::from_scalar(token)?);
            &other
        }
    };
    quote(walk.out, key);
    Ok(walk.names.contains(key))
}

fn separate(out: &mut String, index: u32) {
    if index > 0 {
        out.push(',');
    }
}

fn quote(out: &mut String, text: &str) {
    // Most texts hold nothing to be escaped, and looking for that is faster than copying byte by byte.
    let must_be_escaped = |found, byte| found | (byte < b' ') | (byte == b'"') | (byte == b'\\');
    if text.bytes().fold(false, must_be_escaped) {
        return push_json(out, text);
    }
    out.reserve(text.len() + 2);
    out.push('"');
    out.push_str(text);
    out.push('"');
}

fn push_json<T: Serialize + ?Sized>(out: &mut String, value: &T) {
    // Texts and numbers can be written.
    out.push_str(&serde_json::to_string(value).unwrap_or_default());
}

fn is_harmless(token: &Token<'_>) -> bool {
    match token {
        Token::Null | Token::Bool(_) => true,
        Token::Integer(value) => value.as_u64() == Some(0),
        Token::Float(value) => *value == 0.0,
        Token::Text(text) => text.is_empty(),
        Token::Bytes(bytes) => bytes.is_empty(),
        Token::Ext(..) | Token::List(_) | Token::Map(_) => false,
    }
}
