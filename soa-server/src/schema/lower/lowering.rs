use percent_encoding::percent_decode_str;
use serde_json::{Map, Value as Json};

use super::{
    SchemaError,
    describe::{describe, paragraphs},
    node::Node,
};
use crate::schema::{Anything, Schema};

/// References are expanded in place, so a small document can become a large schema.
const MAX_FIELDS: usize = 50_000;
/// More than types have, and little enough for the stack of any thread.
const MAX_DEPTH: usize = 64;

/// The walk over a JSON Schema. Each of its parts becomes one field; an error says where it stands.
pub(super) struct Lowering<'a> {
    document: &'a Json,
    subject: String,
    /// The reference that stands for bytes.
    bytes: String,
    /// The references that are being expanded.
    expanding: Vec<&'a str>,
    path: Vec<String>,
    depth: usize,
    fields: usize,
}

/// Where else a schema says more of itself.
enum More<'a> {
    Reference(&'a str),
    Part(&'a Map<String, Json>),
}

impl<'a> Lowering<'a> {
    pub(super) fn new(document: &'a Json, subject: String, bytes: String) -> Self {
        Self { document, subject, bytes, expanding: vec!["#"], path: Vec::new(), depth: 0, fields: 0 }
    }

    /// The schema under a property, or under a segment such as `[]` for elements.
    pub(super) fn under(&mut self, segment: impl Into<String>, schema: &'a Json) -> Result<Schema, SchemaError> {
        self.path.push(segment.into());
        let lowered = self.lower(schema)?;
        self.path.pop();
        Ok(lowered)
    }

    pub(super) fn lower(&mut self, schema: &'a Json) -> Result<Schema, SchemaError> {
        self.fields += 1;
        self.depth += 1;
        if self.fields > MAX_FIELDS {
            return Err(self.unsayable(format!("it expands into more than {MAX_FIELDS} fields")));
        }
        if self.depth > MAX_DEPTH {
            return Err(self.unsayable(format!("it has more than {MAX_DEPTH} levels")));
        }
        let expanding = self.expanding.len();
        let lowered = match schema {
            Json::Bool(true) => Anything::new().into(),
            Json::Bool(false) => return Err(self.no_form("false")),
            Json::Object(keywords) => {
                let node = self.resolve(keywords)?;
                self.node(node)?
            }
            _ => return Err(self.refuse("a schema is a map, `true` or `false`")),
        };
        self.expanding.truncate(expanding);
        self.depth -= 1;
        Ok(lowered)
    }

    /// As [`resolve`](Self::resolve), for a look that expands nothing.
    pub(super) fn peek(&mut self, own: &'a Map<String, Json>) -> Result<Node<'a>, SchemaError> {
        let expanding = self.expanding.len();
        let node = self.resolve(own)?;
        self.expanding.truncate(expanding);
        Ok(node)
    }

    /// Adds what a schema refers to. What is being expanded already is cut.
    fn resolve(&mut self, own: &'a Map<String, Json>) -> Result<Node<'a>, SchemaError> {
        let mut node = Node::new(own);
        let mut layer = own;
        while let Some(more) = self.more(layer)? {
            layer = match more {
                More::Part(keywords) => {
                    node.pass_over(&["allOf"]);
                    keywords
                }
                More::Reference(reference) if self.expanding.contains(&reference) => {
                    node.is_cut = true;
                    break;
                }
                More::Reference(reference) => {
                    self.expanding.push(reference);
                    node.is_bytes |= reference == self.bytes;
                    match self.document.pointer(&pointer(reference)) {
                        Some(Json::Object(keywords)) => keywords,
                        Some(Json::Bool(true)) => break,
                        Some(Json::Bool(false)) => return Err(self.no_form("false")),
                        _ => return Err(self.refuse(format!("`$ref` {reference:?} leads to no schema"))),
                    }
                }
            };
            node.add_layer(layer);
        }
        Ok(node)
    }

    fn more(&self, layer: &'a Map<String, Json>) -> Result<Option<More<'a>>, SchemaError> {
        match (layer.get("$ref"), layer.get("allOf").and_then(Json::as_array).map(Vec::as_slice)) {
            (Some(Json::String(reference)), _) if reference.starts_with('#') => Ok(Some(More::Reference(reference))),
            (Some(reference), _) => Err(self.refuse(format!("`$ref` {reference} leads out of the document"))),
            (None, Some([Json::Object(keywords)])) => Ok(Some(More::Part(keywords))),
            (None, _) => Ok(None),
        }
    }

    fn node(&mut self, mut node: Node<'a>) -> Result<Schema, SchemaError> {
        let is_deprecated = node.get("deprecated") == Some(&Json::Bool(true));
        let mut schema = self.form(&mut node)?;
        if let Some(keyword) = node.left_over() {
            return Err(self.no_form(keyword));
        }
        if let Some(description) = node.description() {
            describe(&mut schema, &paragraphs(description));
        }
        Ok(if is_deprecated { Schema::deprecated(schema) } else { schema })
    }

    fn form(&mut self, node: &mut Node<'a>) -> Result<Schema, SchemaError> {
        if let Some(schema) = self.marked(node)? {
            return Ok(schema);
        }
        if node.is_cut && !node.has("properties") {
            return Ok(Anything::new().into());
        }
        if node.has("enum") || node.has("const") {
            return self.constant(node);
        }
        if node.has("oneOf") {
            return self.options(node, "oneOf");
        }
        if node.has("anyOf") {
            return self.options(node, "anyOf");
        }
        self.typed(node)
    }

    /// An error about a mistake that stands here.
    pub(super) fn refuse(&self, reason: impl Into<String>) -> SchemaError {
        SchemaError { subject: self.subject.clone(), property: dotted(&self.path), reason: reason.into() }
    }

    /// An error about what stands here and is no mistake, with what to do instead.
    pub(super) fn unsayable(&self, reason: impl Into<String>) -> SchemaError {
        let mut reason = reason.into();
        reason.push_str("; give the action a schema of its own");
        self.refuse(reason)
    }

    pub(super) fn no_form(&self, construct: &str) -> SchemaError {
        self.unsayable(format!("`{construct}` has no Conformity form"))
    }

    pub(super) fn no_form_beside(&self, keyword: &str, other: &str) -> SchemaError {
        self.unsayable(format!("`{keyword}` beside `{other}` has no Conformity form"))
    }

    /// The error about a keyword whose value JSON Schema does not know.
    pub(super) fn malformed(&self, keyword: &str) -> SchemaError {
        self.refuse(format!("the value of `{keyword}` is none that JSON Schema knows"))
    }
}

/// The path as people write it: `orders[].price`.
fn dotted(path: &[String]) -> String {
    let mut dotted = String::new();
    for segment in path {
        if !dotted.is_empty() && !segment.starts_with('[') {
            dotted.push('.');
        }
        dotted.push_str(segment);
    }
    dotted
}

/// A reference inside the document as a JSON pointer.
fn pointer(reference: &str) -> String {
    percent_decode_str(reference.trim_start_matches('#')).decode_utf8_lossy().into_owned()
}
