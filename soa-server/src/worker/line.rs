//! The line of a process to the one that started it: a socket that is its standard input.

use std::{
    fs::File,
    io::{self, Write},
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::UnixStream,
    },
    time::Duration,
};

use rustix::stdio::dup2_stdin;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;

/// The longest report that is sent, in bytes: far less than what a socket takes without waiting.
const LONGEST: usize = 4096;

/// The end of the line in the process that was started.
///
/// The other end closes with the death of whoever holds it, even by SIGKILL.
#[derive(Debug)]
pub(crate) struct Line(UnixStream);

/// What a process says about its start, once.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Report {
    /// It can answer requests now.
    Ready {
        /// How long it may take to stop.
        drain_limit: Option<Duration>,
        /// The name of its service; a worker of an earlier version does not tell it.
        #[serde(default)]
        service: String,
    },
    /// Why it ends without having been ready.
    Failed(String),
}

impl Line {
    /// Takes the line off standard input, which is empty from now on: what the process starts does not inherit the line.
    ///
    /// # Errors
    /// When standard input is no such line.
    pub(crate) fn take() -> io::Result<Self> {
        let line = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        let why =
            "standard input is no line to a parent; --worker and --detached are for what --fork and --daemon start";
        line.peer_addr().map_err(|error| io::Error::new(error.kind(), why))?;
        line.set_nonblocking(true)?;
        dup2_stdin(File::open("/dev/null")?)?;
        Ok(Self(line))
    }

    /// A line: the end to keep, and the end that becomes a standard input.
    pub(crate) fn pair() -> io::Result<(UnixStream, OwnedFd)> {
        let (ours, theirs) = UnixStream::pair()?;
        Ok((ours, theirs.into()))
    }

    /// Says how the start went.
    pub(crate) fn report(&self, report: &Report) {
        // Who does not listen any more need not be told.
        let _ = (&self.0).write_all(report.to_line().as_bytes());
    }

    /// The same line, for waiting until its other end is closed; to be called within a runtime.
    pub(crate) fn other_end(&self) -> io::Result<OtherEnd> {
        Ok(OtherEnd(tokio::net::UnixStream::from_std(self.0.try_clone()?)?))
    }
}

/// The life of whoever holds the other end of a line.
#[derive(Debug)]
pub(crate) struct OtherEnd(tokio::net::UnixStream);

impl OtherEnd {
    /// Waits for the end of it.
    pub(crate) async fn closed(mut self) {
        while matches!(self.0.read(&mut [0; 64]).await, Ok(1..)) {}
    }
}

impl Report {
    fn to_line(&self) -> String {
        // Neither variant holds anything that JSON does not.
        let line = serde_json::to_string(self).unwrap_or_default() + "\n";
        match self {
            Self::Failed(why) if line.len() > LONGEST => {
                Self::Failed(why.chars().take(LONGEST / 16).chain(['…']).collect()).to_line()
            }
            _ => line,
        }
    }

    /// Reads a report; none when the other end closes before it, or says something else.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(report: Report) {
        let line = report.to_line();
        assert!(line.len() <= LONGEST && line.find('\n') == Some(line.len() - 1), "{line:?}");
        assert_eq!(Report::parse(&line), Some(report));
    }

    #[test]
    fn a_report_is_one_line() {
        check(Report::Ready { drain_limit: None, service: "square".to_owned() });
        check(Report::Ready { drain_limit: Some(Duration::from_millis(1500)), service: String::new() });
        check(Report::Failed("two\nlines".to_owned()));
        assert_eq!(Report::parse(""), None);
        assert_eq!(Report::parse("hello\n"), None);
    }

    #[test]
    fn a_report_of_an_earlier_version_is_read() {
        let expected = Report::Ready { drain_limit: None, service: String::new() };
        assert_eq!(Report::parse(r#"{"Ready":{"drain_limit":null}}"#), Some(expected));
    }

    #[test]
    fn a_report_is_cut() {
        let line = Report::Failed("\u{1}".repeat(1 << 20)).to_line();
        assert!(line.len() <= LONGEST && line.ends_with("…\"}\n"), "{}", line.len());
    }
}
