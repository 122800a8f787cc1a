//! Schemas from Rust types: what schemars says of a type, in Conformity's fields.

mod combinations;
mod containers;
mod describe;
mod error;
mod lowering;
mod markers;
mod node;
mod numbers;
mod texts;
mod types;

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value as Json;

use self::lowering::Lowering;
use super::Schema;

pub use error::SchemaError;

/// What a Rust type says of itself.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Lowered {
    /// What its values look like.
    pub schema: Schema,
    /// The documentation of an input, which is that of its action. An output's is the description of its schema.
    pub documentation: Option<String>,
}

impl Lowered {
    /// What a type says that is decoded: the input of an action.
    ///
    /// # Errors
    /// As [`Schema::of`].
    pub fn input<T: JsonSchema + ?Sized>() -> Result<Self, SchemaError> {
        let (mut document, bytes) = document::<T>(SchemaSettings::draft2020_12());
        let description = document.as_object_mut().and_then(|keywords| keywords.remove("description"));
        let documentation = description.as_ref().and_then(Json::as_str).map(|text| text.trim().to_owned());
        let subject = format!("input `{}`", std::any::type_name::<T>());
        let schema = Lowering::new(&document, subject, bytes).lower(&document)?;
        Ok(Self { schema, documentation })
    }

    /// What a type says that is encoded: the output of an action.
    ///
    /// # Errors
    /// As [`Schema::of`].
    pub fn output<T: JsonSchema + ?Sized>() -> Result<Self, SchemaError> {
        let (document, bytes) = document::<T>(SchemaSettings::draft2020_12().for_serialize());
        let subject = format!("output `{}`", std::any::type_name::<T>());
        let schema = Lowering::new(&document, subject, bytes).lower(&document)?;
        Ok(Self { schema, documentation: None })
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
    /// As [`of`](Self::of).
    pub fn of_output<T: JsonSchema + ?Sized>() -> Result<Self, SchemaError> {
        Lowered::output::<T>().map(|lowered| lowered.schema)
    }

    /// The schema that a JSON Schema (draft 2020-12) says, by the same rules as [`of`](Self::of).
    ///
    /// # Errors
    /// When a part of it has no form in Conformity's fields.
    pub fn from_json_schema(document: &Json) -> Result<Self, SchemaError> {
        let title = document.get("title").and_then(Json::as_str).map(|title| format!(" `{title}`"));
        let subject = format!("JSON Schema{}", title.unwrap_or_default());
        Lowering::new(document, subject, "#/$defs/Bytes".to_owned()).lower(document)
    }
}

/// The JSON Schema of a type, and the reference under which it would hold bytes.
fn document<T: JsonSchema + ?Sized>(settings: SchemaSettings) -> (Json, String) {
    let mut generator = settings.into_generator();
    let document = generator.root_schema_for::<T>().to_value();
    let bytes = generator.subschema_for::<bytes::Bytes>();
    let reference = bytes.get("$ref").and_then(Json::as_str).unwrap_or_default();
    (document, reference.to_owned())
}
