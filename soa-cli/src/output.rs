//! All printing: answers on standard output, everything else on standard error, colours on terminals only.

use std::io::{self, ErrorKind, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use serde_json::{Value as Json, json};
use soa_common::{Error, Value, json as human};

use crate::{
    failure::Failure,
    text::{harmless, steers},
};

pub(crate) const ALARM: Style = AnsiColor::Red.on_default().bold();
pub(crate) const STRONG: Style = Style::new().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();

/// Prints an answer's body as one JSON value.
pub(crate) fn body(value: &Value, as_json: bool) -> Result<(), Failure> {
    let value = human::to_json(value);
    let text = if !as_json && io::stdout().is_terminal() { format!("{value:#}") } else { value.to_string() };
    // What steers a terminal stands within strings only: JSON has its own escapes for it.
    let escaped = |mut text: String, c: char| {
        match steers(c) {
            true => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => text.push(c),
        }
        text
    };
    let mut text = text.chars().fold(String::with_capacity(text.len() + 1), escaped);
    text.push('\n');
    raw(text.as_bytes())
}

/// Prints text for people, with its styles where standard output takes them.
pub(crate) fn page(text: &str) -> Result<(), Failure> {
    print(anstream::stdout(), text.as_bytes())
}

/// Prints bytes as they are.
pub(crate) fn raw(bytes: &[u8]) -> Result<(), Failure> {
    print(io::stdout(), bytes)
}

/// How many columns a page may take up.
pub(crate) fn width() -> usize {
    // Longer lines are hard to read, and whoever reads what is not printed on a terminal has none to ask.
    const WIDEST: usize = 100;
    if io::stdout().is_terminal() { textwrap::termwidth().min(WIDEST) } else { WIDEST }
}

/// A reader that went away is no failure.
fn print(mut out: impl Write, bytes: &[u8]) -> Result<(), Failure> {
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::usage(format!("standard output: {error}"))),
        _ => Ok(()),
    }
}

/// Says something by the way.
pub(crate) fn note(text: &str) {
    // Nothing is left to be done where standard error cannot be written.
    let _ = writeln!(anstream::stderr(), "{FAINT}{text}{FAINT:#}");
}

/// Says why the command failed.
pub(crate) fn failure(failure: &Failure, as_json: bool) {
    let text = if as_json { format!("{}\n", machine(failure)) } else { readable(failure) };
    let _ = anstream::stderr().write_all(text.as_bytes());
}

fn readable(failure: &Failure) -> String {
    match failure {
        Failure::Usage(message) | Failure::Transport { message, .. } => {
            format!("{ALARM}error{ALARM:#}: {}\n", harmless(message))
        }
        Failure::Answer { what, errors } => {
            let mut text = format!("{ALARM}error{ALARM:#}: {}\n", harmless(what));
            for error in errors {
                text.push_str(&line(error));
            }
            text
        }
    }
}

fn line(error: &Error) -> String {
    let field = error.field.as_deref().map(|field| format!(" {}", harmless(field))).unwrap_or_default();
    let message = harmless(&error.message).replace('\n', "\n    ");
    let mut text = format!("  {STRONG}{}{STRONG:#}{field}: {message}\n", harmless(&error.code));
    if let Some(variables) = &error.variables {
        text.push_str(&format!(
            "    {FAINT}variables: {}{FAINT:#}\n",
            harmless(&human::to_json(variables).to_string())
        ));
    }
    if let Some(permissions) = &error.denied_permissions {
        text.push_str(&format!("    {FAINT}denied permissions: {}{FAINT:#}\n", harmless(&permissions.join(", "))));
    }
    if let Some(traceback) = &error.traceback {
        for line in traceback.lines() {
            text.push_str(&format!("    {FAINT}{}{FAINT:#}\n", harmless(line)));
        }
    }
    text
}

fn machine(failure: &Failure) -> Json {
    match failure {
        Failure::Usage(message) => json!([{"code": "USAGE", "message": message}]),
        Failure::Transport { code, message } => json!([{"code": code, "message": message}]),
        Failure::Answer { errors, .. } => errors.iter().map(entry).collect(),
    }
}

/// An error with the keys it has on the wire.
fn entry(error: &Error) -> Json {
    json!({
        "code": error.code,
        "message": error.message,
        "field": error.field,
        "traceback": error.traceback,
        "variables": error.variables.as_ref().map(human::to_json),
        "denied_permissions": error.denied_permissions,
        "is_caller_error": error.is_caller_error,
    })
}
