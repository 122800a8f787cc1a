//! Lists, sets, tuples and maps.

use soa_common::Value;

use super::{AdditionalValidator, Anything, Hashable};
use crate::schema::Schema;

/// A field for what has elements of one schema.
macro_rules! elements {
    ($(#[$meaning:meta])* $field:ident, $new:literal) => {
        $(#[$meaning])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct $field {
            /// What the value means.
            pub description: Option<String>,
            /// What each element looks like.
            pub contents: Box<Schema>,
            /// The least number of elements.
            pub min_length: Option<usize>,
            /// The greatest number of elements.
            pub max_length: Option<usize>,
            /// What else is checked when nothing is wrong.
            pub additional_validator: Option<AdditionalValidator>,
        }

        impl $field {
            #[doc = $new]
            #[must_use]
            pub fn new(contents: impl Into<Schema>) -> Self {
                Self {
                    description: None,
                    contents: Box::new(contents.into()),
                    min_length: None,
                    max_length: None,
                    additional_validator: None,
                }
            }

            described!();
            lengths!();
            validated!();
        }
    };
}

elements!(
    /// A list whose elements share one schema.
    List,
    "A list of such elements, of any length."
);
elements!(
    /// A list, a text or bytes, whose elements share one schema: a text has characters, bytes have integers.
    Sequence,
    "A list of such elements, a text of such characters or bytes of such integers."
);
elements!(
    /// A set whose elements share one schema. The wire carries it as a list.
    Set,
    "A set of such elements, of any size."
);

/// A list of fixed length whose elements have schemas of their own.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Tuple {
    /// What the value means.
    pub description: Option<String>,
    /// What each element looks like.
    pub contents: Vec<Schema>,
    /// What else is checked when nothing is wrong.
    pub additional_validator: Option<AdditionalValidator>,
}

/// A map with declared keys.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Dictionary {
    /// What the value means.
    pub description: Option<String>,
    /// The declared keys in order, each of them once.
    pub contents: Vec<Entry>,
    /// Whether keys that are not declared may be there.
    pub allow_extra_keys: bool,
    /// Whether introspection shows the order of the keys as a list.
    pub is_ordered: bool,
    /// What else is checked when nothing is wrong.
    pub additional_validator: Option<AdditionalValidator>,
}

/// A declared key of a [`Dictionary`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
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
#[non_exhaustive]
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
    /// What else is checked when nothing is wrong.
    pub additional_validator: Option<AdditionalValidator>,
}

impl Tuple {
    /// As many elements as there are schemas, each as its schema says.
    #[must_use]
    pub fn new<C: Into<Schema>>(contents: impl IntoIterator<Item = C>) -> Self {
        let contents = contents.into_iter().map(Into::into).collect();
        Self { description: None, contents, additional_validator: None }
    }

    described!();
    validated!();
}

impl Dictionary {
    /// A map without keys; extra ones are refused.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    described!();

    /// Declares a key that must be there, in the place of an earlier declaration of it.
    #[must_use]
    pub fn required(self, key: impl Into<Value>, schema: impl Into<Schema>) -> Self {
        self.declare(Entry { key: key.into(), schema: schema.into(), is_optional: false })
    }

    /// Declares a key that may be absent, in the place of an earlier declaration of it.
    #[must_use]
    pub fn optional(self, key: impl Into<Value>, schema: impl Into<Schema>) -> Self {
        self.declare(Entry { key: key.into(), schema: schema.into(), is_optional: true })
    }

    fn declare(mut self, entry: Entry) -> Self {
        match self.contents.iter_mut().find(|other| other.key == entry.key) {
            Some(other) => *other = entry,
            None => self.contents.push(entry),
        }
        self
    }

    /// Lets a declared key be absent; changes nothing when no such key was declared.
    #[must_use]
    pub fn make_optional(mut self, key: impl Into<Value>) -> Self {
        let key = key.into();
        for entry in self.contents.iter_mut().filter(|entry| entry.key == key) {
            entry.is_optional = true;
        }
        self
    }

    /// Lets keys pass that are not declared.
    #[must_use]
    pub fn allow_extra_keys(mut self) -> Self {
        self.allow_extra_keys = true;
        self
    }

    /// Shows the order of the keys in introspection.
    #[must_use]
    pub fn ordered(mut self) -> Self {
        self.is_ordered = true;
        self
    }

    validated!();
}

impl SchemalessDictionary {
    /// Any map.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    described!();
    lengths!();
    validated!();

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
            key_type: Box::new(Hashable::new().into()),
            value_type: Box::new(Anything::new().into()),
            min_length: None,
            max_length: None,
            additional_validator: None,
        }
    }
}
