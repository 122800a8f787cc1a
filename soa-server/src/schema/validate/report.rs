//! What a walk has to tell.

use std::{borrow::Cow, fmt};

use super::{super::path::MASK, Stop};

/// One way in which a value is not what its schema says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// `INVALID`, `MISSING` or `UNKNOWN`, or what an additional validator says.
    pub code: Cow<'static, str>,
    /// What is wrong.
    pub message: String,
    /// Where: keys and indexes joined by dots; `None` for the value itself.
    pub pointer: Option<String>,
}

impl Violation {
    /// A violation at the value itself.
    #[must_use]
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), pointer: None }
    }

    /// Says where: keys and indexes joined by dots.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }
}

/// How much is told, in bytes of memory. A few bytes of a request can make a long pointer or a long message, and each
/// element of a long list the same one again.
const MOST: usize = 4 << 20;

/// How much is told of what is wrong.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) enum Telling {
    #[default]
    All,
    /// No value, and nothing that could be made of one: for logs, and for callers who did not send the value.
    Masked,
    /// Only acceptance matters: nothing is formatted, and the first violation ends the walk.
    Nothing,
}

/// The violations met so far.
#[derive(Default)]
pub(super) struct Report {
    pub(super) violations: Vec<Violation>,
    /// How many bytes the violations take.
    size: usize,
    pub(super) telling: Telling,
    /// Whether a quiet walk met a violation.
    pub(super) is_refused: bool,
}

impl Report {
    pub(super) fn new(telling: Telling) -> Self {
        Self { telling, ..Self::default() }
    }

    pub(super) fn add(&mut self, violation: impl FnOnce() -> Violation) {
        if self.is_quiet() {
            self.is_refused = true;
            return;
        }
        let violation = violation();
        let text = violation.message.len() + violation.pointer.as_ref().map_or(0, String::len);
        self.size += size_of::<Violation>() + text;
        self.violations.push(violation);
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.telling == Telling::Nothing
    }

    pub(super) fn is_masked(&self) -> bool {
        self.telling == Telling::Masked
    }

    /// A text made of data, for a message.
    pub(super) fn data<F: Fn() -> String>(&self, text: F) -> Lazy<impl Fn() -> String + use<F>> {
        let is_masked = self.is_masked();
        Lazy(move || if is_masked { MASK.to_owned() } else { text() })
    }

    /// Whether the walk goes on: a quiet one goes no further once something is wrong.
    pub(super) fn verdict(&self) -> Result<(), Stop> {
        match self.size {
            _ if self.is_refused => Err(Stop::Refused),
            MOST.. => Err(Stop::Full),
            _ => Ok(()),
        }
    }
}

/// A text that is made only when it is told.
pub(super) struct Lazy<F>(pub(super) F);

impl<F: Fn() -> String> fmt::Display for Lazy<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0())
    }
}
