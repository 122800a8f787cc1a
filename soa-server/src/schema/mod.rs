//! Schemas: what the bodies of an action must look like, as data that mirrors the fields of Conformity.
//!
//! A schema finds all that is wrong with a value at once, in PySOA's words:
//!
//! ```
//! use soa_server::schema::{Dictionary, Integer, Schema, Text};
//!
//! let schema = Schema::from(
//!     Dictionary::new()
//!         .required("number", Integer::new().gte(0).description("The number to square"))
//!         .optional("note", Schema::nullable(Text::new())),
//! );
//! let body = soa_common::Body::encode(&serde_json::json!({"number": -1, "nmber": 3}))?;
//! let violations: Vec<_> = schema.validate(&body.to_msgpack()).into_iter().map(|v| v.message).collect();
//! assert_eq!(violations, ["Value not >= 0", "Extra keys present: nmber"]);
//! # Ok::<(), soa_common::InvalidField>(())
//! ```

#[macro_use]
mod builders;
mod container;
mod number;
mod scalar;

mod compare;
mod path;
mod print;
mod validate;

pub use container::{Dictionary, Entry, List, SchemalessDictionary};
pub use number::{Bounds, Number};
pub(crate) use path::Path;
pub use scalar::{Anything, Boolean, Constant, Float, Integer, Text};
pub use validate::Violation;

/// What a value must look like.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Schema {
    /// Any value.
    Anything(Anything),
    /// Any value but lists and maps.
    Hashable,
    /// Nothing.
    Null,
    /// A truth value.
    Boolean(Boolean),
    /// A whole number.
    Integer(Integer),
    /// A float or a whole number.
    Float(Float),
    /// A text.
    Text(Text),
    /// One of a few given values.
    Constant(Constant),
    /// Nothing, or what the inner schema takes.
    Nullable(Box<Schema>),
    /// A list.
    List(List),
    /// A map with the declared keys.
    Dictionary(Dictionary),
    /// A map with any keys.
    SchemalessDictionary(SchemalessDictionary),
}

impl Schema {
    /// Nothing, or what the inner schema takes.
    #[must_use]
    pub fn nullable(inner: impl Into<Self>) -> Self {
        Self::Nullable(Box::new(inner.into()))
    }
}

macro_rules! from {
    ($($field:ident),*) => {$(
        impl From<$field> for Schema {
            fn from(field: $field) -> Self {
                Self::$field(field)
            }
        }
    )*};
}

from!(Anything, Boolean, Integer, Float, Text, Constant, List, Dictionary, SchemalessDictionary);
