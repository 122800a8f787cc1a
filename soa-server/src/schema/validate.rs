//! The check of raw MessagePack against a schema. It never stops at the first error, and where nothing is wrong it
//! allocates nothing.

use soa_common::{
    InvalidMessage, Value, codes,
    msgpack::{Reader, Token},
};

use super::{
    Constant, Dictionary, List, Number, Path, Schema, SchemalessDictionary, Text,
    compare::{by_kind_and_value, equals},
    print,
};

/// One way in which a value is not what its schema says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// `INVALID`, `MISSING` or `UNKNOWN`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// Where: keys and indexes joined by dots; `None` for the value itself.
    pub pointer: Option<String>,
}

impl Schema {
    /// Everything that is wrong with one MessagePack value; bytes that are not MessagePack are one violation.
    #[must_use]
    pub fn validate(&self, msgpack: &[u8]) -> Vec<Violation> {
        self.validate_at(&Path::Top, msgpack)
    }

    /// As [`validate`](Self::validate), for a value that is part of another one.
    pub(crate) fn validate_at(&self, path: &Path<'_>, msgpack: &[u8]) -> Vec<Violation> {
        let mut walk = Walk { reader: Reader::new(msgpack), violations: Vec::new() };
        if let Err(error) = walk.check(self, path) {
            walk.invalid(path, error.to_string());
        }
        walk.violations
    }
}

struct Walk<'a> {
    /// Stands before the value to check; every check passes over its value.
    reader: Reader<'a>,
    violations: Vec<Violation>,
}

impl<'a> Walk<'a> {
    fn check(&mut self, schema: &Schema, path: &Path<'_>) -> Result<(), InvalidMessage> {
        let mut ahead = self.reader.clone();
        let token = ahead.token()?;
        match (schema, token) {
            (Schema::Nullable(inner), token) if token != Token::Null => return self.check(inner, path),
            (Schema::List(list), Token::List(length)) => return self.list(list, length, ahead, path),
            (Schema::Dictionary(dictionary), Token::Map(length)) => {
                return self.dictionary(dictionary, length, ahead, path);
            }
            (Schema::SchemalessDictionary(dictionary), Token::Map(length)) => {
                return self.schemaless(dictionary, length, ahead, path);
            }
            (Schema::Text(text), Token::Text(value)) => self.text(text, value, path),
            (Schema::Integer(field), Token::Integer(value)) => {
                self.bounds(&field.bounds, Number::Integer(value), path);
            }
            (Schema::Float(field), Token::Integer(value)) => self.bounds(&field.bounds, Number::Integer(value), path),
            (Schema::Float(field), Token::Float(value)) => self.bounds(&field.bounds, Number::Float(value), path),
            (Schema::Constant(constant), token) => self.constant(constant, token, path),
            (Schema::Anything(_), _)
            | (Schema::Boolean(_), Token::Bool(_))
            | (Schema::Null | Schema::Nullable(_), Token::Null) => {}
            (Schema::Hashable, token) if !matches!(token, Token::List(_) | Token::Map(_)) => {}
            _ => self.invalid(path, wrong_type(schema)),
        }
        self.reader.skip().map(drop)
    }

    fn list(&mut self, list: &List, length: u32, contents: Reader<'a>, path: &Path<'_>) -> Result<(), InvalidMessage> {
        self.reader = contents;
        if let Some(max) = list.max_length.filter(|max| length as usize > *max) {
            self.invalid(path, format!("List is longer than {max}"));
        } else if let Some(min) = list.min_length.filter(|min| (length as usize) < *min) {
            self.invalid(path, format!("List is shorter than {min}"));
        }
        (0..length).try_for_each(|index| self.check(&list.contents, &Path::Index(path, index)))
    }

    fn dictionary(
        &mut self,
        dictionary: &Dictionary,
        length: u32,
        contents: Reader<'a>,
        path: &Path<'_>,
    ) -> Result<(), InvalidMessage> {
        for entry in &dictionary.contents {
            // The last one, where a peer sent the key twice.
            let mut found = None;
            self.reader = contents.clone();
            for _ in 0..length {
                let is_it = key_equals(&entry.key, self.reader.skip()?)?;
                if is_it {
                    found = Some(self.reader.clone());
                }
                self.reader.skip()?;
            }
            let name;
            let path = match &entry.key {
                Value::Text(key) => Path::Key(path, key),
                key => {
                    name = print::text(key);
                    Path::Key(path, &name)
                }
            };
            match found {
                Some(value) => {
                    self.reader = value;
                    self.check(&entry.schema, &path)?;
                }
                None if entry.is_optional => {}
                None => {
                    let message = format!("Missing key: {}", print::text(&entry.key));
                    self.violation(codes::MISSING, message, &path);
                }
            }
        }
        self.reader = contents;
        let mut extra = Vec::new();
        for _ in 0..length {
            let key = self.reader.skip()?;
            self.reader.skip()?;
            if !dictionary.allow_extra_keys && !is_declared(dictionary, key)? {
                extra.push(Value::from_msgpack(key)?);
            }
        }
        if !extra.is_empty() {
            extra.sort_by(by_kind_and_value);
            extra.dedup();
            let names: Vec<_> = extra.iter().map(print::text).collect();
            self.violation(codes::UNKNOWN, format!("Extra keys present: {}", names.join(", ")), path);
        }
        Ok(())
    }

    fn schemaless(
        &mut self,
        dictionary: &SchemalessDictionary,
        length: u32,
        contents: Reader<'a>,
        path: &Path<'_>,
    ) -> Result<(), InvalidMessage> {
        self.reader = contents;
        if let Some(max) = dictionary.max_length.filter(|max| length as usize > *max) {
            self.invalid(path, format!("Dict contains more than {max} value(s)"));
        } else if let Some(min) = dictionary.min_length.filter(|min| (length as usize) < *min) {
            self.invalid(path, format!("Dict contains fewer than {min} value(s)"));
        }
        for _ in 0..length {
            let key = self.reader.clone().skip()?;
            let path = Path::RawKey(path, key);
            self.check(&dictionary.key_type, &path)?;
            self.check(&dictionary.value_type, &path)?;
        }
        Ok(())
    }

    fn text(&mut self, text: &Text, value: &str, path: &Path<'_>) {
        let length = || value.chars().count();
        if let Some(min) = text.min_length.filter(|min| length() < *min) {
            self.invalid(path, format!("String must have a length of at least {min}"));
        } else if let Some(max) = text.max_length.filter(|max| length() > *max) {
            self.invalid(path, format!("String must have a length no more than {max}"));
        } else if text.is_not_blank && value.chars().all(is_blank) {
            self.invalid(path, "String cannot be blank");
        }
    }

    fn bounds(&mut self, bounds: &super::Bounds, value: Number, path: &Path<'_>) {
        bounds.check(value, |sign, bound| self.invalid(path, format!("Value not {sign} {bound}")));
    }

    fn constant(&mut self, constant: &Constant, token: Token<'_>, path: &Path<'_>) {
        if constant.values.iter().any(|value| equals(value, token)) {
            return;
        }
        let mut names: Vec<_> = constant
            .values
            .iter()
            .map(|value| match value {
                Value::Text(text) => format!("\"{text}\""),
                value => print::text(value),
            })
            .collect();
        names.sort();
        let of = if names.len() == 1 { "" } else { "one of: " };
        self.violation(codes::UNKNOWN, format!("Value is not {of}{}", names.join(", ")), path);
    }

    fn invalid(&mut self, path: &Path<'_>, message: impl Into<String>) {
        self.violation(codes::INVALID, message.into(), path);
    }

    fn violation(&mut self, code: &'static str, message: String, path: &Path<'_>) {
        self.violations.push(Violation { code, message, pointer: path.pointer() });
    }
}

fn wrong_type(schema: &Schema) -> &'static str {
    match schema {
        Schema::Hashable => "Value is not hashable",
        Schema::Null => "Value is not null",
        Schema::Boolean(_) => "Not a boolean",
        Schema::Integer(_) => "Not an integer",
        Schema::Float(_) => "Not a float",
        Schema::Text(_) => "Not a unicode string",
        Schema::List(_) => "Not a list",
        Schema::Dictionary(_) | Schema::SchemalessDictionary(_) => "Not a dict",
        // These take every type, or say more themselves.
        Schema::Anything(_) | Schema::Constant(_) | Schema::Nullable(_) => "Not accepted",
    }
}

/// White space as Python has it.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

fn is_declared(dictionary: &Dictionary, key: &[u8]) -> Result<bool, InvalidMessage> {
    for entry in &dictionary.contents {
        if key_equals(&entry.key, key)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn key_equals(key: &Value, raw: &[u8]) -> Result<bool, InvalidMessage> {
    Ok(equals(key, Reader::new(raw).token()?))
}
