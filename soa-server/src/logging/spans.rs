//! The spans that are open, of which lines need a few fields only.

use std::{
    cell::RefCell,
    iter::successors,
    sync::{Mutex, MutexGuard, PoisonError},
};

use slab::Slab;
use tracing::{
    Metadata,
    span::{Attributes, Id},
};

use super::job_fields::JobFields;

/// The room of so many closed spans is kept for others.
const SPARE: usize = 256;

thread_local! {
    /// The spans that this thread has entered, each of them held by whoever did that.
    static ENTERED: RefCell<Vec<Id>> = const { RefCell::new(Vec::new()) };
}

#[derive(Default)]
pub(super) struct Spans(Mutex<Open>);

#[derive(Default)]
struct Open {
    spans: Slab<Span>,
    spare: Vec<JobFields>,
}

struct Span {
    metadata: &'static Metadata<'static>,
    /// It stays open as long as this one.
    parent: Option<Id>,
    /// How often it is held.
    handles: usize,
    fields: JobFields,
}

impl Spans {
    pub(super) fn open(&self, attributes: &Attributes<'_>) -> Id {
        let mut fields = self.lock().spare.pop().unwrap_or_default();
        // Not under the lock, because what is shown may itself open spans.
        attributes.record(&mut fields);
        let mut open = self.lock();
        let parent = around(attributes.parent(), attributes.is_contextual()).filter(|id| open.hold(id));
        let key = open.spans.insert(Span { metadata: attributes.metadata(), parent, handles: 1, fields });
        Id::from_u64(key as u64 + 1)
    }

    pub(super) fn hold(&self, id: &Id) {
        self.lock().hold(id);
    }

    /// Lets go of a span once; gives whether that closes it.
    pub(super) fn let_go(&self, id: &Id) -> bool {
        let mut open = self.lock();
        let closed = open.let_go(id);
        let mut parent = closed.clone();
        while let Some(id) = parent.flatten() {
            parent = open.let_go(&id);
        }
        closed.is_some()
    }

    pub(super) fn metadata(&self, id: &Id) -> Option<&'static Metadata<'static>> {
        self.lock().spans.get(key(id)).map(|span| span.metadata)
    }

    /// Appends the fields of a span and the spans around it.
    pub(super) fn push_fields(&self, line: &mut Vec<u8>, innermost: Option<&Id>) {
        let open = self.lock();
        let get = |id| open.spans.get(key(id));
        let spans = successors(innermost.and_then(get), |span| span.parent.as_ref().and_then(get));
        JobFields::push_first(line, spans.map(|span| &span.fields));
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// False: there is no such span.
    fn hold(&mut self, id: &Id) -> bool {
        let span = self.spans.get_mut(key(id));
        span.map(|span| span.handles += 1).is_some()
    }

    /// Lets go of a span once; gives its parent, if it has one, when that closes the span.
    fn let_go(&mut self, id: &Id) -> Option<Option<Id>> {
        let span = self.spans.get_mut(key(id))?;
        span.handles -= 1;
        if span.handles > 0 {
            return None;
        }
        let Span { mut fields, parent, .. } = self.spans.remove(key(id));
        if self.spare.len() < SPARE {
            fields.clear();
            self.spare.push(fields);
        }
        Some(parent)
    }
}

fn key(id: &Id) -> usize {
    (id.into_u64() - 1) as usize
}

/// The span around what says of itself which that is.
pub(super) fn around(parent: Option<&Id>, is_contextual: bool) -> Option<Id> {
    match parent {
        None if is_contextual => current(),
        parent => parent.cloned(),
    }
}

/// The innermost span that this thread has entered.
pub(super) fn current() -> Option<Id> {
    ENTERED.try_with(|entered| entered.borrow().last().cloned()).ok().flatten()
}

pub(super) fn enter(id: &Id) {
    // A thread that ends is in no span.
    let _ = ENTERED.try_with(|entered| entered.borrow_mut().push(id.clone()));
}

pub(super) fn exit(id: &Id) {
    let _ = ENTERED.try_with(|entered| {
        let mut entered = entered.borrow_mut();
        if entered.last() == Some(id) {
            entered.pop();
        } else if let Some(index) = entered.iter().rposition(|other| other == id) {
            entered.remove(index);
        }
    });
}

#[cfg(test)]
mod tests {
    use tracing::{Level, Span, error_span};

    use super::super::Lines;

    /// The fields of the innermost span of the current thread.
    fn current() -> String {
        let mut line = Vec::new();
        tracing::dispatcher::get_default(|dispatch| {
            let lines: &Lines = dispatch.downcast_ref().unwrap();
            line.clear();
            lines.spans.push_fields(&mut line, super::current().as_ref());
        });
        String::from_utf8(line).unwrap()
    }

    fn open() -> usize {
        tracing::dispatcher::get_default(|dispatch| dispatch.downcast_ref::<Lines>().unwrap().spans.lock().spans.len())
    }

    fn with_lines(run: impl FnOnce()) {
        let lines = Lines::new(Level::INFO, "main".to_owned(), false);
        tracing::subscriber::with_default(lines, run);
    }

    #[test]
    fn lines_hold_the_fields_of_all_spans_around_them() {
        with_lines(|| {
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

    #[test]
    fn spans_stay_open_as_long_as_somebody_needs_them() {
        with_lines(|| {
            assert!(tracing::debug_span!("quiet").is_disabled());
            let outer = error_span!("outer", service_name = "square");
            let inner = error_span!(parent: &outer, "inner", request_id = 7);
            let (copy, apart) = (inner.clone(), error_span!(parent: None, "apart", action_name = "x"));
            drop((outer, inner));
            assert_eq!(open(), 3);
            let entered = copy.enter();
            assert_eq!((current().as_str(), Span::current()), (" square 7 -- (n/a)", copy.clone()));
            apart.in_scope(|| assert_eq!(current(), " unknown -- -- x"));
            // In the other order than entered.
            let within = error_span!("within", action_name = "y").entered();
            drop(entered);
            assert_eq!(current(), " square 7 -- y");
            drop((copy, apart));
            assert_eq!(open(), 3);
            drop(within);
            assert_eq!(open(), 0);
            let _other = error_span!("other").entered();
            assert_eq!(current(), " unknown -- -- (n/a)");
        });
    }
}
