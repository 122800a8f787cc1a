//! Numbers of any kind to compare with, and the range between two of them.

use std::{cmp::Ordering, fmt};

use soa_common::{Decimal, Integer};

use crate::schema::python::{Operand, print};

/// A number to compare with.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Number {
    /// A whole number.
    Integer(Integer),
    /// A float.
    Float(f64),
    /// A decimal.
    Decimal(Decimal),
}

/// The bounds of a value, checked in this order.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Bounds<T = Number> {
    /// The value is greater.
    pub gt: Option<T>,
    /// The value is less.
    pub lt: Option<T>,
    /// The value is greater or equal.
    pub gte: Option<T>,
    /// The value is less or equal.
    pub lte: Option<T>,
}

impl<T> Default for Bounds<T> {
    fn default() -> Self {
        Self { gt: None, lt: None, gte: None, lte: None }
    }
}

impl<T> Bounds<T> {
    /// Calls `fail` for each bound the value misses, with the bound's sign; `compare` compares the value with a bound.
    /// What cannot be compared misses a bound if `unordered_misses`.
    pub(in crate::schema) fn check(
        &self,
        unordered_misses: bool,
        compare: impl Fn(&T) -> Option<Ordering>,
        mut fail: impl FnMut(&'static str, &T),
    ) {
        for (sign, bound, is_met) in [
            (">", &self.gt, Ordering::is_gt as fn(Ordering) -> bool),
            ("<", &self.lt, Ordering::is_lt),
            (">=", &self.gte, Ordering::is_ge),
            ("<=", &self.lte, Ordering::is_le),
        ] {
            if let Some(bound) = bound
                && !compare(bound).map_or(!unordered_misses, is_met)
            {
                fail(sign, bound);
            }
        }
    }
}

impl Number {
    pub(in crate::schema) fn operand(&self) -> Operand<'_> {
        match self {
            Self::Integer(number) => Operand::Integer(*number),
            Self::Float(number) => Operand::Float(*number),
            Self::Decimal(number) => Operand::Decimal(number.as_str()),
        }
    }
}

impl PartialOrd for Number {
    /// Compares exactly, whatever the kinds of the numbers are.
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.operand().compare(other.operand())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => number.fmt(f),
            Self::Float(number) => f.write_str(&print::float(*number)),
            Self::Decimal(number) => number.fmt(f),
        }
    }
}

macro_rules! from {
    ($($type:ty => $variant:ident),*) => {$(
        impl From<$type> for Number {
            fn from(number: $type) -> Self {
                Self::$variant(number.into())
            }
        }
    )*};
}

from!(
    i8 => Integer, i16 => Integer, i32 => Integer, i64 => Integer,
    u8 => Integer, u16 => Integer, u32 => Integer, u64 => Integer,
    Integer => Integer, f64 => Float, Decimal => Decimal
);
