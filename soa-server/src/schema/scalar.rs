use soa_common::Value;

use super::{Bounds, Number};

/// Any value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Anything {
    /// What the value means.
    pub description: Option<String>,
}

/// A truth value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Boolean {
    /// What the value means.
    pub description: Option<String>,
}

/// A whole number; a truth value is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Integer {
    /// What the value means.
    pub description: Option<String>,
    /// The range it lies in.
    pub bounds: Bounds,
}

/// A float or a whole number; a truth value is neither.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Float {
    /// What the value means.
    pub description: Option<String>,
    /// The range it lies in; not-a-number lies in every range.
    pub bounds: Bounds,
}

/// A text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    /// What the value means.
    pub description: Option<String>,
    /// The least number of code points.
    pub min_length: Option<usize>,
    /// The greatest number of code points.
    pub max_length: Option<usize>,
    /// Whether it must hold more than white space.
    pub is_not_blank: bool,
}

/// One of a few given values, equal as in Python: `1`, `1.0` and `true` are the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    /// What the value means.
    pub description: Option<String>,
    /// The values.
    pub values: Vec<Value>,
}

impl Anything {
    /// Any value.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    described!();
}

impl Boolean {
    /// A truth value.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    described!();
}

impl Integer {
    /// A whole number of any size.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    described!();
    bounded!();
}

impl Float {
    /// A number of any size.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    described!();
    bounded!();
}

impl Text {
    /// Any text.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    described!();

    lengths!();

    /// The text must hold more than white space.
    #[must_use]
    pub fn not_blank(mut self) -> Self {
        self.is_not_blank = true;
        self
    }
}

impl Constant {
    /// One of the given values.
    #[must_use]
    pub fn new<V: Into<Value>>(values: impl IntoIterator<Item = V>) -> Self {
        Self { description: None, values: values.into_iter().map(Into::into).collect() }
    }

    described!();
}
