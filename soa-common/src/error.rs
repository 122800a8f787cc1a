use crate::{InvalidMessage, Value, msgpack::Writer};

/// The error codes the framework itself produces, and those it suggests to services (`docs/protocol.md`, section 5).
pub mod codes {
    /// A required key is absent.
    pub const MISSING: &str = "MISSING";
    /// A key, an action or a constant nobody knows.
    pub const UNKNOWN: &str = "UNKNOWN";
    /// A value that is not what it must be.
    pub const INVALID: &str = "INVALID";
    /// Anything a service did not handle.
    pub const SERVER_ERROR: &str = "SERVER_ERROR";
    /// An action was interrupted because it ran too long.
    pub const ACTION_TIMEOUT: &str = "ACTION_TIMEOUT";
    /// A job was interrupted outside of its actions because it ran too long.
    pub const JOB_TIMEOUT: &str = "JOB_TIMEOUT";
    /// The response is larger than the transport allows.
    pub const RESPONSE_TOO_LARGE: &str = "RESPONSE_TOO_LARGE";
    /// The response holds something the request's serializer cannot carry.
    pub const RESPONSE_NOT_SERIALIZABLE: &str = "RESPONSE_NOT_SERIALIZABLE";
    /// For services: what was asked for does not exist.
    pub const NOT_FOUND: &str = "NOT_FOUND";
    /// For services: the caller may not do this.
    pub const NOT_AUTHORIZED: &str = "NOT_AUTHORIZED";
    /// For services: the caller may not do this.
    pub const ACCESS_DENIED: &str = "ACCESS_DENIED";
}

/// An error of a job or an action, as it travels (`docs/protocol.md`, section 4).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Error {
    /// For machines: one of [`codes`] or a service's own.
    pub code: String,
    /// For people.
    pub message: String,
    /// The dotted path of the attribute or field that is wrong, when the error is about one.
    pub field: Option<String>,
    /// Where the error arose in the service, when the service shows it.
    pub traceback: Option<String>,
    /// Values that belong to the error: a map, from every known peer.
    pub variables: Option<Value>,
    /// The permissions that were missing, when the service says so.
    pub denied_permissions: Option<Vec<String>>,
    /// Whether the caller did something wrong (and not the service).
    pub is_caller_error: bool,
}

impl Error {
    /// An error with a code and a message and nothing else, not the caller's.
    #[must_use]
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), ..Self::default() }
    }

    /// Reads an error from the value a peer sent.
    ///
    /// # Errors
    /// When it is no map or lacks a text code or message.
    pub(crate) fn from_value(value: Value) -> Result<Self, InvalidMessage> {
        let Value::Map(mut map) = value else {
            return Err(InvalidMessage::new("an error is no map"));
        };
        let mut text = |key: &str| match map.remove(key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        };
        let code = text("code").ok_or_else(|| InvalidMessage::new("an error has no code"))?;
        let message = text("message").ok_or_else(|| InvalidMessage::new("an error has no message"))?;
        let (field, traceback) = (text("field"), text("traceback"));
        let denied_permissions = match map.remove("denied_permissions") {
            Some(Value::List(names)) => {
                Some(names.into_iter().filter_map(|name| name.as_str().map(str::to_owned)).collect())
            }
            _ => None,
        };
        Ok(Self {
            code,
            message,
            field,
            traceback,
            variables: map.remove("variables").filter(|variables| *variables != Value::Null),
            denied_permissions,
            is_caller_error: map.get("is_caller_error").and_then(Value::as_bool).unwrap_or(false),
        })
    }

    /// Appends the error as a map; `is_caller_error` only for peers that know it.
    pub(crate) fn write(&self, writer: &mut Writer<'_>, with_is_caller_error: bool) {
        writer.map(if with_is_caller_error { 7 } else { 6 });
        writer.text("code");
        writer.text(&self.code);
        writer.text("message");
        writer.text(&self.message);
        for (key, value) in [("field", &self.field), ("traceback", &self.traceback)] {
            writer.text(key);
            match value {
                Some(value) => writer.text(value),
                None => writer.null(),
            }
        }
        writer.text("variables");
        match &self.variables {
            Some(variables) => writer.value(variables),
            None => writer.null(),
        }
        writer.text("denied_permissions");
        match &self.denied_permissions {
            Some(names) => {
                writer.list(names.len());
                for name in names {
                    writer.text(name);
                }
            }
            None => writer.null(),
        }
        if with_is_caller_error {
            writer.text("is_caller_error");
            writer.bool(self.is_caller_error);
        }
    }
}
