//! Equality and order of scalars as in Python.

use std::cmp::Ordering;

use soa_common::{
    Amount, Date, DateTime, Time, UtcDateTime, Value,
    msgpack::{Token, ext},
};

use super::{operand::Operand, print};

/// Equality of scalars as in Python, where `True`, `1`, `1.0` and a decimal one are equal.
pub(super) fn equals(value: &Value, token: Token<'_>) -> bool {
    match (value, token) {
        (Value::Text(a), Token::Text(b)) => a == b,
        (Value::Bytes(a), Token::Bytes(b)) => a == b,
        (Value::Null, Token::Null) => true,
        (Value::Date(a), Token::Ext(ext::DATE, b)) => Date::from_wire(b).is_ok_and(|b| *a == b),
        (Value::Time(a), Token::Ext(ext::TIME, b)) => Time::from_wire(b).is_ok_and(|b| *a == b),
        (Value::DateTime(a), Token::Ext(ext::DATETIME, b)) => DateTime::from_wire(b).is_ok_and(|b| *a == b),
        (Value::UtcDateTime(a), Token::Ext(ext::UTC_DATETIME, b)) => UtcDateTime::from_wire(b).is_ok_and(|b| *a == b),
        (Value::Amount(a), Token::Ext(ext::AMOUNT, b)) => Amount::from_wire(b).is_ok_and(|b| *a == b),
        (value, token) => {
            let numbers = number(value).zip(Operand::of(token));
            numbers.is_some_and(|(a, b)| a.compare(b) == Some(Ordering::Equal))
        }
    }
}

fn number(value: &Value) -> Option<Operand<'_>> {
    Some(match value {
        Value::Bool(truth) => Operand::Integer(u64::from(*truth).into()),
        Value::Integer(number) => Operand::Integer(*number),
        Value::Float(number) => Operand::Float(*number),
        Value::Decimal(number) => Operand::Decimal(number.as_str()),
        _ => return None,
    })
}

/// Null, then truth values and numbers by value, then everything else, bytes, then text by code point.
pub(super) fn by_kind_and_value(a: &Value, b: &Value) -> Ordering {
    let kind = |value: &Value| match value {
        Value::Null => 0,
        Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::Decimal(_) => 1,
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
            (Some(a), Some(b)) => a.compare(b).unwrap_or_else(|| a.compare(a).is_none().cmp(&b.compare(b).is_none())),
            _ => print::text(a).cmp(&print::text(b)),
        },
    })
}
