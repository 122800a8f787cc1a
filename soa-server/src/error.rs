use std::{error::Error as StdError, fmt};

use soa_common::{Error, Map, Value, codes};

use crate::panics::Panic;

/// What an action or its middleware gives instead of a response: one or more errors.
///
/// An expected failure is built, and is the caller's fault unless told otherwise:
///
/// ```
/// # use soa_server::ActionError;
/// let error = ActionError::new("NOT_FOUND", "No such user").field("user_id").variable("user_id", 7);
/// let errors = error.and(ActionError::new("INVALID", "Not a colour").field("colour"));
/// assert_eq!(errors.errors().len(), 2);
/// ```
///
/// Everything else is `?`: this type is deliberately no [`std::error::Error`], so any error of another crate becomes
/// `SERVER_ERROR`, "Internal server error: …", which is never the caller's fault:
///
/// ```
/// # use soa_server::ActionError;
/// fn parse(number: &str) -> Result<i64, ActionError> {
///     Ok(number.parse()?)
/// }
/// assert_eq!(parse("x").unwrap_err().errors()[0].code, "SERVER_ERROR");
/// ```
///
/// A [`JobError`] becomes an `ActionError` with `?` too, and ends the whole job.
#[derive(Debug)]
pub struct ActionError(Box<Failure>);

/// What job middleware gives instead of a response: one or more errors of the job itself, which has no actions then.
///
/// It is used as [`ActionError`] is; its errors are not the caller's fault unless told otherwise.
#[derive(Debug)]
pub struct JobError(Box<Failure>);

/// How the message of an error begins that nobody planned for.
pub(crate) const INTERNAL: &str = "Internal server error: ";

/// The errors behind both types.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) errors: Vec<Error>,
    /// For an internal error, which is the first: the chain of its causes, or the place of a panic.
    pub(crate) trace: Option<String>,
    /// Whether the whole job failed.
    pub(crate) is_job: bool,
}

impl Failure {
    fn one(code: String, message: String, is_caller_error: bool) -> Box<Self> {
        let mut error = Error::new(code, message);
        error.is_caller_error = is_caller_error;
        Box::new(Self { errors: vec![error], trace: None, is_job: false })
    }

    fn internal(message: impl fmt::Display, trace: String) -> Box<Self> {
        let error = Error::new(codes::SERVER_ERROR, format!("{INTERNAL}{message}"));
        Box::new(Self { errors: vec![error], trace: Some(trace), is_job: false })
    }

    fn caused_by(error: &(dyn StdError + 'static)) -> Box<Self> {
        let mut trace = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            trace.push_str(&format!("\ncaused by: {cause}"));
            source = cause.source();
        }
        Self::internal(error, trace)
    }

    fn last(&mut self) -> Option<&mut Error> {
        self.errors.last_mut()
    }

    fn and(&mut self, other: Self) {
        // The trace belongs to the first error.
        match other.trace.is_some() && self.trace.is_none() {
            true => drop(self.errors.splice(0..0, other.errors)),
            false => self.errors.extend(other.errors),
        }
        self.trace = self.trace.take().or(other.trace);
        self.is_job |= other.is_job;
    }
}

macro_rules! error_type {
    ($name:ident, $is_caller_error:literal) => {
        impl $name {
            /// One error with a code for machines and a message for people.
            #[must_use]
            pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
                Self(Failure::one(code.into(), message.into(), $is_caller_error))
            }

            /// A failure nobody planned for, from an error, a boxed error or a text. `?` makes the same of an error; a
            /// text needs this function.
            #[must_use]
            pub fn internal(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
                Self(Failure::caused_by(&*error.into()))
            }

            /// The given errors, untouched; none at all count as an internal error.
            #[must_use]
            pub fn from_errors(errors: Vec<Error>) -> Self {
                match errors.is_empty() {
                    true => Self::internal("the service failed without an error"),
                    false => Self(Box::new(Failure { errors, trace: None, is_job: false })),
                }
            }

            /// Names the field that is wrong, as a dotted path; of several errors of the last one.
            #[must_use]
            pub fn field(mut self, field: impl Into<String>) -> Self {
                if let Some(error) = self.0.last() {
                    error.field = Some(field.into());
                }
                self
            }

            /// Adds a value that belongs to the error; of several errors to the last one.
            #[must_use]
            pub fn variable(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
                if let Some(error) = self.0.last() {
                    let mut variables = match error.variables.take() {
                        Some(Value::Map(variables)) => variables,
                        _ => Map::new(),
                    };
                    variables.insert(name, value);
                    error.variables = Some(Value::Map(variables));
                }
                self
            }

            /// Names the permissions that are missing; of several errors for the last one.
            #[must_use]
            pub fn denied_permissions<P: Into<String>>(mut self, permissions: impl IntoIterator<Item = P>) -> Self {
                if let Some(error) = self.0.last() {
                    error.denied_permissions = Some(permissions.into_iter().map(Into::into).collect());
                }
                self
            }

            /// Says whether the caller did something wrong; of several errors for the last one.
            #[must_use]
            pub fn is_caller_error(mut self, is_caller_error: bool) -> Self {
                if let Some(error) = self.0.last() {
                    error.is_caller_error = is_caller_error;
                }
                self
            }

            /// Adds the errors of another failure.
            #[must_use]
            pub fn and(mut self, other: impl Into<Self>) -> Self {
                self.0.and(*other.into().0);
                self
            }

            /// The errors as callers see them; at least one.
            #[must_use]
            pub fn errors(&self) -> &[Error] {
                &self.0.errors
            }

            pub(crate) fn into_failure(self) -> Failure {
                *self.0
            }
        }

        impl fmt::Display for $name {
            /// All errors, as `CODE: message (field)`, joined by semicolons.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                for (index, error) in self.0.errors.iter().enumerate() {
                    let separator = if index == 0 { "" } else { "; " };
                    write!(f, "{separator}{}: {}", error.code, error.message)?;
                    if let Some(field) = &error.field {
                        write!(f, " ({field})")?;
                    }
                }
                Ok(())
            }
        }

        impl<E: StdError + Send + Sync + 'static> From<E> for $name {
            fn from(error: E) -> Self {
                Self(Failure::caused_by(&error))
            }
        }
    };
}

error_type!(ActionError, true);
error_type!(JobError, false);

impl ActionError {
    pub(crate) fn panicked(panic: &Panic) -> Self {
        Self(Failure::internal(&panic.message, panic.trace()))
    }

    /// Whether this ends the whole job.
    pub(crate) fn is_job(&self) -> bool {
        self.0.is_job
    }

    /// Whether nobody planned for this.
    pub(crate) fn is_internal(&self) -> bool {
        self.0.trace.is_some()
    }

    /// Sets the same for every error.
    pub(crate) fn set_caller_error(&mut self, is_caller_error: bool) {
        for error in &mut self.0.errors {
            error.is_caller_error = is_caller_error;
        }
    }
}

impl JobError {
    pub(crate) fn panicked(panic: &Panic) -> Self {
        Self(Failure::internal(&panic.message, panic.trace()))
    }
}

impl From<JobError> for ActionError {
    fn from(error: JobError) -> Self {
        Self(Box::new(Failure { is_job: true, ..*error.0 }))
    }
}

impl From<Failure> for JobError {
    fn from(failure: Failure) -> Self {
        Self(Box::new(failure))
    }
}
