use std::fmt::{self, Display, Formatter};

use soa_common::{
    ActionResponse, Error,
    transport::{TransportError, TransportErrorKind},
};

/// Why a call did not give what was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The request could not be sent, or no response came: PySOA's transport errors.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The service answered that the job itself failed: PySOA's `CallJobError`.
    #[error("service \"{service}\" refused the job{}", Lines(errors.iter().map(|error| (None, error))))]
    Job {
        /// The service.
        service: String,
        /// What it said, at least one error.
        errors: Vec<Error>,
    },
    /// The service answered that actions failed: PySOA's `CallActionError`.
    #[error("service \"{service}\" answered with errors{}", Lines(action_errors(actions)))]
    Action {
        /// The service.
        service: String,
        /// The responses of the actions that failed, at least one.
        actions: Vec<ActionResponse>,
    },
    /// The client has not been told how to reach the service: PySOA's `ImproperlyConfigured`.
    #[error("service \"{service}\" is not configured; {}", Configured(configured))]
    ImproperlyConfigured {
        /// The service.
        service: String,
        /// The services that are configured, sorted.
        configured: Vec<String>,
    },
    /// The request cannot be made; nothing was sent.
    #[error("the request to service \"{service}\" cannot be made: {message}")]
    InvalidRequest {
        /// The service.
        service: String,
        /// What is wrong with the request.
        message: String,
    },
    /// The response is not what was asked for.
    #[error("the response of service \"{service}\" cannot be used: {message}")]
    InvalidResponse {
        /// The service.
        service: String,
        /// What is wrong with the response, and where.
        message: String,
    },
    /// A middleware of this client failed or refused the call.
    #[error(transparent)]
    Middleware(Box<dyn std::error::Error + Send + Sync>),
}

impl CallError {
    /// Whether no response came in time. The job may have been run, or may be running still.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Transport(error) if error.kind() == TransportErrorKind::MessageReceiveTimeout)
    }

    /// The errors the service answered with, of the job or of its actions in order; none of other kinds.
    pub fn errors(&self) -> impl Iterator<Item = &Error> {
        let (errors, actions) = match self {
            Self::Job { errors, .. } => (errors.as_slice(), &[][..]),
            Self::Action { actions, .. } => (&[][..], actions.as_slice()),
            _ => Default::default(),
        };
        errors.iter().chain(action_errors(actions).map(|(_, error)| error))
    }
}

/// The errors of actions, each with the name of its action.
fn action_errors(actions: &[ActionResponse]) -> impl Iterator<Item = (Option<&str>, &Error)> + Clone {
    actions.iter().flat_map(|action| action.errors.iter().map(|error| (Some(action.action.as_str()), error)))
}

/// A single error goes on the line begun, several on a line each.
struct Lines<I>(I);

impl<'a, I: Iterator<Item = (Option<&'a str>, &'a Error)> + Clone> Display for Lines<I> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let several = self.0.clone().nth(1).is_some();
        for (action, error) in self.0.clone() {
            f.write_str(if several { "\n  " } else { ": " })?;
            if let Some(action) = action {
                write!(f, "{action}: ")?;
            }
            write!(f, "{}: {}", error.code, error.message)?;
            if let Some(field) = &error.field {
                write!(f, " (field {field})")?;
            }
        }
        Ok(())
    }
}

struct Configured<'a>(&'a [String]);

impl Display for Configured<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("this client has no services"),
            names => write!(f, "configured are: {}", names.join(", ")),
        }
    }
}
