use serde_json::Value as Json;

use super::{SchemaError, lowering::Lowering, node::Node};
use crate::schema::{
    All, Any, Anything, Dictionary, Entry, Integer, List, Schema, SchemalessDictionary, Tuple, UnicodeString,
};

impl<'a> Lowering<'a> {
    pub(super) fn array(&mut self, node: &mut Node<'a>) -> Result<Schema, SchemaError> {
        let (min_length, max_length) = self.lengths(node, "minItems", "maxItems")?;
        if let Some(elements) = node.get("prefixItems") {
            return self.tuple(node, elements, min_length, max_length);
        }
        let contents = match node.get("items") {
            None => Anything::new().into(),
            Some(elements) => self.under("[]", elements)?,
        };
        // A set is a list as well: equal elements fold silently.
        node.pass_over(&["uniqueItems"]);
        Ok(List { min_length, max_length, ..List::new(contents) }.into())
    }

    fn tuple(
        &mut self,
        node: &mut Node<'a>,
        elements: &'a Json,
        min_length: Option<usize>,
        max_length: Option<usize>,
    ) -> Result<Schema, SchemaError> {
        let elements = elements.as_array().ok_or_else(|| self.malformed("prefixItems"))?;
        let is_closed = node.get("items").map_or(max_length == Some(elements.len()), |items| *items == false);
        if min_length != Some(elements.len()) || !is_closed || max_length.is_some_and(|max| max != elements.len()) {
            return Err(self.unsayable("`prefixItems` needs `minItems` and `maxItems` of as many elements"));
        }
        let mut contents = Vec::with_capacity(elements.len());
        for (index, element) in elements.iter().enumerate() {
            contents.push(self.under(format!("[{index}]"), element)?);
        }
        Ok(Tuple::new(contents).into())
    }

    pub(super) fn object(&mut self, node: &mut Node<'a>) -> Result<Schema, SchemaError> {
        let properties = node.properties().ok_or_else(|| self.malformed("properties"))?;
        let required = node.required().ok_or_else(|| self.malformed("required"))?;
        let extra = node.get("additionalProperties").or_else(|| node.get("unevaluatedProperties"));
        // A map of the protocol, whose keys are not only texts.
        let has_any_keys = node.has_marker("map");
        let takes_extra = extra.is_some_and(|extra| *extra != false);
        let has_known_keys = !properties.is_empty() || !required.is_empty();
        if node.has("patternProperties") && has_known_keys {
            return Err(self.no_form_beside("patternProperties", "properties"));
        }
        if node.has("patternProperties") || (takes_extra && !has_known_keys) {
            return self.map(node, extra, has_any_keys);
        }
        let mut dictionary = Dictionary::new();
        dictionary.allow_extra_keys = takes_extra || node.is_cut;
        for (name, schema) in &properties {
            let schema = self.under(*name, schema)?;
            let is_optional = is_nullable(&schema) || !required.contains(name);
            dictionary.contents.push(Entry { key: (*name).into(), schema, is_optional });
        }
        for name in required {
            if !dictionary.contents.iter().any(|entry| entry.key == name.into()) {
                dictionary = dictionary.required(name, Anything::new());
            }
        }
        Ok(dictionary.into())
    }

    /// An object with keys that are not known.
    fn map(&mut self, node: &mut Node<'a>, extra: Option<&'a Json>, has_any_keys: bool) -> Result<Schema, SchemaError> {
        let mut dictionary = SchemalessDictionary::new();
        (dictionary.min_length, dictionary.max_length) = self.lengths(node, "minProperties", "maxProperties")?;
        let (mut keys, values) = match node.get("patternProperties") {
            Some(patterns) => {
                let patterns = patterns.as_object().ok_or_else(|| self.malformed("patternProperties"))?;
                let mut values = patterns.values();
                let first = values.next().ok_or_else(|| self.malformed("patternProperties"))?;
                if extra != Some(&Json::Bool(false)) || values.any(|other| other != first) {
                    return Err(self.unsayable(
                        "`patternProperties` needs the same values for all keys and `additionalProperties: false`",
                    ));
                }
                let keys: Result<Vec<_>, _> = patterns.keys().map(|pattern| self.key(pattern)).collect();
                (keys?, Some(first))
            }
            None if has_any_keys => (Vec::new(), extra),
            None => (vec![UnicodeString::new().into()], extra),
        };
        if keys.len() > 1 {
            keys = vec![Any::new(keys).into()];
        }
        if let Some(keys) = keys.pop() {
            dictionary = dictionary.keys(keys);
        }
        if let Some(values) = values {
            dictionary = dictionary.values(self.under("[]", values)?);
        }
        Ok(dictionary.into())
    }

    /// The keys that a pattern of schemars describes. Whole numbers are such keys on the MessagePack wire.
    fn key(&self, pattern: &str) -> Result<Schema, SchemaError> {
        Ok(match pattern {
            r"^\d+$" => Integer::new().gte(0).into(),
            r"^-?\d+$" => Integer::new().into(),
            pattern => All::new([UnicodeString::new().into(), self.pattern(pattern)?]).into(),
        })
    }
}

fn is_nullable(schema: &Schema) -> bool {
    match schema {
        Schema::Nullable(_) => true,
        Schema::Deprecated(inner) => is_nullable(inner),
        _ => false,
    }
}
