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

use std::fmt;

use names::Names;

use crate::{Body, JobRequest, JobResponse, Value, msgpack::Writer};

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
            return self.write(out, bytes);
        }
        let start = out.len();
        if let Subject::Response(job) = self.subject {
            if let Some(is_plain) = success::write(out, job, &self.redactor.names) {
                return is_plain;
            }
            out.truncate(start);
        }
        self.write(out, &self.encode())
    }

    fn encode(&self) -> Vec<u8> {
        let mut msgpack = Vec::with_capacity(USUAL_SIZE);
        let mut writer = Writer::new(&mut msgpack);
        match self.subject {
            Subject::MessagePack(bytes) => writer.raw(bytes),
            Subject::Value(value) => writer.value(value),
            Subject::Body(body) => body.write(&mut writer),
            Subject::Request(job) => job.write(&mut writer),
            Subject::Response(job) => job.write(&mut writer, true),
        }
        msgpack
    }

    fn write(&self, out: &mut Vec<u8>, msgpack: &[u8]) -> bool {
        let start = out.len();
        // Names and short texts, which are most of it, take quotes and a comma or colon for a byte of MessagePack.
        out.reserve(USUAL_SIZE.max(msgpack.len() + msgpack.len() / 2));
        let written = text::write(out, msgpack, &self.redactor.names, 0);
        if let Ok(true) = written {
            return true;
        }
        let is_utf8 = str::from_utf8(&out[start..]).is_ok();
        if let Some(error) = if is_utf8 { written.err() } else { Some(text::why_not(msgpack)) } {
            out.truncate(start);
            out.extend_from_slice(error.to_string().as_bytes());
        }
        false
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
