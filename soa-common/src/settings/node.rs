//! A reader that knows where it is: every value with its path, every fault collected.

use std::{cell::RefCell, ops::RangeInclusive};

use serde_json::{Map, Value};

use super::fault::{Fault, SettingsError, choice, kind, quoted};

/// Settings that were read, and what they ask for in vain.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded<T> {
    /// The settings.
    pub settings: T,
    /// Settings that have no effect, one line each, to be logged once.
    pub warnings: Vec<String>,
}

/// Reads all of `value` with `read`; `source` is its name in messages.
///
/// # Errors
///
/// All faults that `read` came across, in the order of the source.
pub fn read<T>(source: &str, value: &Value, read: impl FnOnce(&Node<'_>) -> T) -> Result<Loaded<T>, SettingsError> {
    let report = Report::default();
    let settings = read(&Node { value, path: String::new(), place: Vec::new(), report: &report });
    let faults = sorted(report.faults);
    if !faults.is_empty() {
        return Err(SettingsError::wrong(source, faults));
    }
    Ok(Loaded { settings, warnings: sorted(report.warnings) })
}

/// One value of the settings. A reading method answers nothing when the value is wrong, and has noted why.
#[derive(Clone)]
pub struct Node<'a> {
    value: &'a Value,
    path: String,
    /// The index of every key of the path in its map, so that faults can be put in the order of the source.
    place: Vec<usize>,
    report: &'a Report,
}

/// A map of the settings. It learns its allowed keys by being asked for them.
pub struct MapNode<'a> {
    node: Node<'a>,
    entries: &'a Map<String, Value>,
    allowed: RefCell<Vec<&'static str>>,
}

#[derive(Default)]
struct Report {
    faults: RefCell<Vec<(Vec<usize>, Fault)>>,
    warnings: RefCell<Vec<(Vec<usize>, String)>>,
}

impl<'a> Node<'a> {
    /// The value itself.
    pub fn value(&self) -> &'a Value {
        self.value
    }

    /// The keys from the top to here, joined by points.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Notes what was found here and what is allowed.
    pub fn fault(&self, found: impl Into<String>, allowed: impl Into<String>) {
        self.report.faults.borrow_mut().push((self.place.clone(), Fault::new(&*self.path, found, allowed)));
    }

    /// Notes that this setting does nothing: `<key path> <what>`.
    pub fn warn(&self, what: &str) {
        self.report.warnings.borrow_mut().push((self.place.clone(), format!("{} {what}", self.path)));
    }

    /// Refuses the value and shows it; a list or a map is only named.
    pub fn refuse(&self, allowed: impl Into<String>) {
        let shown = match self.value {
            Value::String(text) => quoted(text),
            Value::Array(_) | Value::Object(_) => kind(self.value).into(),
            other => other.to_string(),
        };
        self.fault(format!("found {shown}"), allowed);
    }

    /// Refuses the kind of the value, without showing it.
    pub fn wrong_kind(&self, allowed: &str) {
        self.fault(format!("found {}", kind(self.value)), format!("allowed is {allowed}"));
    }

    /// A text.
    pub fn text(&self) -> Option<&'a str> {
        self.of_kind("a text", Value::as_str)
    }

    /// A bool.
    pub fn bool(&self) -> Option<bool> {
        self.of_kind("a bool", Value::as_bool)
    }

    /// An integer within `range`. `rule` says what is allowed when it is too small.
    pub fn integer(&self, range: RangeInclusive<u64>, rule: &str) -> Option<u64> {
        if !self.value.is_i64() && !self.value.is_u64() {
            self.wrong_kind("an integer");
            return None;
        }
        match self.value.as_u64() {
            Some(number) if range.contains(&number) => return Some(number),
            Some(number) if number > *range.end() => self.refuse(format!("allowed is at most {}", range.end())),
            _ => self.refuse(format!("allowed is {rule}")),
        }
        None
    }

    /// A number, whole or not, that `is_allowed`; `rule` says what that is.
    pub fn number(&self, is_allowed: impl Fn(f64) -> bool, rule: &str) -> Option<f64> {
        let number = self.of_kind("a number", Value::as_f64)?;
        if !is_allowed(number) {
            self.refuse(format!("allowed is {rule}"));
            return None;
        }
        Some(number)
    }

    /// One of `choices`, by name.
    pub fn choose<T: Copy>(&self, choices: &[(&'static str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = choices.iter().find(|(name, _)| *name == text);
        if found.is_none() {
            self.refuse(choice("allowed", text, choices.iter().map(|(name, _)| *name)));
        }
        found.map(|(_, choice)| *choice)
    }

    /// Nothing for null, else what `read` makes of the value.
    pub fn or_null<T>(&self, read: impl FnOnce(&Self) -> Option<T>) -> Option<Option<T>> {
        if self.value.is_null() {
            return Some(None);
        }
        read(self).map(Some)
    }

    /// The entries of a list.
    pub fn list(&self) -> Option<Vec<Node<'a>>> {
        let list = self.of_kind("a list", Value::as_array)?;
        Some(list.iter().enumerate().map(|(index, value)| self.child(index, &index.to_string(), value)).collect())
    }

    /// The entries of a map with keys of any name.
    pub fn entries(&self) -> Option<Vec<(&'a str, Node<'a>)>> {
        let map = self.of_kind("a map", Value::as_object)?;
        Some(map.iter().enumerate().map(|(at, (key, value))| (&**key, self.child(at, key, value))).collect())
    }

    /// A map with the keys that `read` asks for; every other key is a fault.
    pub fn map<T>(&self, read: impl FnOnce(&MapNode<'a>) -> T) -> Option<T> {
        let entries = self.of_kind("a map", Value::as_object)?;
        let map = MapNode { node: self.clone(), entries, allowed: RefCell::default() };
        let made = read(&map);
        map.refuse_other_keys();
        Some(made)
    }

    fn of_kind<T>(&self, kind: &str, cast: impl FnOnce(&'a Value) -> Option<T>) -> Option<T> {
        let cast = cast(self.value);
        if cast.is_none() {
            self.wrong_kind(kind);
        }
        cast
    }

    fn child(&self, index: usize, key: &str, value: &'a Value) -> Node<'a> {
        let mut place = self.place.clone();
        place.push(index);
        // A line break in a key must not break the list of faults.
        let key = key.escape_debug();
        let path = if self.path.is_empty() { key.to_string() } else { format!("{}.{key}", self.path) };
        Node { value, path, place, report: self.report }
    }
}

impl<'a> MapNode<'a> {
    /// The value of a key, if it is there.
    pub fn get(&self, key: &'static str) -> Option<Node<'a>> {
        self.allowed.borrow_mut().push(key);
        let (index, (_, value)) = self.entries.iter().enumerate().find(|(_, (name, _))| *name == key)?;
        Some(self.node.child(index, key, value))
    }

    /// Puts what `read` makes of a key into `place`, which stays as it is when the key is missing or wrong.
    pub fn read<T>(&self, key: &'static str, place: &mut T, read: impl FnOnce(&Node<'a>) -> Option<T>) {
        if let Some(value) = self.get(key).and_then(|node| read(&node)) {
            *place = value;
        }
    }

    /// The value of a key, which must be there; `what` says what it is.
    pub fn need(&self, key: &'static str, what: &str) -> Option<Node<'a>> {
        let found = self.get(key);
        if found.is_none() {
            self.fault(key, "missing", format!("allowed is {what}"));
        }
        found
    }

    /// Notes a fault at a key, which may be missing.
    pub fn fault(&self, key: &str, found: impl Into<String>, allowed: impl Into<String>) {
        let index = self.entries.keys().position(|name| name == key).unwrap_or(usize::MAX);
        self.node.child(index, key, &Value::Null).fault(found, allowed);
    }

    fn refuse_other_keys(&self) {
        let mut allowed = self.allowed.borrow().clone();
        allowed.sort_unstable();
        for (index, (key, value)) in self.entries.iter().enumerate() {
            if !allowed.contains(&&**key) {
                let names = choice("allowed", key, allowed.iter().copied());
                self.node.child(index, key, value).fault("unknown key", names);
            }
        }
    }
}

fn sorted<T>(found: RefCell<Vec<(Vec<usize>, T)>>) -> Vec<T> {
    let mut found = found.into_inner();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found.into_iter().map(|(_, found)| found).collect()
}
