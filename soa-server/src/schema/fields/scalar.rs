//! What has no elements and no form: anything, truth values, numbers, constants.

use soa_common::Value;

use super::{Bounds, Number};

/// Any value.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Anything {
    /// What the value means.
    pub description: Option<String>,
}

field!(Anything, "Any value.",);

/// Any value but lists, maps and amounts of money.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Hashable {
    /// What the value means.
    pub description: Option<String>,
}

field!(Hashable, "Any value but lists, maps and amounts of money.",);

/// A truth value.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Boolean {
    /// What the value means.
    pub description: Option<String>,
}

field!(Boolean, "A truth value.",);

/// A whole number; a truth value is none.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Integer {
    /// What the value means.
    pub description: Option<String>,
    /// The range it lies in.
    pub bounds: Bounds,
    /// A range that is checked and not shown, as the one of a Rust type is.
    pub(in crate::schema) hidden_bounds: Bounds,
}

field!(Integer, "A whole number of any size.", bounded!(Number););

/// A float or a whole number; a truth value is neither.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Float {
    /// What the value means.
    pub description: Option<String>,
    /// The range it lies in; not-a-number lies in every range.
    pub bounds: Bounds,
    /// What bounds of the builder are clipped to, on both sides of zero.
    limit: Option<i32>,
}

field!(
    Float,
    "A number of any size.",
    bounded_exclusively!(Number);

    /// The value is this or more; no less than the least latitude or longitude if it is one.
    #[must_use]
    pub fn gte(mut self, bound: impl Into<Number>) -> Self {
        let bound = bound.into();
        self.bounds.gte = Some(self.limit.map(|limit| Number::from(-limit)).filter(|least| bound < *least).unwrap_or(bound));
        self
    }

    /// The value is this or less; no more than the greatest latitude or longitude if it is one.
    #[must_use]
    pub fn lte(mut self, bound: impl Into<Number>) -> Self {
        let bound = bound.into();
        self.bounds.lte = Some(self.limit.map(Number::from).filter(|most| bound > *most).unwrap_or(bound));
        self
    }

    /// A geographic latitude: -90 to 90. Bounds given later narrow that, and never widen it. (A bound of 0 counts,
    /// where Conformity forgets it.)
    ///
    /// ```
    /// use soa_server::schema::Float;
    ///
    /// let northern = Float::latitude().gte(0).lte(200);
    /// assert_eq!(northern.bounds, Float::new().gte(0).lte(90).bounds);
    /// ```
    #[must_use]
    pub fn latitude() -> Self {
        Self { limit: Some(90), ..Self::new() }.gte(-90).lte(90)
    }

    /// A geographic longitude: -180 to 180. Bounds given later narrow that, as those of a latitude do.
    #[must_use]
    pub fn longitude() -> Self {
        Self { limit: Some(180), ..Self::new() }.gte(-180).lte(180)
    }
);

/// A decimal number; integers and floats are none.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Decimal {
    /// What the value means.
    pub description: Option<String>,
    /// The range it lies in; not-a-number lies in no range.
    pub bounds: Bounds,
}

field!(Decimal, "A decimal number of any size.", bounded!(Number););

/// One of a few given values, equal as in Python: `1`, `1.0` and `true` are the same.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
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
