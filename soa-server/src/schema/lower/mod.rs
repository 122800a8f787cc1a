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
    /// The type says it by `#[derive(JsonSchema)]`, with the attributes of serde, of schemars and of the crates `garde` and
    /// `validator`. Doc comments become descriptions.
    ///
    /// ```
    /// use soa_server::{Schema, schemars::{self, JsonSchema}};
    ///
    /// #[derive(serde::Deserialize, JsonSchema)]
    /// struct Order {
    ///     /// What is ordered.
    ///     #[schemars(length(min = 1))]
    ///     articles: Vec<String>,
    ///     priority: Option<u8>,
    /// }
    ///
    /// let schema = Schema::of::<Order>()?;
    /// let order = soa_common::Body::encode(&serde_json::json!({"articles": [], "priority": 300, "gift": true}))?;
    /// let violations: Vec<_> = schema.validate(&order.to_msgpack()).into_iter().map(|v| v.message).collect();
    /// assert_eq!(violations, ["List is shorter than 1", "Value not <= 255", "Extra keys present: gift"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// What may surprise:
    /// - Keys that a struct does not have are refused, although serde would ignore them. A flattened map takes them.
    /// - `Option<T>` may be absent and may be null. `#[serde(default)] T` may be absent and may not be null.
    ///   `#[schemars(required)] Option<T>` is neither.
    /// - Integers have the range of their type: a `u8` is 0 to 255. Introspection shows the range of those of 8 and 16
    ///   bits, and that unsigned ones are not negative; what fits the others is checked and not shown.
    /// - `Vec<u8>` is a list of integers. Bytes are `bytes::Bytes`, or a field that travels
    ///   [as them](soa_common::As).
    /// - Types of other crates look as they are in JSON: a UUID and a `chrono` date are texts, of any form as far as the
    ///   schema goes. A field can travel [as](soa_common::As) a date, time or decimal of the protocol.
    /// - Enums that are `untagged` or have a `tag`, and structs with a flattened part, are decoded from a copy that serde
    ///   makes first, so they cost more than other types.
    /// - Where a type contains itself, the inner one takes anything; serde checks it when the body is decoded.
    /// - A variant of an enum with a `tag` that holds nothing but the enum itself (`Not(Box<Self>)`) sends schemars into
    ///   endless recursion. Give it a named field: `Not { inner: Box<Self> }`.
    /// - A flattened enum beside other fields has no schema; give the enum a field of its own.
    /// - Signed integers without zero, such as `NonZeroI64`, have no schema. Unsigned ones have.
    /// - Keys of a map that are truth values are texts to schemars and truth values on the wire, so such a map needs a
    ///   schema built by hand.
    ///
    /// `#[schemars(extend("x-soa" = "…"))]` makes a field what Rust's types have no word for: `date`, `time`, `datetime`,
    /// `decimal`, `amount`, `bytes`, `latitude`, `longitude`, `unicode_decimal`, `currency`, `country`, `hashable`, or a
    /// text that is `not_blank`. The bounds are `x-soa-gt`, `x-soa-gte`, `x-soa-lt` and `x-soa-lte`.
    ///
    /// # Errors
    /// When a part of the type has no form in Conformity's fields, or its references expand into more than 50,000 of them.
    /// The error says which part.
    pub fn of<T: JsonSchema + ?Sized>() -> Result<Self, SchemaError> {
        Lowered::input::<T>().map(|lowered| lowered.schema)
    }

    /// The schema of a type that is encoded: the output of an action.
    ///
    /// It differs from that of an input in names (`rename(serialize = …)`), in fields that are skipped in one direction,
    /// and in defaults: what serde always writes is required.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn of_output<T: JsonSchema + ?Sized>() -> Result<Self, SchemaError> {
        Lowered::output::<T>().map(|lowered| lowered.schema)
    }

    /// The schema that a JSON Schema (draft 2020-12) says, by the same rules as [`of`](Self::of): objects take no keys but
    /// their properties unless `additionalProperties` lets them.
    ///
    /// ```
    /// let order = serde_json::json!({
    ///     "type": "object",
    ///     "properties": {"id": {"type": "string", "pattern": "^[A-Z]{3}$"}},
    ///     "required": ["id"],
    /// });
    /// let schema = soa_server::Schema::from_json_schema(&order)?;
    /// # Ok::<(), soa_server::schema::SchemaError>(())
    /// ```
    ///
    /// # Errors
    /// When a part of it has no form in Conformity's fields, or is no JSON Schema. Keywords that nobody knows are errors,
    /// but for those that begin with `x-`.
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
