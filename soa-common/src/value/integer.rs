use std::fmt;

/// A whole number that fits `i64` or `u64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Integer(Repr);

/// In this order, so that numbers compare as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Repr {
    Negative(i64),
    Unsigned(u64),
}

impl Integer {
    /// The number as `i64`, if it fits.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        match self.0 {
            Repr::Negative(value) => Some(value),
            Repr::Unsigned(value) => value.try_into().ok(),
        }
    }

    /// The number as `u64`, if it fits.
    #[must_use]
    pub fn as_u64(self) -> Option<u64> {
        match self.0 {
            Repr::Negative(_) => None,
            Repr::Unsigned(value) => Some(value),
        }
    }

    /// The nearest float.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        match self.0 {
            Repr::Negative(value) => value as f64,
            Repr::Unsigned(value) => value as f64,
        }
    }
}

impl From<u64> for Integer {
    fn from(value: u64) -> Self {
        Self(Repr::Unsigned(value))
    }
}

impl From<i64> for Integer {
    fn from(value: i64) -> Self {
        Self(u64::try_from(value).map_or(Repr::Negative(value), Repr::Unsigned))
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Repr::Negative(value) => value.fmt(f),
            Repr::Unsigned(value) => value.fmt(f),
        }
    }
}

macro_rules! from {
    ($($wide:ty: $($type:ty),*;)*) => {$($(
        impl From<$type> for Integer {
            fn from(value: $type) -> Self {
                <$wide>::from(value).into()
            }
        }
    )*)*};
}

from! {
    i64: i8, i16, i32;
    u64: u8, u16, u32;
}

macro_rules! value_from {
    ($($type:ty),*) => {$(
        impl From<$type> for super::Value {
            fn from(value: $type) -> Self {
                Self::Integer(value.into())
            }
        }
    )*};
}

value_from!(i8, i16, i32, i64, u8, u16, u32, u64);
