//! Equality and order of scalars as in Python.

use std::cmp::Ordering;

use soa_common::{
    Value,
    msgpack::{Token, Writer},
};

use super::{Number, print};

/// Equality of scalars as in Python, where `True`, `1` and `1.0` are equal.
pub(super) fn equals(value: &Value, token: Token<'_>) -> bool {
    match (value, token) {
        (Value::Text(a), Token::Text(b)) => a == b,
        (Value::Bytes(a), Token::Bytes(b)) => a == b,
        (Value::Null, Token::Null) => true,
        (value, Token::Ext(kind, payload)) => {
            // Rare enough to be decoded.
            let mut raw = Vec::new();
            Writer::new(&mut raw).ext(kind, payload);
            Value::from_msgpack(&raw).is_ok_and(|other| other == *value)
        }
        (value, token) => {
            let other = match token {
                Token::Bool(other) => Number::Integer(u8::from(other).into()),
                Token::Integer(other) => Number::Integer(other),
                Token::Float(other) => Number::Float(other),
                _ => return false,
            };
            number(value).is_some_and(|number| number.partial_cmp(&other) == Some(Ordering::Equal))
        }
    }
}

fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Bool(value) => Some(Number::Integer(u8::from(*value).into())),
        Value::Integer(value) => Some(Number::Integer(*value)),
        Value::Float(value) => Some(Number::Float(*value)),
        _ => None,
    }
}

/// Null, then truth values and numbers by value, then everything else, bytes, then text by code point.
pub(super) fn by_kind_and_value(a: &Value, b: &Value) -> Ordering {
    let kind = |value: &Value| match value {
        Value::Null => 0,
        Value::Bool(_) | Value::Integer(_) | Value::Float(_) => 1,
        Value::Bytes(_) => 3,
        Value::Text(_) => 4,
        _ => 2,
    };
    kind(a).cmp(&kind(b)).then_with(|| match (a, b) {
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        _ => match (number(a), number(b)) {
            // Not-a-number behind all numbers, so that it is an order: sorting panics on what is none.
            (Some(a), Some(b)) => {
                a.partial_cmp(&b).unwrap_or_else(|| (a.partial_cmp(&a).is_none()).cmp(&b.partial_cmp(&b).is_none()))
            }
            _ => print::text(a).cmp(&print::text(b)),
        },
    })
}
