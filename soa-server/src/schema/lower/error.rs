use std::fmt;

/// Why a type or a JSON Schema has no schema in Conformity's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError {
    /// What is lowered, such as ``input `app::Order` ``.
    pub(super) subject: String,
    /// The dotted path of the property; empty for the type itself.
    pub(super) property: String,
    pub(super) reason: String,
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
