//! Keeps passwords, card numbers and the like out of logs (`docs/protocol.md`, section 10).
//!
//! ```
//! use soa_common::{Map, Value, redact::Redactor};
//!
//! let redactor = Redactor::new(["nickname"]);
//! let value = Value::from(Map::from([("password", "hunter2"), ("nickname", "Ada"), ("colour", "red")]));
//! assert_eq!(
//!     redactor.show(&value).to_string(),
//!     r#"{"password":"**********","nickname":"**********","colour":"red"}"#
//! );
//! ```

use std::{collections::HashSet, fmt};

use serde_json::Value as Json;

use crate::{Body, JobRequest, JobResponse, Value, json, msgpack::Writer};

/// What stands in a log in the place of a sensitive value.
pub const CENSORED: &str = "**********";

/// The sensitive fields in snake case; they also count in kebab case and camel case.
const FIELDS: &str = include_str!("fields.txt");

/// Knows the names of sensitive fields. Make one and keep it.
#[derive(Clone, Debug)]
pub struct Redactor {
    fields: HashSet<String>,
}

impl Redactor {
    /// Censors the original's sensitive fields and these, which must be written exactly like that.
    #[must_use]
    pub fn new<T: Into<String>>(extra: impl IntoIterator<Item = T>) -> Self {
        let known = FIELDS.split_whitespace().flat_map(|name| [name.to_owned(), name.replace('_', "-"), camel(name)]);
        Self { fields: known.chain(extra.into_iter().map(Into::into)).collect() }
    }

    /// A value, body or job to be logged as [JSON for people](crate::json) with the sensitive fields censored, however
    /// deep they are. Nothing is done before it is displayed.
    #[must_use]
    pub fn show<'a>(&'a self, subject: impl Into<Subject<'a>>) -> Redacted<'a> {
        Redacted { redactor: self, subject: subject.into() }
    }

    /// Of a sensitive field everything is censored but null, truth values, zero and what is empty.
    fn json(&self, value: &Value, is_sensitive: bool) -> Json {
        match value {
            Value::Map(map) => map
                .iter()
                .map(|(key, value)| {
                    let key = json::text(key);
                    let json = self.json(value, is_sensitive || self.fields.contains(&key));
                    (key, json)
                })
                .collect(),
            Value::List(values) => values.iter().map(|value| self.json(value, is_sensitive)).collect(),
            value if is_sensitive && !is_harmless(value) => CENSORED.into(),
            value => json::to_json(value),
        }
    }
}

impl Default for Redactor {
    fn default() -> Self {
        Self::new([""; 0])
    }
}

/// What a [`Redactor`] can show.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Subject<'a> {
    /// Any value.
    Value(&'a Value),
    /// A body.
    Body(&'a Body),
    /// A whole request.
    Request(&'a JobRequest),
    /// A whole response.
    Response(&'a JobResponse),
}

macro_rules! subject {
    ($($type:ident => $variant:ident),*) => {$(
        impl<'a> From<&'a $type> for Subject<'a> {
            fn from(subject: &'a $type) -> Self {
                Self::$variant(subject)
            }
        }
    )*};
}

subject!(Value => Value, Body => Body, JobRequest => Request, JobResponse => Response);

impl Subject<'_> {
    fn to_value(self) -> Value {
        let mut msgpack = Vec::new();
        let mut writer = Writer::new(&mut msgpack);
        match self {
            Self::Value(value) => return value.clone(),
            Self::Body(body) => return body.to_value(),
            Self::Request(job) => job.write(&mut writer),
            Self::Response(job) => job.write(&mut writer, true),
        }
        Value::from_checked(&msgpack)
    }
}

/// Something to be logged, censored; see [`Redactor::show`].
pub struct Redacted<'a> {
    redactor: &'a Redactor,
    subject: Subject<'a>,
}

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.redactor.json(&self.subject.to_value(), false).fmt(f)
    }
}

impl fmt::Debug for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn is_harmless(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => true,
        Value::Integer(_) | Value::Float(_) => value.as_f64() == Some(0.0),
        Value::Text(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        _ => false,
    }
}

/// `private_key` as `privateKey`.
fn camel(snake: &str) -> String {
    let mut is_start = false;
    let mut camel = String::with_capacity(snake.len());
    for letter in snake.chars() {
        match letter {
            '_' => is_start = true,
            letter => camel.push(if std::mem::take(&mut is_start) { letter.to_ascii_uppercase() } else { letter }),
        }
    }
    camel
}
