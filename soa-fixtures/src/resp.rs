//! As much of the Redis protocol (RESP 2) as assertions need.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::Duration,
};

/// How long one command may take; a test that blocks in Redis longer is stuck.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What Redis answered to one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// No value: a missing key, or a blocking pop that timed out.
    Nil,
    /// A short status such as `OK`.
    Status(String),
    /// An error, with its code: `ERR unknown command …`.
    Error(String),
    /// An integer.
    Int(i64),
    /// A value, any bytes.
    Bytes(Vec<u8>),
    /// Several replies.
    Array(Vec<Reply>),
}

impl Reply {
    /// The integer of an integer reply.
    ///
    /// # Panics
    /// When the reply is anything else.
    #[track_caller]
    pub fn int(&self) -> i64 {
        match self {
            Self::Int(number) => *number,
            other => panic!("Redis answered {other:?} where the test expects an integer"),
        }
    }

    /// The bytes of a value.
    ///
    /// # Panics
    /// When the reply is anything else.
    #[track_caller]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            other => panic!("Redis answered {other:?} where the test expects a value"),
        }
    }

    /// The text of a value or a status.
    ///
    /// # Panics
    /// When the reply is anything else, or the value is not UTF-8.
    #[track_caller]
    pub fn text(&self) -> &str {
        if let Self::Status(text) = self {
            return text;
        }
        let Ok(text) = std::str::from_utf8(self.bytes()) else {
            panic!("Redis answered {self:?} where the test expects text");
        };
        text
    }

    /// The replies of an array.
    ///
    /// # Panics
    /// When the reply is anything else.
    #[track_caller]
    pub fn items(&self) -> &[Reply] {
        match self {
            Self::Array(items) => items,
            other => panic!("Redis answered {other:?} where the test expects an array"),
        }
    }
}

/// Sends one command over a connection of its own and reads the answer.
pub(crate) fn command<A: AsRef<[u8]>>(port: u16, arguments: &[A]) -> io::Result<Reply> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let mut request = format!("*{}\r\n", arguments.len()).into_bytes();
    for argument in arguments {
        let argument = argument.as_ref();
        request.extend_from_slice(format!("${}\r\n", argument.len()).as_bytes());
        request.extend_from_slice(argument);
        request.extend_from_slice(b"\r\n");
    }
    stream.write_all(&request)?;
    read_reply(&mut BufReader::new(stream))
}

fn read_reply(reader: &mut impl BufRead) -> io::Result<Reply> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let line = line.trim_end();
    let Some((kind, rest)) = line.split_at_checked(1) else {
        return Err(unexpected(line));
    };
    let number = || rest.parse::<i64>().map_err(|_| unexpected(line));
    // A negative length stands for "no value".
    let length = || Ok::<_, io::Error>(usize::try_from(number()?).ok());
    Ok(match kind {
        "+" => Reply::Status(rest.to_owned()),
        "-" => Reply::Error(rest.to_owned()),
        ":" => Reply::Int(number()?),
        "$" => match length()? {
            Some(length) => Reply::Bytes(read_bytes(reader, length)?),
            None => Reply::Nil,
        },
        "*" => match length()? {
            Some(length) => Reply::Array((0..length).map(|_| read_reply(reader)).collect::<io::Result<_>>()?),
            None => Reply::Nil,
        },
        _ => return Err(unexpected(line)),
    })
}

fn read_bytes(reader: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length + 2];
    reader.read_exact(&mut bytes)?;
    bytes.truncate(length);
    Ok(bytes)
}

fn unexpected(line: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not a Redis reply: {line:?}"))
}
