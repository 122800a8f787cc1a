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
mod spans;

use std::{
    cell::{Cell, RefCell},
    fmt::{self, Write as _},
    io, panic,
    sync::OnceLock,
};

use anstyle::AnsiColor;
use tracing::{
    Event, Level, Metadata, Subscriber,
    dispatcher::get_default,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
    subscriber::SetGlobalDefaultError,
};
use tracing_core::span::Current;

pub(crate) use self::output::{Gathering, gather};
use self::{
    clock::Clock,
    plain::{Plain, make_plain},
    room::Room,
    spans::Spans,
};
use crate::panics;

/// The target of the lines that tell requests and responses.
pub(crate) const JOBS: &str = "soa_server::jobs";

/// The service of this process, as it stands on lines, once it is made.
static SERVICE: OnceLock<Vec<u8>> = OnceLock::new();

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
    tracing::subscriber::set_global_default(Lines::new(level, process, has_colours))
}

/// Writes a line that tells a request or a response, where the log is that of [`log_to_stderr`]; otherwise it does
/// nothing and gives false. It is the line of an event with the target [`JOBS`] and a level that is enabled, without
/// making the event first.
///
/// What appends the message logs nothing itself, appends UTF-8 and tells whether that is printable ASCII.
pub(crate) fn write_job_line(level: Level, message: impl Fn(&mut Vec<u8>) -> bool) -> bool {
    get_default(|dispatch| {
        let lines = dispatch.downcast_ref::<Lines>();
        lines.inspect(|lines| lines.write_job_line(level, &message)).is_some()
    })
}

/// Names the service on the lines that belong to none of its requests, whichever thread writes them.
pub(crate) fn name_service(name: &str) {
    let mut plain = Vec::new();
    // Writing to memory cannot fail.
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
    level: Level,
    process: String,
    has_colours: bool,
    spans: Spans,
}

thread_local! {
    static LINE: Cell<Room> = Cell::default();
    static CLOCK: RefCell<Clock> = RefCell::default();
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::from_level(self.level))
    }

    fn event(&self, event: &Event<'_>) {
        // Taken out, because what is shown may itself write a line; there is none while a thread ends.
        let mut room = LINE.try_with(Cell::take).unwrap_or_default();
        let line = &mut room.text;
        let span = spans::around(event.parent(), event.is_contextual());
        self.begin(line, *event.metadata().level(), span.as_ref());
        event.record(&mut Said { start: line.len(), line });
        line.push(b'\n');
        output::write(|lines| lines.extend_from_slice(&room.text), event.metadata().target() == JOBS);
        room.clear();
        let _ = LINE.try_with(|kept| kept.set(room));
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        self.spans.open(attributes)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {
        // Lines show what a span had from the start.
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, span: &Id) {
        spans::enter(span);
    }

    fn exit(&self, span: &Id) {
        spans::exit(span);
    }

    fn clone_span(&self, span: &Id) -> Id {
        self.spans.hold(span);
        span.clone()
    }

    fn try_close(&self, span: Id) -> bool {
        self.spans.let_go(&span)
    }

    fn current_span(&self) -> Current {
        let span = spans::current().and_then(|span| Some((self.spans.metadata(&span)?, span)));
        span.map_or_else(Current::none, |(metadata, span)| Current::new(span, metadata))
    }
}

impl Lines {
    fn new(level: Level, process: String, has_colours: bool) -> Self {
        Self { level, process, has_colours, spans: Spans::default() }
    }

    fn write_job_line(&self, level: Level, message: impl Fn(&mut Vec<u8>) -> bool) {
        let write = |line: &mut Vec<u8>| {
            self.begin(line, level, spans::current().as_ref());
            let start = line.len();
            if !message(line) {
                make_plain(line, start);
            }
            line.push(b'\n');
        };
        output::write(write, true);
    }

    /// Appends all that stands before the message.
    fn begin(&self, line: &mut Vec<u8>, level: Level, span: Option<&Id>) {
        self.start(line, level);
        self.spans.push_fields(line, span);
        line.extend_from_slice(b": ");
    }

    fn start(&self, line: &mut Vec<u8>, level: Level) {
        if CLOCK.try_with(|clock| clock.borrow_mut().push_now(line)).is_err() {
            Clock::default().push_now(line);
        }
        let (name, colour) = match level {
            Level::ERROR => ("  ERROR", AnsiColor::Red),
            Level::WARN => ("WARNING", AnsiColor::Yellow),
            Level::INFO => ("   INFO", AnsiColor::Green),
            Level::DEBUG => ("  DEBUG", AnsiColor::Blue),
            Level::TRACE => ("  TRACE", AnsiColor::Magenta),
        };
        line.push(b' ');
        match self.has_colours {
            true => {
                let style = colour.on_default();
                line.extend_from_slice(format!("{style}{name}{style:#}").as_bytes());
            }
            false => line.extend_from_slice(name.as_bytes()),
        }
        line.push(b' ');
        line.extend_from_slice(self.process.as_bytes());
    }
}

/// What an event says: its message, then its other fields. The message stands first, wherever it is among the fields.
struct Said<'a> {
    line: &'a mut Vec<u8>,
    /// Where in the line the message begins.
    start: usize,
}

impl Said<'_> {
    fn push(&mut self, field: &Field, write: impl FnOnce(&mut Plain<'_>) -> fmt::Result) {
        let mut behind = Vec::new();
        match field.name() {
            "message" => behind = self.line.split_off(self.start),
            name => [" ", name, "="].iter().for_each(|part| self.line.extend_from_slice(part.as_bytes())),
        }
        // Writing to memory cannot fail.
        let _ = write(&mut Plain(self.line));
        self.line.append(&mut behind);
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
        let mut line = Vec::new();
        Lines::new(level, "worker-2".to_owned(), has_colours).start(&mut line, level);
        let line = String::from_utf8(line).unwrap();
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
