use std::fmt;

/// A whole number that fits `i64` or `u64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Integer(i128);

impl Integer {
    /// The number as `i64`, if it fits.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        i64::try_from(self.0).ok()
    }

    /// The number as `u64`, if it fits.
    #[must_use]
    pub fn as_u64(self) -> Option<u64> {
        u64::try_from(self.0).ok()
    }

    /// The nearest float.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.0 as f64
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! from {
    ($($type:ty),*) => {$(
        impl From<$type> for Integer {
            fn from(value: $type) -> Self {
                Self(i128::from(value))
            }
        }

        impl From<$type> for super::Value {
            fn from(value: $type) -> Self {
                Self::Integer(value.into())
            }
        }
    )*};
}

from!(i8, i16, i32, i64, u8, u16, u32, u64);
