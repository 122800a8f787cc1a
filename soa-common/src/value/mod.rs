//! Values without a Rust type: everything that can stand in a body.

mod amount;
mod convert;
mod decimal;
mod integer;
mod map;
mod moment;
mod parse;
mod read;
mod serde_impl;

pub use amount::Amount;
pub use decimal::Decimal;
pub use integer::Integer;
pub use map::Map;
pub use moment::{Date, DateTime, Time, UtcDateTime};

use std::fmt;

use crate::json;

/// Any value of the protocol (`docs/protocol.md`, section 7).
///
/// Typed code does not need it: bodies decode straight into serde types. It is for code that handles whatever comes.
/// Displayed, a value is [JSON for people](crate::json) on one line.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Nothing; Python's `None`.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number of up to 64 bits, signed or not.
    Integer(Integer),
    /// A floating-point number.
    Float(f64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Value>),
    /// A map, in the order of the wire.
    Map(Map),
    /// A date.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A date-time without a zone.
    DateTime(DateTime),
    /// A date-time in UTC.
    UtcDateTime(UtcDateTime),
    /// A decimal number.
    Decimal(Decimal),
    /// An amount of money.
    Amount(Amount),
}

impl Value {
    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(value) => Some(value),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The integer, if it is one and fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => value.as_i64(),
            _ => None,
        }
    }

    /// The number as a float, if it is an integer or a float.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(value.as_f64()),
            Self::Float(value) => Some(*value),
            _ => None,
        }
    }

    /// The list, if it is one.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(values) => Some(values),
            _ => None,
        }
    }

    /// The map, if it is one.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        json::to_json(self).fmt(f)
    }
}
