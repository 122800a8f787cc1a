use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::{SERVICE, plain::Plain};

const NAMES: [&str; 4] = ["service_name", "request_id", "correlation_id", "action_name"];

/// Room for the fields of most requests.
const USUAL_SIZE: usize = 96;

/// The fields of a request's span and of the spans around it, as they stand on a line.
#[derive(Default)]
pub(super) struct JobFields {
    text: String,
    /// Where in the text each of them starts and ends.
    places: [Option<(usize, usize)>; NAMES.len()],
}

impl JobFields {
    /// Calls this with the fields of the innermost of these spans that has some.
    pub(super) fn of_nearest<'a, R: LookupSpan<'a>>(
        mut span: Option<SpanRef<'a, R>>,
        mut then: impl FnMut(&Self),
    ) -> bool {
        while let Some(current) = span {
            if let Some(fields) = current.extensions().get() {
                then(fields);
                return true;
            }
            span = current.parent();
        }
        false
    }

    pub(super) fn are_set(&self) -> bool {
        self.places.iter().any(Option::is_some)
    }

    /// Takes the fields that are not set from the span around.
    pub(super) fn fill_from(&mut self, outer: &Self) {
        for (place, outer_place) in self.places.iter_mut().zip(outer.places) {
            if let (None, Some((start, end))) = (&place, outer_place) {
                *place = Some((self.text.len(), self.text.len() + end - start));
                self.text.push_str(&outer.text[start..end]);
            }
        }
    }

    /// Appends each field with a space before it.
    pub(super) fn push_to(&self, line: &mut String) {
        let unset = [SERVICE.get().map_or("unknown", String::as_str), "--", "--", "(n/a)"];
        for (place, unset) in self.places.iter().zip(unset) {
            line.push(' ');
            line.push_str(place.map_or(unset, |(start, end)| &self.text[start..end]));
        }
    }

    fn set(&mut self, field: &Field, write: impl FnOnce(&mut Plain<'_>) -> fmt::Result) {
        let Some(index) = NAMES.iter().position(|name| *name == field.name()) else {
            return;
        };
        if self.text.is_empty() {
            self.text.reserve(USUAL_SIZE);
        }
        let start = self.text.len();
        // Writing to a text cannot fail.
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

#[cfg(test)]
mod tests {
    use tracing::error_span;
    use tracing_subscriber::{Registry, layer::SubscriberExt, registry::LookupSpan};

    use super::super::Lines;

    /// The fields of the innermost span of the current thread.
    fn current() -> String {
        let mut line = String::new();
        let id = tracing::Span::current().id().unwrap();
        tracing::dispatcher::get_default(|dispatch| {
            let span = dispatch.downcast_ref::<Registry>().unwrap().span(&id).unwrap();
            Lines::push_fields(&mut line, Some(span));
        });
        line
    }

    #[test]
    fn lines_hold_the_fields_of_all_spans_around_them() {
        let lines = Lines { process: "main".to_owned(), has_colours: false };
        tracing::subscriber::with_default(Registry::default().with(lines), || {
            let correlation_id = Some("a\nb");
            let job = error_span!("job", service_name = "square", request_id = 417, correlation_id).entered();
            assert_eq!(current(), " square 417 a\\nb (n/a)");
            let other = error_span!("other", request = 7).entered();
            assert_eq!(current(), " square 417 a\\nb (n/a)");
            let action = error_span!("action", action_name = %"root\u{1b}", request_id = "").entered();
            assert_eq!(current(), " square  a\\nb root\\u{1b}");
            drop((action, other));
            assert_eq!(current(), " square 417 a\\nb (n/a)");
            drop(job);
            let _span = error_span!("job", correlation_id = None::<&str>, action_name = "x").entered();
            assert_eq!(current(), " unknown -- -- x");
        });
    }
}
