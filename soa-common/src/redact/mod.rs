//! Keeps passwords, card numbers and the like out of logs (`docs/protocol.md`, section 10).
//!
//! ```
//! use soa_common::{Map, Value, redact::Redactor};
//!
//! let redactor = Redactor::new(["nickname"]);
//! let value = Value::from(Map::from([("password", "hunter2"), ("nickname", "Ada"), ("colour", "red")]));
//! assert_eq!(
//!     redactor.show(&value).to_string(),
//!     r#"{"password":"**********","nickname":"**********","colour":"red"}"#
//! );
//! ```

mod names;
mod success;
mod text;

use std::{fmt, iter};

use names::Names;

use crate::{Body, InvalidMessage, JobRequest, JobResponse, Value, gather::Gather};

/// What stands in a log in the place of a sensitive value.
pub const CENSORED: &str = "**********";

/// Room for a small job.
const USUAL_SIZE: usize = 512;

/// Knows the names of sensitive fields. Make one and keep it.
#[derive(Clone, Debug)]
pub struct Redactor {
    names: Names,
}

impl Redactor {
    /// Censors the original's sensitive fields and these, which must be written exactly like that.
    #[must_use]
    pub fn new<T: Into<String>>(extra: impl IntoIterator<Item = T>) -> Self {
        Self { names: Names::new(extra.into_iter().map(Into::into)) }
    }

    /// A value, body or job to be logged as [JSON for people](crate::json) with the sensitive fields censored, however
    /// deep they are. Nothing is done before it is displayed. A key that stands twice in a map is shown twice.
    #[must_use]
    pub fn show<'a>(&'a self, subject: impl Into<Subject<'a>>) -> Redacted<'a> {
        Redacted { redactor: self, subject: subject.into() }
    }
}

impl Default for Redactor {
    fn default() -> Self {
        Self::new([""; 0])
    }
}

/// What a [`Redactor`] can show.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Subject<'a> {
    /// Any value.
    Value(&'a Value),
    /// A body.
    Body(&'a Body),
    /// A whole request.
    Request(&'a JobRequest),
    /// A whole response.
    Response(&'a JobResponse),
    /// One MessagePack value, such as a raw job; what is wrong with it is shown in its place.
    MessagePack(&'a [u8]),
}

macro_rules! subject {
    ($($type:ty => $variant:ident),*) => {$(
        impl<'a> From<&'a $type> for Subject<'a> {
            fn from(subject: &'a $type) -> Self {
                Self::$variant(subject)
            }
        }
    )*};
}

subject!(
    Value => Value, Body => Body, JobRequest => Request, JobResponse => Response, [u8] => MessagePack
);

/// Something to be logged, censored; see [`Redactor::show`].
pub struct Redacted<'a> {
    redactor: &'a Redactor,
    subject: Subject<'a>,
}

impl Redacted<'_> {
    /// Appends what [`Display`](fmt::Display) shows, which is UTF-8, without a formatter between. Gives whether it is
    /// certain that it is printable ASCII.
    pub fn push_to(&self, out: &mut Vec<u8>) -> bool {
        if let Subject::MessagePack(bytes) = self.subject {
            return self.write(out, iter::once(bytes));
        }
        let start = out.len();
        if let Subject::Response(job) = self.subject {
            if let Some(is_plain) = success::write(out, job, &self.redactor.names) {
                return is_plain;
            }
            out.truncate(start);
        }
        self.write(out, self.encode().slices_of_all())
    }

    /// The subject as MessagePack, with large bodies where they are.
    fn encode(&self) -> Gather {
        let mut gather = Gather::with_capacity(USUAL_SIZE);
        let mut writer = gather.writer();
        match self.subject {
            Subject::MessagePack(bytes) => writer.raw(bytes),
            Subject::Value(value) => writer.value(value),
            Subject::Body(body) => body.write(&mut writer),
            Subject::Request(job) => job.write(&mut writer),
            Subject::Response(job) => job.write(&mut writer, true),
        }
        gather
    }

    fn write<'b>(&self, out: &mut Vec<u8>, msgpack: impl Iterator<Item = &'b [u8]> + Clone) -> bool {
        let start = out.len();
        let size: usize = msgpack.clone().map(<[u8]>::len).sum();
        // Names and short texts, which are most of it, take quotes and a comma or colon for a byte of MessagePack.
        out.reserve(USUAL_SIZE.max(size + size / 2));
        match text::write(out, &mut msgpack.clone(), &self.redactor.names, 0) {
            Ok(true) => return true,
            Ok(false) if str::from_utf8(&out[start..]).is_ok() => {}
            _ => {
                out.truncate(start);
                let error = self.why_not(&msgpack.collect::<Vec<_>>().concat());
                out.extend_from_slice(error.to_string().as_bytes());
            }
        }
        false
    }

    /// The error for what cannot be shown.
    #[cold]
    fn why_not(&self, msgpack: &[u8]) -> InvalidMessage {
        let mut out = Vec::new();
        match text::write(&mut out, &mut iter::once(msgpack), &self.redactor.names, 0) {
            Err(error) if str::from_utf8(&out).is_ok() => error,
            _ => text::why_not(msgpack),
        }
    }
}

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::new();
        self.push_to(&mut text);
        // It is UTF-8.
        f.write_str(str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
