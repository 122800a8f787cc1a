//! The check of raw MessagePack against a schema. It never stops at the first error, and where nothing is wrong it
//! allocates nothing.

mod container;
mod leaf;

use std::{borrow::Cow, fmt};

use soa_common::{
    InvalidMessage, codes,
    msgpack::{Reader, Token},
};

use super::{Path, Schema};

/// One way in which a value is not what its schema says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// `INVALID`, `MISSING` or `UNKNOWN`, or what an additional validator says.
    pub code: Cow<'static, str>,
    /// What is wrong.
    pub message: String,
    /// Where: keys and indexes joined by dots; `None` for the value itself.
    pub pointer: Option<String>,
}

impl Violation {
    /// A violation at the value itself.
    #[must_use]
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), pointer: None }
    }

    /// Says where: keys and indexes joined by dots.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }
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
            walk.invalid(path, format_args!("{error}"));
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
            (Schema::Nullable(_), Token::Null) => {}
            (Schema::List(_), _) => self.invalid(path, format_args!("Not a list")),
            (Schema::Dictionary(_) | Schema::SchemalessDictionary(_), _) => {
                self.invalid(path, format_args!("Not a dict"));
            }
            (schema, token) => self.leaf(schema, token, path),
        }
        self.reader.skip().map(drop)
    }

    fn invalid(&mut self, path: &Path<'_>, message: fmt::Arguments<'_>) {
        self.violation(codes::INVALID, message, path);
    }

    fn violation(&mut self, code: &'static str, message: fmt::Arguments<'_>, path: &Path<'_>) {
        let pointer = path.pointer();
        self.violations.push(Violation { code: code.into(), message: message.to_string(), pointer });
    }
}
