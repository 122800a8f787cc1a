//! The log on standard error: one line an event, with the fields of the request it belongs to.
//!
//! ```text
//! 2026-01-31T12:00:00.000000Z    INFO worker-2 square 417 0f3c… square: job response: …
//! ```
//!
//! That is: time, level, process, service name, request id, correlation id, action and the message with its own fields.

mod clock;
mod job_fields;
mod output;
mod plain;
mod room;

use std::{
    cell::Cell,
    fmt::{self, Write as _},
    io, panic,
    sync::OnceLock,
};

use anstyle::AnsiColor;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id},
    subscriber::SetGlobalDefaultError,
};
use tracing_subscriber::{
    Layer, Registry,
    filter::LevelFilter,
    layer::{Context, SubscriberExt},
    registry::{LookupSpan, SpanRef},
};

use self::{clock::Clock, job_fields::JobFields, plain::Plain};
pub(crate) use self::{
    output::{Gathering, gather},
    room::Room,
};
use crate::panics;

/// The target of the lines that tell requests and responses.
pub(crate) const JOBS: &str = "soa_server::jobs";

/// The service of this process, as it stands on lines, once it is made.
static SERVICE: OnceLock<String> = OnceLock::new();

/// Sends the log of this process to standard error, from this level on: one line an event, with the names of service and
/// action and the ids of the request that it belongs to. `process` stands on every line.
///
/// [`main`](crate::main) does this; it is for programs that call [`serve`](crate::serve) and have no log of their own.
///
/// # Errors
/// When the program has a subscriber of its own, which stays.
pub fn log_to_stderr(level: Level, process: impl Into<String>) -> Result<(), SetGlobalDefaultError> {
    let process = process.into();
    let has_colours = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
    let lines = Registry::default().with(LevelFilter::from_level(level)).with(Lines { process, has_colours });
    tracing::subscriber::set_global_default(lines)
}

/// Names the service on the lines that belong to none of its requests, whichever thread writes them.
pub(crate) fn name_service(name: &str) {
    let mut plain = String::new();
    // Writing to a text cannot fail.
    let _ = Plain(&mut plain).write_str(name);
    // A process has one service.
    let _ = SERVICE.set(plain);
}

/// Makes a panic one line of the log.
pub(crate) fn log_panics() {
    panic::set_hook(Box::new(|panic| {
        let text = panics::message(panic.payload());
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        tracing::error!("panicked at {place}: {text}");
    }));
}

struct Lines {
    process: String,
    has_colours: bool,
}

/// What a thread keeps from line to line.
#[derive(Default)]
struct Scratch {
    line: Room,
    clock: Clock,
}

thread_local! {
    static SCRATCH: Cell<Scratch> = Cell::default();
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = JobFields::default();
        attributes.record(&mut fields);
        if fields.are_set()
            && let Some(span) = context.span(id)
        {
            JobFields::of_nearest(span.parent(), |outer| fields.fill_from(outer));
            span.extensions_mut().insert(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        // Taken out, because what is shown may itself write a line; there is none while a thread ends.
        let mut scratch = SCRATCH.try_with(Cell::take).unwrap_or_default();
        let line = &mut scratch.line.text;
        self.start(line, &mut scratch.clock, *event.metadata().level());
        Self::push_fields(line, context.event_span(event));
        line.push_str(": ");
        event.record(&mut Said { start: line.len(), line });
        line.push('\n');
        output::write(line.as_bytes(), event.metadata().target() == JOBS);
        scratch.line.clear();
        let _ = SCRATCH.try_with(|kept| kept.set(scratch));
    }
}

impl Lines {
    fn push_fields<'a, R: LookupSpan<'a>>(line: &mut String, span: Option<SpanRef<'a, R>>) {
        if !JobFields::of_nearest(span, |fields| fields.push_to(line)) {
            JobFields::default().push_to(line);
        }
    }

    fn start(&self, line: &mut String, clock: &mut Clock, level: Level) {
        clock.push_now(line);
        let (name, colour) = match level {
            Level::ERROR => ("  ERROR", AnsiColor::Red),
            Level::WARN => ("WARNING", AnsiColor::Yellow),
            Level::INFO => ("   INFO", AnsiColor::Green),
            Level::DEBUG => ("  DEBUG", AnsiColor::Blue),
            Level::TRACE => ("  TRACE", AnsiColor::Magenta),
        };
        line.push(' ');
        match self.has_colours {
            true => {
                let style = colour.on_default();
                // Writing to a text cannot fail.
                let _ = write!(line, "{style}{name}{style:#}");
            }
            false => line.push_str(name),
        }
        line.push(' ');
        line.push_str(&self.process);
    }
}

/// What an event says: its message, then its other fields. The message stands first, wherever it is among the fields.
struct Said<'a> {
    line: &'a mut String,
    /// Where in the line the message begins.
    start: usize,
}

impl Said<'_> {
    fn push(&mut self, field: &Field, write: impl FnOnce(&mut Plain<'_>) -> fmt::Result) {
        let mut behind = String::new();
        match field.name() {
            "message" => behind = self.line.split_off(self.start),
            name => self.line.extend([" ", name, "="]),
        }
        // Writing to a text cannot fail.
        let _ = write(&mut Plain(self.line));
        self.line.push_str(&behind);
    }
}

impl Visit for Said<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.push(field, |line| line.write_str(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.push(field, |line| write!(line, "{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(has_colours: bool, level: Level) -> String {
        let mut line = String::new();
        Lines { process: "worker-2".to_owned(), has_colours }.start(&mut line, &mut Clock::default(), level);
        let (time, rest) = line.split_once(' ').unwrap();
        assert!(time.ends_with('Z'), "{line}");
        rest.to_owned()
    }

    #[test]
    fn lines_start_with_time_level_and_process() {
        assert_eq!(start(false, Level::WARN), "WARNING worker-2");
        assert_eq!(start(false, Level::INFO), "   INFO worker-2");
    }

    #[test]
    fn colours_surround_the_level_only() {
        assert_eq!(start(true, Level::INFO), "\u{1b}[32m   INFO\u{1b}[0m worker-2");
    }
}
