use std::{cmp::Ordering, fmt};

use soa_common::Integer;

use super::print;

/// A number to compare with.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Number {
    /// A whole number.
    Integer(Integer),
    /// A float.
    Float(f64),
}

/// The bounds of a value, checked in this order.
#[derive(Clone, Debug, PartialEq)]
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

impl Bounds {
    /// Calls `fail` for each bound the value misses, with the bound's sign. Not-a-number misses none.
    pub(super) fn check(&self, value: Number, mut fail: impl FnMut(&'static str, Number)) {
        use Ordering::{Equal, Greater, Less};
        for (sign, bound, misses) in [
            (">", self.gt, [Less, Equal]),
            ("<", self.lt, [Greater, Equal]),
            (">=", self.gte, [Less, Less]),
            ("<=", self.lte, [Greater, Greater]),
        ] {
            let Some(bound) = bound else { continue };
            if value.partial_cmp(&bound).is_some_and(|ordering| misses.contains(&ordering)) {
                fail(sign, bound);
            }
        }
    }
}

impl Number {
    pub(super) fn as_f64(self) -> f64 {
        match self {
            Self::Integer(number) => number.as_f64(),
            Self::Float(number) => number,
        }
    }
}

impl PartialOrd for Number {
    /// Compares exactly, also where a whole number has no equal float.
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (*self, *other) {
            (Self::Integer(a), Self::Integer(b)) => a.partial_cmp(&b),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(&b),
            (Self::Integer(a), Self::Float(b)) => compare(a, b),
            (Self::Float(a), Self::Integer(b)) => compare(b, a).map(Ordering::reverse),
        }
    }
}

fn compare(integer: Integer, float: f64) -> Option<Ordering> {
    // Rounding keeps the order, so only floats that seem equal need a second look; those are whole numbers of at most
    // 65 bits, or the integer is small enough for its float to be exact.
    match integer.as_f64().partial_cmp(&float)? {
        Ordering::Equal => Some(wide(integer).cmp(&(float as i128))),
        ordering => Some(ordering),
    }
}

pub(super) fn wide(integer: Integer) -> i128 {
    let negative = integer.as_i64().map(i128::from);
    negative.or(integer.as_u64().map(i128::from)).unwrap_or_default()
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => number.fmt(f),
            Self::Float(number) => f.write_str(&print::float(*number)),
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

from!(i32 => Integer, i64 => Integer, u32 => Integer, u64 => Integer, f64 => Float);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_and_floats_compare_exactly() {
        for (a, b, expected) in [
            (Number::from(u64::MAX), Number::from(18_446_744_073_709_551_616.0), Ordering::Less),
            (Number::from(9_007_199_254_740_993_i64), Number::from(9_007_199_254_740_992.0), Ordering::Greater),
            (Number::from(1), Number::from(1.0), Ordering::Equal),
            (Number::from(1), Number::from(1.5), Ordering::Less),
            (Number::from(i64::MIN), Number::from(f64::NEG_INFINITY), Ordering::Greater),
        ] {
            assert_eq!(a.partial_cmp(&b), Some(expected), "{a} and {b}");
            assert_eq!(b.partial_cmp(&a), Some(expected.reverse()), "{b} and {a}");
        }
        assert_eq!(Number::from(1).partial_cmp(&Number::from(f64::NAN)), None);
    }
}
