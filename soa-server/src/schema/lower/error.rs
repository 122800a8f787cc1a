use std::fmt;

/// Why a type or a JSON Schema has no schema in Conformity's terms, or a schema cannot be that of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError {
    /// What is lowered, such as ``input `app::Order` ``.
    pub(super) subject: String,
    /// The dotted path of the property; empty for the type itself.
    pub(super) property: String,
    pub(super) reason: String,
}

impl SchemaError {
    /// The error about the schema of a body that takes no maps, with what to do instead.
    pub(crate) fn of_no_map(role: &str, name: &str) -> Self {
        let reason = "the body of an action is a map, and this is none; make it a field of a struct";
        Self { subject: format!("{role} `{name}`"), property: String::new(), reason: reason.to_owned() }
    }
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.subject)?;
        if !self.property.is_empty() {
            write!(f, ", property `{}`", self.property)?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl std::error::Error for SchemaError {}
