use std::{io, process::ExitCode};

use soa_common::Error;

/// Why the command did not do what it was asked to.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What was typed is wrong.
    Usage(String),
    /// The service answered with errors.
    Answer { what: String, errors: Vec<Error> },
    /// There was no answer.
    Transport { code: &'static str, message: String },
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    pub(crate) fn runtime(error: &io::Error) -> Self {
        Self::Transport { code: "RUNTIME", message: error.to_string() }
    }

    /// The codes of `docs/protocol.md`, "Exit codes".
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Answer { .. } => 1,
            Self::Usage(_) => 2,
            Self::Transport { .. } => 3,
        })
    }
}
