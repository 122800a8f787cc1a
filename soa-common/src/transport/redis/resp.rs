//! Replies of Redis: RESP as of its second version, which is what a connection speaks that asks for nothing else.

use std::{cell::OnceCell, collections::VecDeque, ops::Range};

use bytes::Bytes;
use redis::{ErrorKind, RedisError, RedisResult, ServerError, Value};

/// How deep arrays may stand in each other; what we ask for is two deep.
const DEPTH: usize = 8;

/// Replies of up to this size are copied as a whole, and what is in them shares the copy. What is in larger ones is
/// copied one by one, so that a single message does not keep all others in memory.
const SHARED: usize = 64 * 1024;

/// How long a line may be: those of Redis are numbers, words and the texts of errors.
const LONGEST_LINE: usize = 64 * 1024;

/// What Redis replied to a command.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reply {
    Nil,
    Int(i64),
    /// A word such as `OK`.
    Status(Bytes),
    Data(Bytes),
    Array(Vec<Reply>),
    Error(ServerError),
}

/// Values that do not lie in the input they belong to, in order, each with the place where it would begin.
pub(super) type Apart = VecDeque<(usize, Bytes)>;

/// Finds the ends of replies in bytes that come in pieces. Only a line that is not there as a whole is looked at again.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    /// Where to go on.
    at: usize,
    /// How many elements of the arrays that were begun are still to come.
    open: u64,
    /// How long the input has to be before there can be anything new.
    needed: usize,
    /// The value that is not there as a whole: where its bytes begin, and how many it has.
    awaited: Option<(usize, usize)>,
    /// Whether the bytes of the next value do not lie in the input.
    is_apart: bool,
}

impl Scanner {
    /// The end of the next reply in `input`; none while it is not there as a whole. The input may only grow until then.
    ///
    /// # Errors
    /// What cannot be a reply.
    pub(super) fn next(&mut self, input: &[u8]) -> RedisResult<Option<usize>> {
        loop {
            let Some((head, line_end)) = line(input, self.at)? else { return Ok(None) };
            let open = self.open.max(1) - 1;
            let (end, more) = match head {
                Head::Leaf => (line_end, 0),
                Head::Data(length) => match length {
                    // A missing value has neither bytes nor a line end.
                    None => (line_end, 0),
                    Some(_) if self.is_apart => (line_end + 2, 0),
                    Some(length) => {
                        self.awaited = Some((line_end, length));
                        (line_end.saturating_add(length).saturating_add(2), 0)
                    }
                },
                Head::Array(count) => (line_end, count),
            };
            self.needed = end;
            if end > input.len() {
                return Ok(None);
            }
            (self.at, self.awaited, self.is_apart) = (end, None, false);
            self.open = open.saturating_add(more);
            if self.open == 0 {
                return Ok(Some(end));
            }
        }
    }

    /// The value that is not there as a whole: where its bytes begin in the input, and how many it has.
    pub(super) fn awaited(&self) -> Option<(usize, usize)> {
        self.awaited
    }

    /// Takes note that the bytes of the value that is awaited are there, but do not lie in the input.
    pub(super) fn set_apart(&mut self) {
        if let Some((start, _)) = self.awaited.take() {
            (self.is_apart, self.needed) = (true, start + 2);
        }
    }

    /// How many bytes are surely missing from an input of this length.
    pub(super) fn missing(&self, length: usize) -> usize {
        self.needed.saturating_sub(length)
    }
}

/// Reads replies that are there as a whole.
pub(super) struct Reader<'a> {
    input: &'a [u8],
    apart: &'a mut Apart,
    at: usize,
    shared: OnceCell<Bytes>,
}

impl<'a> Reader<'a> {
    /// `input` holds whole replies and nothing else, `apart` the values of them that lie elsewhere, which are taken.
    pub(super) fn new(input: &'a [u8], apart: &'a mut Apart) -> Self {
        Self { input, apart, at: 0, shared: OnceCell::new() }
    }

    /// Reads the next reply.
    ///
    /// # Errors
    /// What is no reply.
    pub(super) fn read(&mut self) -> RedisResult<Reply> {
        self.read_at(0)
    }

    fn read_at(&mut self, depth: usize) -> RedisResult<Reply> {
        let start = self.at;
        let (head, line_end) = line(self.input, start)?.ok_or_else(broken)?;
        self.at = line_end;
        let text = start + 1..line_end - 2;
        Ok(match head {
            Head::Leaf => match self.input[start] {
                b'+' => Reply::Status(self.bytes(text)),
                b'-' => Reply::Error(error(&self.input[start..line_end])?),
                _ => Reply::Int(number(&self.input[text])?),
            },
            Head::Data(None) => Reply::Nil,
            Head::Data(Some(length)) => {
                let is_apart = self.apart.front().is_some_and(|(place, _)| *place == line_end);
                let apart = if is_apart { self.apart.pop_front() } else { None };
                let end = match apart {
                    Some(_) => line_end,
                    None => line_end.checked_add(length).ok_or_else(broken)?,
                };
                if !self.input.get(end..).is_some_and(|rest| rest.starts_with(b"\r\n")) {
                    return Err(broken());
                }
                self.at = end + 2;
                Reply::Data(apart.map_or_else(|| self.bytes(line_end..end), |(_, bytes)| bytes))
            }
            Head::Array(_) if depth == DEPTH => return Err(broken()),
            Head::Array(_) if self.input[text.start] == b'-' => Reply::Nil,
            // Each element takes three bytes at least: a false count reserves no memory.
            Head::Array(count) => {
                let mut elements = Vec::with_capacity(usize::try_from(count).unwrap_or(0).min(self.input.len() / 3));
                for _ in 0..count {
                    elements.push(self.read_at(depth + 1)?);
                }
                Reply::Array(elements)
            }
        })
    }

    fn bytes(&self, range: Range<usize>) -> Bytes {
        if self.input.len() > SHARED {
            return Bytes::copy_from_slice(&self.input[range]);
        }
        self.shared.get_or_init(|| Bytes::copy_from_slice(self.input)).slice(range)
    }
}

/// What the first line of a value says of it.
enum Head {
    /// The line is the value.
    Leaf,
    /// So many bytes follow; none: there is no value.
    Data(Option<usize>),
    /// So many values follow.
    Array(u64),
}

/// Reads the line that starts at `at`; gives its end as well. None when it is not there as a whole.
fn line(input: &[u8], at: usize) -> RedisResult<Option<(Head, usize)>> {
    let Some(kind) = input.get(at) else { return Ok(None) };
    if !matches!(kind, b'+' | b'-' | b':' | b'$' | b'*') {
        return Err(broken());
    }
    let rest = &input[at + 1..input.len().min(at + LONGEST_LINE)];
    let Some(length) = rest.iter().position(|byte| *byte == b'\n') else {
        return if input.len() - at < LONGEST_LINE { Ok(None) } else { Err(broken()) };
    };
    let Some(text) = rest[..length].strip_suffix(b"\r") else { return Err(broken()) };
    let head = match kind {
        b'$' => Head::Data(usize::try_from(number(text)?).ok()),
        b'*' => Head::Array(u64::try_from(number(text)?).unwrap_or(0)),
        _ => Head::Leaf,
    };
    Ok(Some((head, at + 1 + length + 1)))
}

fn number(text: &[u8]) -> RedisResult<i64> {
    str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or_else(broken)
}

/// The crate's own reader makes of the line what the rest of the crate knows as an error.
fn error(line: &[u8]) -> RedisResult<ServerError> {
    match redis::parse_redis_value(line)? {
        Value::ServerError(error) => Ok(error),
        _ => Err(broken()),
    }
}

fn broken() -> RedisError {
    (ErrorKind::Parse, "no reply of Redis").into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn data(bytes: &'static [u8]) -> Reply {
        Reply::Data(Bytes::from_static(bytes))
    }

    fn read(input: &[u8]) -> RedisResult<Reply> {
        Reader::new(input, &mut Apart::new()).read()
    }

    /// Feeds the input byte by byte and reads what was found.
    fn check(input: &[u8], expected: &[Reply]) {
        let mut scanner = Scanner::default();
        let mut ends = Vec::new();
        for length in 0..=input.len() {
            while let Some(end) = scanner.next(&input[..length]).unwrap() {
                assert_eq!(end, length, "as soon as it is there");
                ends.push(end);
            }
        }
        assert_eq!(ends.len(), expected.len());
        assert_eq!(ends.last().copied().unwrap_or(0), input.len());
        let mut apart = Apart::new();
        let mut reader = Reader::new(input, &mut apart);
        for reply in expected {
            assert_eq!(reader.read().unwrap(), *reply);
        }
    }

    #[test]
    fn replies_are_found_and_read() {
        check(b"+OK\r\n", &[Reply::Status(Bytes::from_static(b"OK"))]);
        check(b":-7\r\n:8\r\n", &[Reply::Int(-7), Reply::Int(8)]);
        check(b"$-1\r\n*-1\r\n$0\r\n\r\n", &[Reply::Nil, Reply::Nil, data(b"")]);
        check(b"*0\r\n", &[Reply::Array(vec![])]);
        check(b"$4\r\n\r\n\r\n\r\n", &[data(b"\r\n\r\n")]);
        let popped = Reply::Array(vec![data(b"list"), Reply::Array(vec![data(b"a"), data(b"bc")])]);
        check(b"*2\r\n$4\r\nlist\r\n*2\r\n$1\r\na\r\n$2\r\nbc\r\n:1\r\n", &[popped, Reply::Int(1)]);
    }

    #[test]
    fn errors_have_their_code() {
        let Reply::Error(error) = read(b"-NOSCRIPT No matching script.\r\n").unwrap() else { panic!() };
        assert_eq!((error.code(), error.details()), ("NOSCRIPT", Some("No matching script.")));
    }

    #[test]
    fn what_is_no_reply_is_an_error() {
        for input in [
            &b"HTTP/1.1 400\r\n"[..],
            b"$x\r\n",
            b":\r\n",
            b"+OK\n",
            b"%1\r\n",
            b"$99999999999999999999\r\n",
            b"$1\r\nabc",
        ] {
            let scanned = Scanner::default().next(input);
            assert!(scanned.is_err() || read(input).is_err(), "{}", input.escape_ascii());
        }
        assert!(read(&b"*1\r\n".repeat(100_000)).is_err(), "depth is bounded");
        assert!(read(b"*9223372036854775807\r\n").is_err(), "a count reserves nothing");
        assert!(read(b"$9223372036854775807\r\n").is_err());
    }

    #[test]
    fn a_length_without_its_bytes_waits() {
        assert_eq!(Scanner::default().next(b"$9223372036854775807\r\nx").unwrap(), None);
        assert_eq!(Scanner::default().next(b"*18446744073709551615\r\n").ok(), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(input: Vec<u8>) {
            if let Ok(Some(end)) = Scanner::default().next(&input) {
                let _ = read(&input[..end]);
            }
            let _ = read(&input);
        }
    }
}
