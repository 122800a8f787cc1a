//! Classes: `{path, kwargs}`, with the names of the original's classes as other names of ours.

use std::fmt;

use serde_json::{Map, Value};

use super::{
    Node,
    fault::{Fault, choice, quoted},
};

/// A class that a program registers, named in settings together with its own settings.
///
/// [`Debug`] shows no value of `kwargs`: there may be secrets among them.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct ClassConfig {
    /// The name, as written: a registered one, or a Python path (`module:Class` or `module.Class`).
    pub path: String,
    /// The settings of the class.
    pub kwargs: Map<String, Value>,
}

/// A side of a call; many built-in classes belong to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The side that answers.
    Server,
    /// The side that asks.
    Client,
}

impl ClassConfig {
    /// A class by its name, with its settings.
    pub fn new(path: impl Into<String>, kwargs: Map<String, Value>) -> Self {
        Self { path: path.into(), kwargs }
    }

    /// Reads `{path, kwargs}`; `kwargs` may be missing.
    pub fn read(node: &Node<'_>) -> Option<Self> {
        node.map(|class| {
            let path = class.need("path", "the name of a class")?.text()?.to_owned();
            let kwargs = class.get("kwargs").map(|kwargs| kwargs.entries().map(|_| kwargs.value()));
            // The original leaves the class it found here when it has checked a dict.
            class.get("object");
            let kwargs = match kwargs {
                None => Map::new(),
                Some(kwargs) => kwargs?.as_object().cloned().unwrap_or_default(),
            };
            Some(Self { path, kwargs })
        })?
    }

    /// Reads a list of classes.
    pub fn read_list(node: &Node<'_>) -> Option<Vec<Self>> {
        Some(node.list()?.iter().filter_map(Self::read).collect())
    }

    /// Whether the class has this name, with a colon or a point before its last part.
    pub fn is(&self, name: &str) -> bool {
        same(&self.path, name)
    }

    /// The faults of the list of classes at `key` whose names are not among `registered`.
    pub fn unregistered(list: &[Self], key: &str, registered: &[&str]) -> Vec<Fault> {
        let unknown = |class: &&Self| !registered.iter().any(|name| class.is(name));
        let wrong = list.iter().enumerate().filter(|(_, class)| unknown(class));
        wrong.map(|(index, class)| not_registered(&format!("{key}.{index}.path"), &class.path, registered)).collect()
    }
}

impl fmt::Debug for ClassConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&String> = self.kwargs.keys().collect();
        f.debug_struct("ClassConfig").field("path", &self.path).field("kwargs", &keys).finish()
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "server",
            Self::Client => "client",
        })
    }
}

/// A built-in class: our name, the original's names, the side it belongs to (if to one), what it means.
pub(super) struct BuiltIn<T: 'static> {
    /// Our name.
    pub(super) name: &'static str,
    /// The names of the original and the side of each, if it has one.
    pub(super) aliases: &'static [(&'static str, Option<Side>)],
    /// What the class is here.
    pub(super) meaning: T,
}

impl<T: Copy> BuiltIn<T> {
    /// Which of `known` the text at `node` names, on this `side`.
    pub(super) fn find(node: &Node<'_>, known: &[Self], side: Side) -> Option<T> {
        let path = node.text()?;
        let names: Vec<&str> = known.iter().map(|class| class.name).collect();
        for class in known {
            let alias = class.aliases.iter().find(|(alias, _)| same(path, alias));
            match alias {
                Some((_, Some(other))) if *other != side => {
                    let found = format!("{} is a {other} class", quoted(path));
                    node.fault(found, format!("allowed are: {}", names.join(", ")));
                    return None;
                }
                None if path != class.name => {}
                _ => return Some(class.meaning),
            }
        }
        node.fault(format!("{} is not registered", quoted(path)), choice("registered", path, names));
        None
    }
}

fn not_registered(key: &str, path: &str, registered: &[&str]) -> Fault {
    let mut names = registered.to_vec();
    names.sort_unstable();
    Fault::new(key, format!("{} is not registered", quoted(path)), choice("registered", path, names))
}

/// Whether two names are one: `module:Class` is `module.Class`.
fn same(a: &str, b: &str) -> bool {
    a.replacen(':', ".", 1) == b.replacen(':', ".", 1)
}
