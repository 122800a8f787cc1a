use std::error::Error as StdError;

/// Why a message could not be sent or received.
///
/// The kinds are PySOA's; [`kind`](Self::kind) tells them apart.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct TransportError {
    kind: TransportErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kinds of [`TransportError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The message is larger than the transport allows; it was not sent.
    MessageTooLarge,
    /// The message cannot be written by the serializer, or what came cannot be read.
    InvalidMessage,
    /// The message could not be sent: Redis is out of reach, or the queue stayed full.
    MessageSend,
    /// Receiving failed: the connection broke.
    MessageReceive,
    /// No answer came in time.
    MessageReceiveTimeout,
}

impl TransportError {
    /// An error of a kind, with a message for people.
    #[must_use]
    pub fn new(kind: TransportErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// The same error with its cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Whether the same call may succeed later without a change to anybody's code.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        !matches!(self.kind, TransportErrorKind::MessageTooLarge | TransportErrorKind::InvalidMessage)
    }
}
