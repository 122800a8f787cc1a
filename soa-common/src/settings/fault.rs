//! What is wrong with settings, said in one line each.

use std::fmt;

use serde_json::Value;

use crate::transport::redis::without_login;

/// How many characters of a text a message shows.
const SHOWN: usize = 80;

/// One wrong setting: `<key path>: <what was found>; <what is allowed>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    path: String,
    found: String,
    allowed: String,
}

/// Why settings cannot be used. Its text is ready to be shown: a line, or one line for each wrong setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    source: String,
    problem: Problem,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Problem {
    Unreadable(String),
    Wrong(Vec<Fault>),
}

impl Fault {
    /// A fault at the setting with this path of keys, joined by points. The other two are the halves of the message.
    pub fn new(path: impl Into<String>, found: impl Into<String>, allowed: impl Into<String>) -> Self {
        Self { path: path.into(), found: found.into(), allowed: allowed.into() }
    }

    /// The full path of the setting; empty for the settings as a whole.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "top level" } else { &self.path };
        write!(f, "{path}: {}; {}", self.found, self.allowed)
    }
}

impl SettingsError {
    /// A source (the name of a file or a variable) that could not be read at all.
    pub fn unreadable(source: impl Into<String>, why: impl Into<String>) -> Self {
        Self { source: source.into(), problem: Problem::Unreadable(why.into()) }
    }

    /// A source with wrong settings, in the order of the source.
    pub fn wrong(source: impl Into<String>, faults: Vec<Fault>) -> Self {
        Self { source: source.into(), problem: Problem::Wrong(faults) }
    }

    /// The wrong settings; empty when the source could not be read at all.
    pub fn faults(&self) -> &[Fault] {
        match &self.problem {
            Problem::Unreadable(_) => &[],
            Problem::Wrong(faults) => faults,
        }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Problem::Unreadable(why) => write!(f, "{}: {why}", self.source),
            Problem::Wrong(faults) => {
                match faults.len() {
                    1 => write!(f, "{}: 1 setting is wrong", self.source)?,
                    many => write!(f, "{}: {many} settings are wrong", self.source)?,
                }
                faults.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
            }
        }
    }
}

impl std::error::Error for SettingsError {}

/// The kind of a value with its article: `a text`, `an integer`, `null` ….
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a bool",
        Value::Number(number) if number.is_f64() => "a number",
        Value::Number(_) => "an integer",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

/// A text in quotes on one line, cut when it is long, and a URL without its login wherever it stands.
pub(super) fn quoted(text: &str) -> String {
    let text = if text.contains("://") { &without_login(text) } else { text };
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    Value::String(shown).to_string()
}

/// `allowed are: a, b, c`, and the one of them that `wrong` may have been meant to be.
pub(super) fn choice<'a>(verb: &str, wrong: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let mut said = match names.is_empty() {
        true => format!("{verb} are: none"),
        false => format!("{verb} are: {}", names.join(", ")),
    };
    let close = names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&wrong.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= 1 + name.len().min(wrong.len()) / 5)
        .min_by_key(|(distance, _)| *distance);
    if let Some((_, name)) = close {
        said.push_str(&format!(" (did you mean {name}?)"));
    }
    said
}
