//! From MessagePack to JSON for people in one walk, without a tree between them.

use std::borrow::Cow;

use serde::Serialize;

use super::{CENSORED, names::Names};
use crate::{
    InvalidMessage, Value, json,
    msgpack::{Element, MAX_DEPTH, Reader, Token},
    scan::{holds_control_or, holds_unprintable_or},
};

/// Appends one value, with the sensitive fields censored. Of a sensitive field everything is censored but null, truth
/// values, zero and what is empty.
///
/// Gives whether all texts are printable ASCII without quotes and backslashes; then so is what was appended.
///
/// What is appended is UTF-8 if the value's texts are. They are not looked at one by one: they stand between quotes, so
/// that all of them are UTF-8 if what is appended is; [`why_not`] finds the first that is not.
///
/// # Errors
/// When the bytes hold no value that is whole and harmless in so many others, none of them sensitive; then only a part of
/// it was appended.
pub(super) fn write(out: &mut Vec<u8>, msgpack: &[u8], names: &Names, others: usize) -> Result<bool, InvalidMessage> {
    let mut reader = Reader::new(msgpack);
    let mut is_plain = true;
    let mut outer = [Container::default(); MAX_DEPTH];
    let mut depth = others;
    let mut current = Container { left: 1, ..Container::default() };
    loop {
        while current.left == 0 {
            if depth == others {
                return Ok(is_plain);
            }
            out.push(if current.is_map { b'}' } else { b']' });
            depth -= 1;
            current = outer[depth];
        }
        if current.has_begun {
            out.push(b',');
        }
        current.left -= 1;
        current.has_begun = true;
        let mut is_sensitive = current.is_sensitive;
        if current.is_map {
            let other;
            let key = match reader.short_text() {
                Some(key) => key,
                None => {
                    other = other_key(&mut reader)?;
                    &other
                }
            };
            is_sensitive |= names.contains(key);
            is_plain &= quote(out, key);
            out.push(b':');
        }
        if !is_sensitive && let Some(text) = reader.short_text() {
            is_plain &= quote(out, text);
            continue;
        }
        let rest = reader.rest();
        let (left, is_map) = match reader.element()? {
            Element::Text(text) if is_sensitive => {
                censored(out, text).ok_or_else(|| reader.not_utf8(text.len()))?;
                continue;
            }
            Element::Text(text) => {
                is_plain &= quote(out, text);
                continue;
            }
            Element::Other | Element::Ext(..) => {
                scalar(out, rest, is_sensitive)?;
                continue;
            }
            Element::Map(length) => (length, true),
            Element::List(length) => (length, false),
        };
        let Some(place) = outer.get_mut(depth) else {
            return Err(InvalidMessage::new("lists and maps nest too deep"));
        };
        *place = std::mem::replace(&mut current, Container { left, is_map, has_begun: false, is_sensitive });
        depth += 1;
        out.push(if is_map { b'{' } else { b'[' });
    }
}

/// A list or map that is being walked.
#[derive(Clone, Copy, Default)]
struct Container {
    /// How many values are to come.
    left: u32,
    is_map: bool,
    has_begun: bool,
    is_sensitive: bool,
}

/// The error for a value of which [`write`] made no UTF-8.
#[cold]
pub(super) fn why_not(msgpack: &[u8]) -> InvalidMessage {
    let mut reader = Reader::new(msgpack);
    loop {
        // At the latest there is one at the end.
        if let Err(error) = reader.token() {
            return error;
        }
    }
}

/// The text of a key that is a long text or none.
#[cold]
fn other_key<'a>(reader: &mut Reader<'a>) -> Result<Cow<'a, [u8]>, InvalidMessage> {
    let rest = reader.rest();
    if let Element::Text(key) = reader.element()? {
        return Ok(key.into());
    }
    Ok(json::text(&Value::from_scalar(Reader::new(rest).token()?)?).into_bytes().into())
}

/// Appends the first of these values, which is neither a text nor a container.
fn scalar(out: &mut Vec<u8>, rest: &[u8], is_sensitive: bool) -> Result<(), InvalidMessage> {
    match Reader::new(rest).token()? {
        Token::Null => out.extend_from_slice(b"null"),
        Token::Bool(true) => out.extend_from_slice(b"true"),
        Token::Bool(false) => out.extend_from_slice(b"false"),
        token if is_sensitive && !is_harmless(&token) => _ = quote(out, CENSORED.as_bytes()),
        Token::Integer(value) => match value.as_u64() {
            Some(digit @ 0..10) => out.push(b'0' + digit as u8),
            Some(value) => push_json(out, &value),
            None => push_json(out, &value.as_i64()),
        },
        Token::Float(value) if value.is_finite() => push_json(out, &value),
        Token::Bytes(bytes) => {
            out.extend_from_slice(b"{\"$bytes\":");
            quote(out, json::text(&Value::Bytes(bytes.to_owned())).as_bytes());
            out.push(b'}');
        }
        token => _ = quote(out, json::text(&Value::from_scalar(token)?).as_bytes()),
    }
    Ok(())
}

/// Appends what stands in the place of a sensitive text, which must be UTF-8 all the same.
fn censored(out: &mut Vec<u8>, text: &[u8]) -> Option<()> {
    std::str::from_utf8(text).ok()?;
    quote(out, if text.is_empty() { b"" } else { CENSORED.as_bytes() });
    Some(())
}

/// Appends a text in quotes; tells whether it is printable ASCII without any to be escaped.
#[inline(always)]
pub(super) fn quote(out: &mut Vec<u8>, text: &[u8]) -> bool {
    // Most texts are.
    let is_plain = !holds_unprintable_or::<b'"', b'\\'>(text);
    if !is_plain && holds_control_or::<b'"', b'\\'>(text) {
        escape(out, text);
        return false;
    }
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
    is_plain
}

#[cold]
fn escape(out: &mut Vec<u8>, text: &[u8]) {
    match std::str::from_utf8(text) {
        Ok(text) => push_json(out, text),
        // It makes the whole no UTF-8.
        Err(_) => out.extend_from_slice(text),
    }
}

fn push_json<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    // Texts and numbers can be written, and memory takes all of it.
    let _ = serde_json::to_writer(out, value);
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
