//! Frames: the elements of the lists in Redis (`docs/protocol.md`, section 3).

use std::fmt;

use bytes::Bytes;

use crate::{InvalidMessage, gather::Gather, serializer::Serializer};

/// The version of the protocol a frame is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProtocolVersion {
    /// A bare payload.
    V1,
    /// A payload behind its content type.
    V2,
    /// A payload behind a version marker and headers; the only one that can be chunked.
    #[default]
    V3,
}

impl ProtocolVersion {
    /// The version of a number, if it is a known one.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        match number {
            1 => Some(Self::V1),
            2 => Some(Self::V2),
            3 => Some(Self::V3),
            _ => None,
        }
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", *self as u8 + 1)
    }
}

/// The place of a frame in a chunked message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// How many frames the message has, when the frame says so.
    pub count: Option<u32>,
    /// The frame's place among them, from 1, when the frame says so.
    pub id: Option<u32>,
}

/// A frame taken apart; the payload is a slice of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The version it is written in.
    pub version: ProtocolVersion,
    /// The serializer it names; `None` when it names none or one that is not known.
    pub serializer: Option<Serializer>,
    /// Its place in a chunked message, when it has a chunk header.
    pub chunk: Option<Chunk>,
    /// What follows the headers.
    pub payload: Bytes,
}

const VERSION_PREFIX: &[u8] = b"pysoa-redis/";
const CONTENT_TYPE: &[u8] = b"content-type";
const CHUNK_COUNT: &[u8] = b"chunk-count";
const CHUNK_ID: &[u8] = b"chunk-id";

impl Frame {
    /// Takes a frame apart without copying.
    ///
    /// # Errors
    /// When the version is unknown or a chunk header is no number.
    pub fn parse(frame: &Bytes) -> Result<Self, InvalidMessage> {
        let (version, mut position) = version(frame)?;
        let (mut serializer, mut chunk) = (None, None);
        while let Some(header) = header(&frame[position..]) {
            position += header.length;
            match header.name {
                CONTENT_TYPE => serializer = Serializer::from_mime_type(header.value),
                name => {
                    let number = number(header.value).ok_or_else(|| {
                        InvalidMessage::new(format!(
                            "the frame's {} \"{}\" is no number",
                            name.escape_ascii(),
                            header.value[..header.value.len().min(20)].escape_ascii()
                        ))
                    })?;
                    let chunk = chunk.get_or_insert(Chunk { count: None, id: None });
                    match name {
                        CHUNK_COUNT => chunk.count = Some(number),
                        _ => chunk.id = Some(number),
                    }
                }
            }
        }
        Ok(Self { version, serializer, chunk, payload: frame.slice(position..) })
    }
}

/// Appends what stands before the payload of a frame.
pub fn write_headers(out: &mut Vec<u8>, version: ProtocolVersion, serializer: Serializer) {
    if version == ProtocolVersion::V3 {
        out.extend_from_slice(b"pysoa-redis/3//");
    }
    if version >= ProtocolVersion::V2 {
        out.extend_from_slice(b"content-type:");
        out.extend_from_slice(serializer.mime_type().as_bytes());
        out.push(b';');
    }
}

/// Cuts a payload into the frames of a chunked message (version 3), each with at most `size` bytes of it.
///
/// # Panics
/// When `size` is 0; settings do not allow that.
#[must_use]
pub fn chunks(serializer: Serializer, payload: &Gather, size: usize) -> Vec<Gather> {
    let mut head = Vec::with_capacity(64);
    write_headers(&mut head, ProtocolVersion::V3, serializer);
    head.extend_from_slice(format!("chunk-count:{};chunk-id:", payload.len().div_ceil(size)).as_bytes());
    payload.cut(size, |index, frame| {
        frame.extend_from_slice(&head);
        frame.extend_from_slice(format!("{};", index + 1).as_bytes());
    })
}

/// The version of a frame and where its headers start.
fn version(frame: &[u8]) -> Result<(ProtocolVersion, usize), InvalidMessage> {
    if let Some(rest) = frame.strip_prefix(VERSION_PREFIX) {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits > 0 && rest[digits..].starts_with(b"//") {
            let number = &rest[..digits];
            let known = std::str::from_utf8(number).ok().and_then(|digits| digits.parse().ok());
            return match known.and_then(ProtocolVersion::from_number) {
                Some(version) => Ok((version, VERSION_PREFIX.len() + digits + 2)),
                None => Err(InvalidMessage::new(format!(
                    "the frame's protocol version {} is unknown; known are 1, 2 and 3",
                    number[..digits.min(20)].escape_ascii()
                ))),
            };
        }
    }
    let version = if frame.starts_with(CONTENT_TYPE) { ProtocolVersion::V2 } else { ProtocolVersion::V1 };
    Ok((version, 0))
}

/// The bytes that values of headers are made of.
const IS_VALUE: [bool; 256] = {
    let mut is_value = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        is_value[byte] = matches!(byte as u8, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'/' | b'.' | b'-');
        byte += 1;
    }
    is_value
};

struct Header<'a> {
    name: &'static [u8],
    value: &'a [u8],
    length: usize,
}

/// The header at the start of `bytes`: white space may stand round its name, its colon, its value and before its
/// semicolon; behind that the next header or the payload begins at once.
fn header(bytes: &[u8]) -> Option<Header<'_>> {
    let rest = trim(bytes);
    let name = [CONTENT_TYPE, CHUNK_COUNT, CHUNK_ID].into_iter().find(|name| rest.starts_with(name))?;
    let rest = trim(trim(&rest[name.len()..]).strip_prefix(b":")?);
    let (value, rest) = rest.split_at(rest.iter().take_while(|byte| IS_VALUE[usize::from(**byte)]).count());
    let rest = trim(rest).strip_prefix(b";")?;
    (!value.is_empty()).then_some(Header { name, value, length: bytes.len() - rest.len() })
}

/// Without the white space at the start, as Python's `\s` has it for bytes.
fn trim(bytes: &[u8]) -> &[u8] {
    let white = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t'..=b'\r')).count();
    &bytes[white..]
}

fn number(value: &[u8]) -> Option<u32> {
    std::str::from_utf8(value).ok().filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
}
