//! Rules across fields, written with [garde](https://docs.rs/garde): the feature `garde`.
//!
//! ```
//! use garde::Validate;
//! use schemars::JsonSchema;
//! use serde::Deserialize;
//! use soa_server::{ActionError, Definition, Service, garde::rules};
//!
//! #[derive(Deserialize, JsonSchema, Validate)]
//! struct Account {
//!     #[garde(skip)]
//!     password: String,
//!     #[garde(matches(password))]
//!     repeated: String,
//! }
//!
//! async fn create(account: Account) -> Result<(), ActionError> {
//!     Ok(())
//! }
//!
//! let service = Service::builder("users").action("create", Definition::of(create).validate(rules)).build()?;
//! # Ok::<(), soa_server::BuildError>(())
//! ```
//!
//! They run after the schema, on what was decoded. The schema has the rules that it can say: schemars reads garde's
//! `length`, `range` and `pattern`. garde points at fields by their names in Rust, so where serde renames or flattens one
//! its pointer is another than the schema's.

use garde::{Path, Report, Validate, error::Kind};
use soa_common::{Error, codes};

use crate::ActionError;

/// Checks the rules of an input, for [`Definition::validate`](crate::Definition::validate) and
/// [`Action::validate`](crate::Action::validate).
///
/// # Errors
/// `INVALID` with garde's message and a dotted pointer for each rule that does not hold; the caller's fault.
pub fn rules<In>(input: &In) -> Result<(), ActionError>
where
    In: Validate<Context: Default>,
{
    input.validate().map_err(ActionError::from_report)
}

/// As [`rules`], for rules that need a context.
///
/// # Errors
/// As those of [`rules`].
pub fn rules_with<In: Validate>(input: &In, context: &In::Context) -> Result<(), ActionError> {
    input.validate_with(context).map_err(ActionError::from_report)
}

impl ActionError {
    fn from_report(report: Report) -> Self {
        let errors = report.into_inner().into_iter().map(|(path, error)| {
            let mut invalid = Error::new(codes::INVALID, error.message());
            invalid.field = pointer(&path);
            invalid.is_caller_error = true;
            invalid
        });
        Self::from_errors(errors.collect())
    }
}

/// The dotted pointer; `None` for the input itself.
fn pointer(path: &Path) -> Option<String> {
    // Not from the path's text: keys of maps may have dots and brackets in them. Its innermost part comes first.
    let parts: Vec<_> = path.__iter().rev().filter(|(kind, _)| *kind != Kind::None).map(|(_, part)| &**part).collect();
    (!parts.is_empty()).then(|| parts.join("."))
}
