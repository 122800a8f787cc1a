//! What can go wrong when values become bytes and bytes become values.

use std::fmt;

/// Bytes that are not what they claim to be: a peer's fault.
///
/// The text says what could not be read and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidMessage(String);

impl InvalidMessage {
    /// An error with the given description.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// A value that the chosen serializer cannot carry: our caller's fault.
///
/// The text says which value and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidField(String);

impl InvalidField {
    /// An error with the given description.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl serde::ser::Error for InvalidField {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}
