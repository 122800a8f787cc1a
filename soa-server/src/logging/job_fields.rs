use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};

use super::{SERVICE, plain::Plain};

const COUNT: usize = 4;

/// Room for the fields of most requests.
const USUAL_SIZE: usize = 96;

/// The most room that is kept for other fields.
const KEPT: usize = 1024;

/// Those fields of a span that stand on lines: service name, request id, correlation id and action.
#[derive(Default)]
pub(super) struct JobFields {
    text: Vec<u8>,
    /// Where in the text each of them starts and ends.
    places: [Option<(usize, usize)>; COUNT],
}

impl JobFields {
    /// Appends each field with a space before it: the first there is in these.
    pub(super) fn push_first<'a>(line: &mut Vec<u8>, all: impl Iterator<Item = &'a Self>) {
        let unset: [&[u8]; COUNT] = [SERVICE.get().map_or(b"unknown", Vec::as_slice), b"--", b"--", b"(n/a)"];
        let mut found: [Option<&[u8]>; COUNT] = [None; COUNT];
        for fields in all {
            for (found, place) in found.iter_mut().zip(fields.places) {
                if let (None, Some((start, end))) = (&found, place) {
                    *found = Some(&fields.text[start..end]);
                }
            }
        }
        for (found, unset) in found.into_iter().zip(unset) {
            line.push(b' ');
            line.extend_from_slice(found.unwrap_or(unset));
        }
    }

    /// Unsets all, and keeps the room.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.text.shrink_to(KEPT);
        self.places = [None; COUNT];
    }

    fn set(&mut self, field: &Field, write: impl FnOnce(&mut Plain<'_>) -> fmt::Result) {
        let index = match field.name() {
            "service_name" => 0,
            "request_id" => 1,
            "correlation_id" => 2,
            "action_name" => 3,
            _ => return,
        };
        if self.text.is_empty() {
            self.text.reserve(USUAL_SIZE);
        }
        let start = self.text.len();
        // Writing to memory cannot fail.
        let _ = write(&mut Plain(&mut self.text));
        self.places[index] = Some((start, self.text.len()));
    }
}

impl Visit for JobFields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, |text| text.write_str(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, |text| write!(text, "{value:?}"));
    }
}
