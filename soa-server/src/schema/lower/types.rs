//! The keyword `type`, alone and with several names.

use serde_json::Value as Json;

use super::{SchemaError, lowering::Lowering, node::Node};
use crate::schema::{Any, Anything, Boolean, ByteString, Schema, UnicodeDecimal};

/// What schemars says of a decimal number that serde reads from texts and numbers.
const DECIMAL_PATTERN: &str = r"^-?\d+(\.\d+)?([eE]\d+)?$";

/// Keywords that say without `type` that only objects are meant.
const OF_OBJECTS: [&str; 4] = ["properties", "required", "additionalProperties", "patternProperties"];

impl<'a> Lowering<'a> {
    /// What its `type` says, with the keywords that belong to it.
    pub(super) fn typed(&mut self, node: &mut Node<'a>) -> Result<Schema, SchemaError> {
        let mut types = self.types(node)?;
        let is_nullable = types.contains(&"null");
        types.retain(|name| *name != "null");
        if types.is_empty() && is_nullable {
            return Ok(Schema::Null);
        }
        let schema = if let Some(schema) = self.of_library(node, &types)? {
            schema
        } else {
            let mut options = Vec::new();
            for name in &types {
                options.push(self.of_type(node, name)?);
            }
            match options.len() {
                0 => Anything::new().into(),
                1 => options.remove(0),
                _ => Any::new(options).into(),
            }
        };
        Ok(if is_nullable { Schema::nullable(schema) } else { schema })
    }

    /// The names of the types that are taken; none where all are.
    pub(super) fn types(&self, node: &mut Node<'a>) -> Result<Vec<&'a str>, SchemaError> {
        match node.get("type") {
            None if OF_OBJECTS.iter().any(|keyword| node.has(keyword)) => Ok(vec!["object"]),
            None => Ok(Vec::new()),
            Some(Json::String(name)) => Ok(vec![name]),
            Some(Json::Array(names)) if !names.is_empty() => {
                let names: Option<_> = names.iter().map(Json::as_str).collect();
                names.ok_or_else(|| self.malformed("type"))
            }
            Some(_) => Err(self.malformed("type")),
        }
    }

    fn of_type(&mut self, node: &mut Node<'a>, name: &str) -> Result<Schema, SchemaError> {
        match name {
            "boolean" => Ok(Boolean::new().into()),
            "integer" => self.integer(node),
            "number" => self.float(node),
            "string" => self.text(node),
            "array" => self.array(node),
            "object" => self.object(node),
            _ => Err(self.malformed("type")),
        }
    }

    /// Types of well-known crates whose JSON Schema says less than is known of them.
    fn of_library(&mut self, node: &mut Node<'a>, types: &[&str]) -> Result<Option<Schema>, SchemaError> {
        let is_decimal =
            types == ["string", "number"] && node.peek("pattern").and_then(Json::as_str) == Some(DECIMAL_PATTERN);
        if is_decimal {
            node.pass_over(&["pattern"]);
            return Ok(Some(Any::new([Schema::from(UnicodeDecimal::new()), self.float(node)?]).into()));
        }
        let is_octets = node.peek("items").is_some_and(|items| items.get("format") == Some(&"uint8".into()));
        if is_octets && (types == ["array", "string"] || types == ["array"] && node.is_bytes) {
            node.pass_over(&["items"]);
            let mut bytes = ByteString::new();
            (bytes.min_length, bytes.max_length) = self.lengths(node, "minItems", "maxItems")?;
            return Ok(Some(bytes.into()));
        }
        Ok(None)
    }
}
