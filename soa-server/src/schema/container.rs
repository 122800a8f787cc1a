use soa_common::Value;

use super::Schema;

/// A list whose elements share one schema.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    /// What the value means.
    pub description: Option<String>,
    /// What each element looks like.
    pub contents: Box<Schema>,
    /// The least number of elements.
    pub min_length: Option<usize>,
    /// The greatest number of elements.
    pub max_length: Option<usize>,
}

/// A map with declared keys.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dictionary {
    /// What the value means.
    pub description: Option<String>,
    /// The declared keys in order.
    pub contents: Vec<Entry>,
    /// Whether keys that are not declared may be there.
    pub allow_extra_keys: bool,
}

/// A declared key of a [`Dictionary`].
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key: a text, as a rule, or another scalar.
    pub key: Value,
    /// What the value under it looks like.
    pub schema: Schema,
    /// Whether the key may be absent.
    pub is_optional: bool,
}

/// A map with any keys.
#[derive(Clone, Debug, PartialEq)]
pub struct SchemalessDictionary {
    /// What the value means.
    pub description: Option<String>,
    /// What each key looks like.
    pub key_type: Box<Schema>,
    /// What each value looks like.
    pub value_type: Box<Schema>,
    /// The least number of entries.
    pub min_length: Option<usize>,
    /// The greatest number of entries.
    pub max_length: Option<usize>,
}

impl List {
    /// A list of such elements, of any length.
    #[must_use]
    pub fn new(contents: impl Into<Schema>) -> Self {
        Self { description: None, contents: Box::new(contents.into()), min_length: None, max_length: None }
    }

    described!();
    lengths!();
}

impl Dictionary {
    /// A map without keys; extra ones are refused.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    described!();

    /// Declares a key that must be there.
    #[must_use]
    pub fn required(mut self, key: impl Into<Value>, schema: impl Into<Schema>) -> Self {
        self.contents.push(Entry { key: key.into(), schema: schema.into(), is_optional: false });
        self
    }

    /// Declares a key that may be absent.
    #[must_use]
    pub fn optional(mut self, key: impl Into<Value>, schema: impl Into<Schema>) -> Self {
        self.contents.push(Entry { key: key.into(), schema: schema.into(), is_optional: true });
        self
    }

    /// Lets keys pass that are not declared.
    #[must_use]
    pub fn allow_extra_keys(mut self) -> Self {
        self.allow_extra_keys = true;
        self
    }
}

impl SchemalessDictionary {
    /// Any map.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    described!();
    lengths!();

    /// What each key must look like.
    #[must_use]
    pub fn keys(mut self, schema: impl Into<Schema>) -> Self {
        *self.key_type = schema.into();
        self
    }

    /// What each value must look like.
    #[must_use]
    pub fn values(mut self, schema: impl Into<Schema>) -> Self {
        *self.value_type = schema.into();
        self
    }
}

impl Default for SchemalessDictionary {
    fn default() -> Self {
        Self {
            description: None,
            key_type: Box::new(Schema::Hashable),
            value_type: Box::new(Schema::Anything(super::Anything::new())),
            min_length: None,
            max_length: None,
        }
    }
}
