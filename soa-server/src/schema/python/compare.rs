//! Equality and order of scalars as in Python.

use std::cmp::Ordering;

use soa_common::{
    Amount, Date, DateTime, Time, UtcDateTime, Value,
    msgpack::{Token, ext},
};

use super::{Operand, print};

/// Equality of scalars as in Python, where `True`, `1`, `1.0` and a decimal one are equal.
pub(in crate::schema) fn equals(value: &Value, token: Token<'_>) -> bool {
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

/// The different ones of the values: null, then truth values and numbers by value, then everything else, bytes, then text
/// by code point. Of those that are equal it gives the first.
///
/// What values are sorted by is made once of each. Were it made for each comparison, one long value among many would take
/// quadratic time.
pub(in crate::schema) fn distinct(values: &[Value]) -> Vec<&Value> {
    let mut ranked: Vec<_> = values.iter().map(|value| (Rank::of(value), value)).collect();
    ranked.sort_by(|(a, _), (b, _)| a.cmp(b));
    ranked.dedup_by(|(a, _), (b, _)| a == b);
    ranked.into_iter().map(|(_, value)| value).collect()
}

/// The order of [`distinct`], for few values.
pub(in crate::schema) fn by_kind_and_value(a: &Value, b: &Value) -> Ordering {
    Rank::of(a).cmp(&Rank::of(b))
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Rank<'a> {
    Null,
    Number(Vec<u8>),
    Printed(String),
    Bytes(&'a [u8]),
    Text(&'a str),
}

impl<'a> Rank<'a> {
    fn of(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bytes(bytes) => Self::Bytes(bytes),
            Value::Text(text) => Self::Text(text),
            _ => match number(value) {
                Some(number) => Self::Number(number.rank()),
                None => Self::Printed(print::text(value)),
            },
        }
    }
}
