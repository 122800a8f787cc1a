//! The check of raw MessagePack against a schema (`docs/protocol.md`, section 5, "Validation"). It never stops at the first
//! error, and where nothing is wrong it allocates nothing.

mod combination;
mod container;
mod dictionary;
mod distinct;
mod email;
mod idna;
mod ip;
mod leaf;
mod money;
mod report;
mod temporal;

use std::{borrow::Cow, fmt};

use soa_common::{
    InvalidMessage, Value, codes,
    msgpack::{Reader, Token},
};

use super::{AdditionalValidator, Path, Schema, path::MASK};
pub use report::Violation;
use report::{Lazy, Report, Telling};

impl Schema {
    /// Everything that is wrong with one MessagePack value, in the order of the schema; nothing when it is accepted.
    ///
    /// The value is read once, and as far as the schema looks into it. Where nothing is wrong nothing is allocated, with
    /// three exceptions: what the functions of a [`BooleanValidator`](super::BooleanValidator) or an
    /// [`AdditionalValidator`] are given to look at, the keys of a map or the members of a set that must have more than 16
    /// (or where some are there twice), and a few bytes for a dictionary that declares more than 512 keys.
    ///
    /// * Bytes that turn out not to be MessagePack are one violation.
    /// * Where a map holds a key twice both values are checked, because it depends on the reader which of them it sees.
    /// * A list of violations that grows beyond what any response could hold, some megabytes, ends with one that says
    ///   so.
    #[must_use]
    pub fn validate(&self, msgpack: &[u8]) -> Vec<Violation> {
        self.validate_at(&Path::Top, msgpack)
    }

    /// As [`validate`](Self::validate), with nothing in it that comes from the value: `*` stands for keys that the schema
    /// does not name, for members of sets and for other parts of the value, and the texts of an
    /// [`AdditionalValidator`] are not told. Indexes are.
    #[must_use]
    pub fn validate_masked(&self, msgpack: &[u8]) -> Vec<Violation> {
        self.walk(Telling::Masked, &Path::Top, msgpack)
    }

    /// As [`validate`](Self::validate), for a value that is part of another one.
    pub(crate) fn validate_at(&self, path: &Path<'_>, msgpack: &[u8]) -> Vec<Violation> {
        self.walk(Telling::All, path, msgpack)
    }

    fn walk(&self, telling: Telling, path: &Path<'_>, msgpack: &[u8]) -> Vec<Violation> {
        let mut walk = Walk { reader: Reader::new(msgpack), report: Report::new(telling) };
        match walk.check(self, path) {
            Ok(()) | Err(Stop::Refused) => {}
            Err(Stop::Full) => walk.invalid(path, format_args!("More is wrong than can be told")),
            Err(Stop::Unreadable(error)) => {
                walk.report.violations.clear();
                walk.invalid(path, format_args!("{error}"));
            }
        }
        walk.report.violations
    }
}

struct Walk<'a> {
    /// Stands before the value to check; every check that does not stop passes over its value.
    reader: Reader<'a>,
    report: Report,
}

/// Why a walk ends before its value does.
enum Stop {
    /// A quiet walk met a violation.
    Refused,
    /// No more violations can be told.
    Full,
    Unreadable(InvalidMessage),
}

impl From<InvalidMessage> for Stop {
    fn from(error: InvalidMessage) -> Self {
        Self::Unreadable(error)
    }
}

type Checked = Result<(), Stop>;

impl<'a> Walk<'a> {
    fn check(&mut self, schema: &Schema, path: &Path<'_>) -> Checked {
        let mut ahead = self.reader.clone();
        let token = ahead.token()?;
        match (schema, token) {
            (Schema::Nullable(_), Token::Null) => self.reader = ahead,
            (Schema::Nullable(inner) | Schema::Deprecated(inner), _) => return self.check(inner, path),
            (Schema::Any(any), _) => return self.any(any, path),
            (Schema::All(all), _) => return self.all(all, path),
            (Schema::Polymorph(polymorph), Token::Map(_)) => return self.polymorph(polymorph, path),
            (Schema::BooleanValidator(validator), token) => self.boolean_validator(validator, token, path)?,
            (Schema::ObjectInstance(instance), token) => self.object_instance(instance, token, path)?,
            (Schema::List(list), Token::List(length)) => self.list(list, length, ahead, path)?,
            (Schema::Set(set), Token::List(length)) => self.set(set, length, ahead, path)?,
            (Schema::Tuple(tuple), Token::List(length)) => self.tuple(tuple, length, ahead, path)?,
            (Schema::Sequence(sequence), Token::List(_) | Token::Text(_) | Token::Bytes(_)) => {
                self.sequence(sequence, token, ahead, path)?;
            }
            (Schema::Dictionary(dictionary), Token::Map(length)) => self.dictionary(dictionary, length, ahead, path)?,
            (Schema::SchemalessDictionary(dictionary), Token::Map(length)) => {
                self.schemaless(dictionary, length, ahead, path)?;
            }
            (schema, token) => {
                match schema {
                    Schema::List(_) => self.invalid(path, format_args!("Not a list")),
                    Schema::Set(_) => self.invalid(path, format_args!("Not a set or frozenset")),
                    Schema::Tuple(_) => self.invalid(path, format_args!("Not a tuple")),
                    Schema::Sequence(_) => self.invalid(path, format_args!("Not a sequence")),
                    Schema::Dictionary(_) | Schema::SchemalessDictionary(_) | Schema::Polymorph(_) => {
                        self.invalid(path, format_args!("Not a dict"));
                    }
                    schema => self.leaf(schema, token, path),
                }
                self.pass(token, ahead)?;
            }
        }
        self.report.verdict()
    }

    /// Whether a schema accepts the next value. Nothing is said of what is wrong with it.
    fn accepts(&mut self, schema: &Schema, path: &Path<'_>) -> bool {
        let before = (self.report.telling, self.report.is_refused);
        self.report.telling = Telling::Nothing;
        let checked = self.check(schema, path);
        (self.report.telling, self.report.is_refused) = before;
        checked.is_ok()
    }

    /// Passes over the next value, whose first token was read already.
    fn pass(&mut self, token: Token<'_>, ahead: Reader<'a>) -> Checked {
        match token {
            Token::List(_) | Token::Map(_) => drop(self.reader.skip()?),
            _ => self.reader = ahead,
        }
        Ok(())
    }

    /// Runs an additional validator on a container that the reader has passed, unless something in it was wrong.
    fn additional(
        &mut self,
        validator: Option<&AdditionalValidator>,
        mut container: Reader<'a>,
        violations_before: usize,
        path: &Path<'_>,
    ) -> Checked {
        let Some(validator) = validator else { return Ok(()) };
        if self.report.is_refused || self.report.violations.len() > violations_before {
            return Ok(());
        }
        for found in (validator.check)(&Value::from_msgpack(container.skip()?)?) {
            let is_masked = self.report.is_masked();
            let found = if is_masked { masked(found, validator) } else { found };
            self.report.add(|| Violation { pointer: path.lead_to(found.pointer, is_masked), ..found });
        }
        Ok(())
    }

    fn invalid(&mut self, path: &Path<'_>, message: fmt::Arguments<'_>) {
        self.violation(codes::INVALID, message, path);
    }

    fn violation(&mut self, code: &'static str, message: fmt::Arguments<'_>, path: &Path<'_>) {
        let is_masked = self.report.is_masked();
        self.report.add(|| Violation {
            code: code.into(),
            message: message.to_string(),
            pointer: path.lead_to(None, is_masked),
        });
    }
}

/// What somebody's code says of a value may hold any part of it.
fn masked(found: Violation, validator: &AdditionalValidator) -> Violation {
    let code = match found.code {
        Cow::Borrowed(code) => code,
        Cow::Owned(_) => codes::INVALID,
    };
    let refused = Violation::new(code, format!("Refused by {}", validator.name));
    Violation { pointer: found.pointer.map(|_| MASK.to_owned()), ..refused }
}
