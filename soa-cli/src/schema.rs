//! Schemas, in the form that introspection gives them (`docs/protocol.md`, section 5), as trees of words.

mod constraints;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use soa_common::{Map, Value};

use self::constraints::{NUMBERS, TIMES, alternatives, codes, constraints, one_of};
use crate::tree::{Node, name, plain};

/// The key of `contents_map` that takes what no other takes.
const DEFAULT: &str = "__default__";

/// A schema as a branch.
pub(crate) fn node(label: &str, schema: Value) -> Node {
    Type::read(schema).node(label)
}

/// A field in words. A service may have types that nobody here has heard of: whatever is not understood is shown as it is.
#[derive(Default)]
struct Type {
    /// What it is, without what restricts it.
    noun: String,
    constraints: Vec<String>,
    optional: bool,
    nullable: bool,
    deprecated: bool,
    about: String,
    children: Vec<Node>,
}

impl Type {
    fn read(schema: Value) -> Self {
        let (kind, mut keys) = match schema {
            Value::Map(mut keys) if is_schema(&keys) => (plain(&keys.remove("type").unwrap_or_default()), keys),
            other => return Self::of(other.to_string()),
        };
        let words = if matches!(kind.as_str(), "date" | "datetime" | "time") { &TIMES } else { &NUMBERS };
        let mut read = Self::of_kind(kind, &mut keys);
        if let Some(Value::Text(description)) = keys.remove("description") {
            read.about = description;
        }
        read.constraints.extend(constraints(&mut keys, words));
        for (key, value) in keys {
            match (key.as_str(), value) {
                (Some("deprecated"), Value::Bool(true)) => read.deprecated = true,
                (_, Value::Map(inner)) if is_schema(&inner) => {
                    read.children.push(node(&format!("({})", name(&key)), inner.into()));
                }
                (_, value) => read.constraints.push(format!("{}: {value}", name(&key))),
            }
        }
        read
    }

    fn of(noun: impl Into<String>) -> Self {
        Self { noun: noun.into(), ..Self::default() }
    }

    /// Takes out of the keys what only this kind of field has.
    fn of_kind(kind: String, keys: &mut Map) -> Self {
        match kind.as_str() {
            "unicode" => Self::of("text"),
            "datetime" => Self::of("date and time"),
            "timedelta" => Self::of("duration"),
            "tzinfo" => Self::of("time zone"),
            "unicode_decimal" => Self::of("decimal as text"),
            "email_address" => {
                let domains = keys.remove("domain_whitelist").map(into_list);
                Self::of("e-mail address").with(domains.map(|it| format!("also at {}", alternatives(&it, plain))))
            }
            "ipv4_address" => Self::of("IPv4 address"),
            "ipv6_address" => Self::of("IPv6 address"),
            "ip_address" => {
                keys.remove("options");
                Self::of("IP address")
            }
            "constant" => Self::of(one_of(&list(keys, "values"))),
            "currency_code_field" => Self::of("currency code").with(Some(codes(&list(keys, "values")))),
            "country_code_field" => Self::of("country code").with(Some(codes(&list(keys, "values")))),
            "currint.Amount" => Self::money("amount of money", keys),
            "currency_amount_string" => Self::money("amount of money as text", keys),
            "list" | "sequence" | "set" => Self::holding(kind, Self::inner(keys, "contents"), "(each)"),
            "tuple" => Self::tuple(list(keys, "contents")),
            "dictionary" => Self::dictionary(keys),
            "schemaless_dictionary" => Self::schemaless(keys),
            "nullable" => Self { nullable: true, ..Self::inner(keys, "nullable") },
            "any" => Self::either(list(keys, "options")),
            "all" => Self::all(list(keys, "requirements")),
            "polymorph" => Self::polymorph(keys),
            "boolean_validator" => Self::of("check").with(keys.remove("validator").map(|validator| plain(&validator))),
            "object_instance" => Self::of(format!("instance of {}", text(keys, "valid_type"))),
            _ => Self::of(kind),
        }
    }

    fn inner(keys: &mut Map, key: &str) -> Self {
        keys.remove(key).map_or_else(|| Self::of("anything"), Self::read)
    }

    fn with(mut self, constraint: impl IntoIterator<Item = String>) -> Self {
        self.constraints.extend(constraint);
        self
    }

    /// A container of elements of one type, whose keys it shows as its own; an element with a description of its own
    /// stands on a line of its own.
    fn holding(noun: String, element: Self, label: &str) -> Self {
        if element.about.is_empty() {
            return Self {
                noun: format!("{noun} of {}", element.inline()),
                children: element.children,
                ..Self::default()
            };
        }
        Self { noun, children: vec![element.node(label)], ..Self::default() }
    }

    fn tuple(elements: Vec<Value>) -> Self {
        let elements: Vec<_> = elements.into_iter().map(Self::read).collect();
        if elements.iter().all(Self::is_leaf) {
            let elements: Vec<_> = elements.iter().map(Self::inline).collect();
            return Self::of(format!("tuple of ({})", elements.join(", ")));
        }
        let children = elements.into_iter().enumerate().map(|(index, element)| element.node(&format!("({index})")));
        Self { children: children.collect(), ..Self::of("tuple") }
    }

    fn dictionary(keys: &mut Map) -> Self {
        let optional: BTreeSet<_> = list(keys, "optional_keys").iter().map(name).collect();
        let order = list(keys, "display_order");
        let order: BTreeMap<_, _> = order.iter().enumerate().map(|(place, key)| (name(key), place)).collect();
        let mut children: Vec<_> = entries(keys, "contents")
            .map(|(key, schema)| {
                let label = name(&key);
                Self { optional: optional.contains(&label), ..Self::read(schema) }.node(&label)
            })
            .collect();
        children.sort_by_key(|child| order.get(&child.label).copied().unwrap_or(usize::MAX));
        let open = matches!(keys.remove("allow_extra_keys"), Some(Value::Bool(true)));
        let constraint = match (children.is_empty(), open) {
            (true, true) => Some("any keys"),
            (true, false) => Some("no keys"),
            (false, true) => Some("further keys allowed"),
            (false, false) => None,
        };
        Self { children, ..Self::of("dictionary") }.with(constraint.map(ToOwned::to_owned))
    }

    fn schemaless(keys: &mut Map) -> Self {
        let key = keys.remove("key_type").map(Self::read);
        let value = Self::inner(keys, "value_type");
        match key {
            None => Self::holding("dictionary".to_owned(), value, "(value)"),
            Some(key) if key.is_leaf() && value.about.is_empty() => {
                let noun = format!("dictionary of {} to {}", key.inline(), value.inline());
                Self { children: value.children, ..Self::of(noun) }
            }
            Some(key) => Self { children: vec![key.node("(key)"), value.node("(value)")], ..Self::of("dictionary") },
        }
    }

    fn either(options: Vec<Value>) -> Self {
        let options: Vec<_> = options.into_iter().map(Self::read).collect();
        Self::several(options, "or", "any of", "(option)")
    }

    /// Checks that are written in code restrict what the other requirements say.
    fn all(requirements: Vec<Value>) -> Self {
        let (mut types, mut checks) = (Vec::new(), Vec::new());
        for requirement in requirements {
            match requirement {
                Value::Map(mut keys) if keys.get("type").and_then(Value::as_str) == Some("boolean_validator") => {
                    let said = keys.remove("description").or_else(|| keys.remove("validator"));
                    checks.push(said.map_or_else(|| "check".to_owned(), |said| plain(&said)));
                }
                other => types.push(Self::read(other)),
            }
        }
        Self::several(types, "and", "all of", "(requirement)").with(checks)
    }

    fn several(mut types: Vec<Self>, joint: &str, noun: &str, label: &str) -> Self {
        match types.pop() {
            None => Self::of("anything"),
            Some(only) if types.is_empty() => only,
            Some(last) => {
                types.push(last);
                if types.iter().all(Self::is_leaf) {
                    let types: Vec<_> = types.iter().map(Self::inline).collect();
                    return Self::of(types.join(&format!(" {joint} ")));
                }
                Self { children: types.into_iter().map(|it| it.node(label)).collect(), ..Self::of(noun) }
            }
        }
    }

    fn polymorph(keys: &mut Map) -> Self {
        let switch = text(keys, "switch_field");
        let children = entries(keys, "contents_map").map(|(key, schema)| {
            let label = match key.as_str() {
                Some(DEFAULT) => "(otherwise)".to_owned(),
                _ => format!("({switch} = {key})"),
            };
            node(&label, schema)
        });
        Self { children: children.collect(), ..Self::of(format!("one of these, by {switch}")) }
    }

    fn money(noun: &str, keys: &mut Map) -> Self {
        let currencies = match keys.remove("valid_currencies") {
            Some(Value::List(currencies)) => Some(codes(&currencies)),
            other => other.map(|text| plain(&text).trim_matches(['(', ')']).to_owned()),
        };
        let mut bounds = constraints(keys, &NUMBERS);
        if !bounds.is_empty() {
            bounds.push("in minor units".to_owned());
        }
        Self::of(noun).with(currencies).with(bounds)
    }

    /// Whether a few words say all of it.
    fn is_leaf(&self) -> bool {
        self.about.is_empty() && self.children.is_empty()
    }

    /// The words, for the middle of a line.
    fn inline(&self) -> String {
        match self.restrictions() {
            restrictions if restrictions.is_empty() => self.noun.clone(),
            restrictions => format!("{} ({})", self.noun, restrictions.join(", ")),
        }
    }

    fn restrictions(&self) -> Vec<&str> {
        let flags = [(self.optional, "optional"), (self.nullable, "nullable"), (self.deprecated, "deprecated")];
        let flags = flags.into_iter().filter(|(set, _)| *set).map(|(_, flag)| flag);
        self.constraints.iter().map(String::as_str).chain(flags).collect()
    }

    fn node(self, label: &str) -> Node {
        let head = std::iter::once(self.noun.as_str()).chain(self.restrictions()).collect::<Vec<_>>().join(", ");
        Node { label: label.to_owned(), head, about: self.about, children: self.children, ..Node::default() }
    }
}

fn is_schema(keys: &Map) -> bool {
    keys.get("type").is_some_and(|kind| kind.as_str().is_some())
}

fn text(keys: &mut Map, key: &str) -> String {
    keys.remove(key).map_or_else(|| "?".to_owned(), |value| plain(&value))
}

fn list(keys: &mut Map, key: &str) -> Vec<Value> {
    keys.remove(key).map(into_list).unwrap_or_default()
}

fn into_list(value: Value) -> Vec<Value> {
    match value {
        Value::List(values) => values,
        other => vec![other],
    }
}

fn entries(keys: &mut Map, key: &str) -> impl Iterator<Item = (Value, Value)> {
    let entries = match keys.remove(key) {
        Some(Value::Map(entries)) => entries,
        _ => Map::new(),
    };
    entries.into_iter()
}
