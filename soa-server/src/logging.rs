//! The log on standard error: one line an event, with the fields of the request it belongs to.
//!
//! ```text
//! 2026-01-31T12:00:00.000000Z    INFO worker-2 square 417 0f3c… square: job response: …
//! ```
//!
//! That is: time, level, process, service name, request id, correlation id, action and the message with its own fields.

use std::{
    fmt::{self, Write as _},
    io::{self, Write as _},
    panic,
    sync::OnceLock,
};

use anstyle::{AnsiColor, Style};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::SetGlobalDefaultError,
};
use tracing_subscriber::{
    Layer, Registry,
    filter::LevelFilter,
    fmt::{
        format::Writer,
        time::{FormatTime, SystemTime},
    },
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
};

use crate::panics;

/// The service of this process, once it is made.
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
    // A process has one service.
    let _ = SERVICE.set(name.to_owned());
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

/// The fields of a request's span.
#[derive(Default)]
struct JobFields {
    service_name: Option<String>,
    request_id: Option<String>,
    correlation_id: Option<String>,
    action_name: Option<String>,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = JobFields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<JobFields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut job = JobFields::default();
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<JobFields>() {
                job.fill_from(fields);
            }
        }
        let mut message = Message::default();
        event.record(&mut message);
        // There is nobody to tell that the log cannot be written.
        let _ = io::stderr().lock().write_all(self.line(*event.metadata().level(), &job, &message).as_bytes());
    }
}

impl Lines {
    fn line(&self, level: Level, job: &JobFields, message: &Message) -> String {
        let mut line = String::with_capacity(128 + message.text.len());
        // Writing to a text cannot fail; the time of a broken clock is left out.
        let _ = SystemTime.format_time(&mut Writer::new(&mut line));
        let (name, style) = match level {
            Level::ERROR => ("ERROR", AnsiColor::Red.on_default()),
            Level::WARN => ("WARNING", AnsiColor::Yellow.on_default()),
            Level::INFO => ("INFO", AnsiColor::Green.on_default()),
            Level::DEBUG => ("DEBUG", AnsiColor::Blue.on_default()),
            Level::TRACE => ("TRACE", AnsiColor::Magenta.on_default()),
        };
        let style = if self.has_colours { style } else { Style::new() };
        let _ = write!(line, " {style}{name:>7}{style:#} {}", self.process);
        for (field, unset) in [
            (&job.service_name, SERVICE.get().map_or("unknown", String::as_str)),
            (&job.request_id, "--"),
            (&job.correlation_id, "--"),
            (&job.action_name, "(n/a)"),
        ] {
            line.push(' ');
            push_plain(&mut line, field.as_deref().unwrap_or(unset));
        }
        line.push_str(": ");
        push_plain(&mut line, &message.text);
        push_plain(&mut line, &message.fields);
        line.push('\n');
        line
    }
}

impl JobFields {
    fn fill_from(&mut self, outer: &Self) {
        let pairs = [
            (&mut self.service_name, &outer.service_name),
            (&mut self.request_id, &outer.request_id),
            (&mut self.correlation_id, &outer.correlation_id),
            (&mut self.action_name, &outer.action_name),
        ];
        for (field, outer) in pairs {
            if field.is_none() {
                field.clone_from(outer);
            }
        }
    }
}

impl Visit for JobFields {
    fn record_str(&mut self, field: &Field, value: &str) {
        let field = match field.name() {
            "service_name" => &mut self.service_name,
            "request_id" => &mut self.request_id,
            "correlation_id" => &mut self.correlation_id,
            "action_name" => &mut self.action_name,
            _ => return,
        };
        *field = Some(value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

/// What an event says.
#[derive(Default)]
struct Message {
    text: String,
    fields: String,
}

impl Visit for Message {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a text cannot fail.
        let _ = match field.name() {
            "message" => write!(self.text, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

/// Appends a text without what could forge a line or steer a terminal.
fn push_plain(line: &mut String, text: &str) {
    // Most texts hold nothing of the kind, and bytes are looked at faster than characters: control characters beyond
    // ASCII begin with 0xc2.
    let may_hold_control = |found, byte: u8| found | byte.is_ascii_control() | (byte == 0xc2);
    if !text.bytes().fold(false, may_hold_control) {
        return line.push_str(text);
    }
    for character in text.chars() {
        match character.is_control() {
            true => line.extend(character.escape_debug()),
            false => line.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_the_fields_of_its_job_and_is_one_line() {
        let lines = Lines { process: "worker-2".to_owned(), has_colours: false };
        let job = JobFields { correlation_id: Some("a\nb".to_owned()), ..JobFields::default() };
        let message = Message { text: "gone\u{1b}[31m".to_owned(), fields: " pid=7".to_owned() };
        let line = lines.line(Level::WARN, &job, &message);
        let (time, rest) = line.split_once(' ').unwrap();
        assert!(time.ends_with('Z'), "{line}");
        assert_eq!(rest, "WARNING worker-2 unknown -- a\\nb (n/a): gone\\u{1b}[31m pid=7\n");
    }

    #[test]
    fn only_control_characters_are_escaped() {
        let all = (0..=u32::from(char::MAX)).filter_map(char::from_u32);
        for character in all {
            let mut line = String::new();
            push_plain(&mut line, character.encode_utf8(&mut [0; 4]));
            let is_plain = line == character.to_string();
            assert_eq!(is_plain, !character.is_control(), "{character:?} as {line:?}");
        }
    }

    #[test]
    fn colours_surround_the_level_only() {
        let lines = Lines { process: "main".to_owned(), has_colours: true };
        let line = lines.line(Level::INFO, &JobFields::default(), &Message::default());
        assert!(line.ends_with("\u{1b}[32m   INFO\u{1b}[0m main unknown -- -- (n/a): \n"), "{line:?}");
    }
}
