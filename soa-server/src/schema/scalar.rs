use soa_common::Value;

use super::{Bounds, Number};

/// Any value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Anything {
    /// What the value means.
    pub description: Option<String>,
}

field!(Anything, "Any value.",);

/// Any value but lists and maps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hashable {
    /// What the value means.
    pub description: Option<String>,
}

field!(Hashable, "Any value but lists and maps.",);

/// A truth value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Boolean {
    /// What the value means.
    pub description: Option<String>,
}

field!(Boolean, "A truth value.",);

/// A whole number; a truth value is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Integer {
    /// What the value means.
    pub description: Option<String>,
    /// The range it lies in.
    pub bounds: Bounds,
    /// A range that is checked and not shown, as the one of a Rust type is.
    pub(super) hidden_bounds: Bounds,
}

field!(Integer, "A whole number of any size.", bounded!(Number););

/// A float or a whole number; a truth value is neither.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Float {
    /// What the value means.
    pub description: Option<String>,
    /// The range it lies in; not-a-number lies in every range.
    pub bounds: Bounds,
}

field!(
    Float,
    "A number of any size.",
    bounded!(Number);

    /// A geographic latitude: -90 to 90.
    #[must_use]
    pub fn latitude() -> Self {
        Self::new().gte(-90).lte(90)
    }

    /// A geographic longitude: -180 to 180.
    #[must_use]
    pub fn longitude() -> Self {
        Self::new().gte(-180).lte(180)
    }
);

/// A decimal number; integers and floats are none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decimal {
    /// What the value means.
    pub description: Option<String>,
    /// The range it lies in; not-a-number lies in no range.
    pub bounds: Bounds,
}

field!(Decimal, "A decimal number of any size.", bounded!(Number););

/// One of a few given values, equal as in Python: `1`, `1.0` and `true` are the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    /// What the value means.
    pub description: Option<String>,
    /// The values.
    pub values: Vec<Value>,
}

impl Constant {
    /// One of the given values.
    #[must_use]
    pub fn new<V: Into<Value>>(values: impl IntoIterator<Item = V>) -> Self {
        Self { description: None, values: values.into_iter().map(Into::into).collect() }
    }

    described!();
}
