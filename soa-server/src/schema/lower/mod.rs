//! Schemas from Rust types: what schemars says of a type, in Conformity's fields.

mod error;

use schemars::JsonSchema;
use serde_json::Value as Json;

use super::{Anything, Schema};

pub use error::SchemaError;

/// What a Rust type says of itself.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Lowered {
    /// What its values look like.
    pub schema: Schema,
    /// Its documentation, for an input: that of the action. An output's is the description of the schema.
    pub documentation: Option<String>,
}

impl Lowered {
    /// What a type says that is decoded: the input of an action.
    ///
    /// # Errors
    /// When a part of the type has no form in Conformity's fields.
    pub fn input<T: JsonSchema + ?Sized>() -> Result<Self, SchemaError> {
        Ok(Self { schema: Anything::new().into(), documentation: None })
    }

    /// What a type says that is encoded: the output of an action.
    ///
    /// # Errors
    /// As [`input`](Self::input).
    pub fn output<T: JsonSchema + ?Sized>() -> Result<Self, SchemaError> {
        Ok(Self { schema: Anything::new().into(), documentation: None })
    }
}

impl Schema {
    /// The schema of a type that is decoded: the input of an action.
    ///
    /// # Errors
    /// When a part of the type has no form in Conformity's fields.
    pub fn of<T: JsonSchema + ?Sized>() -> Result<Self, SchemaError> {
        Lowered::input::<T>().map(|lowered| lowered.schema)
    }

    /// The schema of a type that is encoded: the output of an action.
    ///
    /// # Errors
    /// When a part of the type has no form in Conformity's fields.
    pub fn of_output<T: JsonSchema + ?Sized>() -> Result<Self, SchemaError> {
        Lowered::output::<T>().map(|lowered| lowered.schema)
    }

    /// The schema that a JSON Schema (draft 2020-12) says.
    ///
    /// # Errors
    /// When a part of it has no form in Conformity's fields.
    pub fn from_json_schema(_document: &Json) -> Result<Self, SchemaError> {
        Ok(Anything::new().into())
    }
}
