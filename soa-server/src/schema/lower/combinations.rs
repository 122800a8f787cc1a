use serde_json::Value as Json;
use soa_common::Value;

use super::{SchemaError, lowering::Lowering, node::Node};
use crate::schema::{Any, Constant, Dictionary, Polymorph, Schema};

impl<'a> Lowering<'a> {
    /// The values of `enum` or `const`.
    pub(super) fn constant(&mut self, node: &mut Node<'a>) -> Result<Schema, SchemaError> {
        let keyword = if node.has("enum") { "enum" } else { "const" };
        let listed = match (keyword, node.get(keyword)) {
            ("const", Some(value)) => std::slice::from_ref(value),
            (_, Some(Json::Array(values))) if !values.is_empty() => values,
            _ => return Err(self.malformed(keyword)),
        };
        let types = self.types(node)?;
        node.pass_over(&["format"]);
        let mut is_nullable = false;
        let mut values: Vec<Value> = Vec::new();
        for value in listed {
            if !types.is_empty() && !types.iter().any(|name| is_of_type(value, name)) {
                return Err(self.refuse(format!("`{keyword}` holds {value}, which is not of its `type`")));
            }
            match constant(value) {
                None => return Err(self.unsayable(format!("`{keyword}` holds a list or a map"))),
                Some(Value::Null) => is_nullable = true,
                Some(value) if values.contains(&value) => {}
                Some(value) => values.push(value),
            }
        }
        Ok(match (values.is_empty(), is_nullable) {
            (true, _) => Schema::Null,
            (false, true) => Schema::nullable(Constant::new(values)),
            (false, false) => Constant::new(values).into(),
        })
    }

    /// The options of `oneOf` or `anyOf`.
    pub(super) fn options(&mut self, node: &mut Node<'a>, keyword: &'static str) -> Result<Schema, SchemaError> {
        let listed = match node.get(keyword) {
            Some(Json::Array(options)) if !options.is_empty() => options,
            _ => return Err(self.malformed(keyword)),
        };
        // A struct that is one flattened enum says that it is an object, and may say that it takes no other keys.
        let is_object = node.peek("type").is_some_and(|name| name == "object");
        if is_object {
            node.pass_over(&["type"]);
        }
        if node.peek("unevaluatedProperties") == Some(&Json::Bool(false)) {
            node.pass_over(&["unevaluatedProperties"]);
        }
        if let Some(other) = node.left_over() {
            return Err(match other {
                "properties" => self.unsayable(format!(
                    "`{keyword}` beside `properties`, as an enum flattened into a struct has it, has no Conformity form"
                )),
                other => self.no_form_beside(keyword, other),
            });
        }
        let is_null = |option: &&Json| option.get("type").is_some_and(|name| name == "null");
        let others: Vec<_> = listed.iter().filter(|option| !is_null(option)).collect();
        let mut is_nullable = others.len() < listed.len();
        if keyword == "oneOf"
            && let Some((switch, names)) = self.tags(&others)?
        {
            let mut polymorph = Polymorph::new(switch);
            for (name, option) in names.into_iter().zip(others) {
                polymorph = polymorph.when(name, self.lower(option)?);
            }
            return Ok(nullable_if(is_nullable, polymorph.into()));
        }
        let mut options = Vec::with_capacity(others.len());
        for option in others {
            match self.lower(option)? {
                Schema::Null => is_nullable = true,
                Schema::Nullable(inner) => {
                    is_nullable = true;
                    options.push(*inner);
                }
                // Without the enum, the struct has no keys.
                Schema::Anything(_) if is_object => options.push(Dictionary::new().into()),
                option => options.push(option),
            }
        }
        Ok(match united(options) {
            None => Schema::Null,
            Some(schema) => nullable_if(is_nullable, schema),
        })
    }

    /// The property that tells objects apart, and its text in each: the tag of an enum.
    fn tags(&mut self, options: &[&'a Json]) -> Result<Option<(&'a str, Vec<&'a str>)>, SchemaError> {
        let mut constants = Vec::new();
        for option in options {
            let Some(keywords) = option.as_object() else { return Ok(None) };
            let mut node = self.peek(keywords)?;
            let (Some(properties), Some(required)) = (node.properties(), node.required()) else { return Ok(None) };
            let texts = properties.into_iter().filter(|(name, _)| required.contains(name));
            let texts = texts.filter_map(|(name, schema)| Some((name, schema.get("const")?.as_str()?)));
            constants.push(texts.collect::<Vec<_>>());
        }
        let Some(first) = constants.first() else { return Ok(None) };
        Ok(first.iter().find_map(|(switch, _)| {
            let text =
                |texts: &Vec<(&str, &'a str)>| texts.iter().find(|(name, _)| name == switch).map(|(_, text)| *text);
            let texts: Vec<_> = constants.iter().map(text).collect::<Option<_>>()?;
            let is_distinct = texts.iter().enumerate().all(|(index, text)| !texts[..index].contains(text));
            is_distinct.then_some((*switch, texts))
        }))
    }
}

/// One field of several: constants become one constant, because the names of an enum may come one by one.
fn united(mut options: Vec<Schema>) -> Option<Schema> {
    if options.len() < 2 {
        return options.pop();
    }
    let constants = options.iter().map(|option| match option {
        Schema::Constant(constant) => Some(constant.values.as_slice()),
        _ => None,
    });
    Some(match constants.collect::<Option<Vec<_>>>() {
        Some(values) => Constant::new(values.concat()).into(),
        None => Any::new(options).into(),
    })
}

fn nullable_if(is_nullable: bool, schema: Schema) -> Schema {
    if is_nullable { Schema::nullable(schema) } else { schema }
}

fn is_of_type(value: &Json, name: &str) -> bool {
    match value {
        Json::Null => name == "null",
        Json::Bool(_) => name == "boolean",
        Json::Number(number) => name == "number" || (name == "integer" && !number.is_f64()),
        Json::String(_) => name == "string",
        Json::Array(_) => name == "array",
        Json::Object(_) => name == "object",
    }
}

/// A value to compare with; lists and maps equal nothing.
fn constant(value: &Json) -> Option<Value> {
    match value {
        Json::Array(_) | Json::Object(_) => None,
        scalar => serde_json::from_value(scalar.clone()).ok(),
    }
}
