use crate::{Integer, InvalidMessage};

/// One element of a MessagePack stream; containers give their length, their elements follow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Token<'a> {
    /// nil
    Null,
    /// true or false
    Bool(bool),
    /// Any integer.
    Integer(Integer),
    /// A float of either width.
    Float(f64),
    /// UTF-8 text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// An array of this many elements, which follow.
    List(u32),
    /// A map of this many entries; key, value, key, value follow.
    Map(u32),
    /// An extension: its type and its bytes.
    Ext(i8, &'a [u8]),
}

/// One element of a MessagePack stream, of which only the kind is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element<'a> {
    /// A text, which may turn out not to be UTF-8.
    Text(&'a [u8]),
    /// An array of this many elements, which follow.
    List(u32),
    /// A map of this many entries; key, value, key, value follow.
    Map(u32),
    /// An extension: its type and its bytes.
    Ext(i8, &'a [u8]),
    /// Anything else.
    Other,
}

/// What the first byte of an element says.
#[derive(Clone, Copy)]
struct Head {
    /// How many bytes the element takes, without the elements in it; 0 where further bytes say that.
    size: u8,
    /// How many elements are in it.
    inside: u8,
}

const HEADS: [Head; 256] = {
    let mut heads = [Head { size: 0, inside: 0 }; 256];
    let mut marker = 0;
    while marker < 256 {
        let (size, inside) = match marker as u8 {
            0x00..=0x7f | 0xc0 | 0xc2 | 0xc3 | 0xe0..=0xff => (1, 0),
            map @ 0x80..=0x8f => (1, 2 * (map & 0x0f)),
            list @ 0x90..=0x9f => (1, list & 0x0f),
            text @ 0xa0..=0xbf => (1 + (text & 0x1f), 0),
            float @ 0xca..=0xcb => (1 + (4 << (float - 0xca)), 0),
            unsigned @ 0xcc..=0xcf => (1 + (1 << (unsigned - 0xcc)), 0),
            signed @ 0xd0..=0xd3 => (1 + (1 << (signed - 0xd0)), 0),
            _ => (0, 0),
        };
        heads[marker] = Head { size, inside };
        marker += 1;
    }
    heads
};

/// How many bytes the first element takes, if its first two bytes say so, as most do, and how many elements follow that
/// are in it.
#[inline(always)]
fn short(rest: &[u8]) -> Option<(usize, u8)> {
    let Head { size, inside } = HEADS[usize::from(*rest.first()?)];
    match rest {
        _ if size > 0 => Some((size.into(), inside)),
        [0xc4 | 0xd9, length, ..] => Some((2 + usize::from(*length), 0)),
        _ => None,
    }
}

/// The first value with all it contains, and what is behind it; nothing when it is not whole.
#[inline(always)]
pub(crate) fn split_value(all: &[u8]) -> Option<(&[u8], &[u8])> {
    match short(all) {
        Some((size, 0)) => all.split_at_checked(size),
        _ => all.split_at_checked(long_value(all)?),
    }
}

fn long_value(all: &[u8]) -> Option<usize> {
    Reader::new(all).skip().ok().map(<[u8]>::len)
}

/// Walks MessagePack bytes without allocating.
///
/// It never trusts a length: an element that claims more bytes than there are is an error. It checks neither depth nor
/// extension payloads; [`check`](super::check) does.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    /// What of them is unread.
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, rest: bytes }
    }

    /// Goes on within bytes, of which these are unread.
    pub(super) fn behind(bytes: &'a [u8], rest: &'a [u8]) -> Self {
        Self { bytes, rest }
    }

    /// The offset of the next unread byte.
    #[must_use]
    pub fn position(&self) -> usize {
        self.bytes.len() - self.rest.len()
    }

    /// Whether every byte was read.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// The unread bytes.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next element.
    ///
    /// # Errors
    /// When the bytes end early, a text is not UTF-8 or the type byte is `0xc1`.
    pub fn token(&mut self) -> Result<Token<'a>, InvalidMessage> {
        let [marker] = self.array()?;
        Ok(match marker {
            0x00..=0x7f => Token::Integer(u64::from(marker).into()),
            0x80..=0x8f => Token::Map(u32::from(marker & 0x0f)),
            0x90..=0x9f => Token::List(u32::from(marker & 0x0f)),
            0xa0..=0xbf => self.text(usize::from(marker & 0x1f))?,
            0xc0 => Token::Null,
            0xc1 => return Err(self.no_marker()),
            0xc2 => Token::Bool(false),
            0xc3 => Token::Bool(true),
            0xc4..=0xc6 => {
                let length = self.length(marker - 0xc4)?;
                Token::Bytes(self.take(length)?)
            }
            0xc7..=0xc9 => {
                let length = self.length(marker - 0xc7)?;
                self.ext(length, Token::Ext)?
            }
            0xca => Token::Float(f64::from(f32::from_be_bytes(self.array()?))),
            0xcb => Token::Float(f64::from_be_bytes(self.array()?)),
            0xcc => Token::Integer(u64::from(u8::from_be_bytes(self.array()?)).into()),
            0xcd => Token::Integer(u64::from(u16::from_be_bytes(self.array()?)).into()),
            0xce => Token::Integer(u64::from(u32::from_be_bytes(self.array()?)).into()),
            0xcf => Token::Integer(u64::from_be_bytes(self.array()?).into()),
            0xd0 => Token::Integer(i64::from(i8::from_be_bytes(self.array()?)).into()),
            0xd1 => Token::Integer(i64::from(i16::from_be_bytes(self.array()?)).into()),
            0xd2 => Token::Integer(i64::from(i32::from_be_bytes(self.array()?)).into()),
            0xd3 => Token::Integer(i64::from_be_bytes(self.array()?).into()),
            0xd4..=0xd8 => self.ext(1 << (marker - 0xd4), Token::Ext)?,
            0xd9..=0xdb => {
                let length = self.length(marker - 0xd9)?;
                self.text(length)?
            }
            0xdc => Token::List(u32::from(u16::from_be_bytes(self.array()?))),
            0xdd => Token::List(u32::from_be_bytes(self.array()?)),
            0xde => Token::Map(u32::from(u16::from_be_bytes(self.array()?))),
            0xdf => Token::Map(u32::from_be_bytes(self.array()?)),
            0xe0..=0xff => Token::Integer(i64::from(marker as i8).into()),
        })
    }

    /// Passes over the next element with all it contains and gives its bytes. Texts may turn out not to be UTF-8.
    ///
    /// # Errors
    /// When the bytes end early or a type byte is `0xc1`.
    pub fn skip(&mut self) -> Result<&'a [u8], InvalidMessage> {
        let all = self.rest;
        // A count cannot overflow: every element takes at least one byte, so headers stop being read long before.
        let mut left: u64 = 1;
        while left > 0 {
            left -= 1;
            if let Some((size, inside)) = short(self.rest)
                && let Some(rest) = self.rest.get(size..)
            {
                self.rest = rest;
                left += u64::from(inside);
                continue;
            }
            left += match self.element()? {
                Element::List(length) => u64::from(length),
                Element::Map(length) => u64::from(length) * 2,
                _ => 0,
            };
        }
        Ok(&all[..all.len() - self.rest.len()])
    }

    /// The next element, if it is a text of up to 31 bytes that is whole. Most keys are. It may turn out not to be UTF-8.
    #[inline]
    pub(crate) fn short_text(&mut self) -> Option<&'a [u8]> {
        let (marker, rest) = self.rest.split_first()?;
        let length = usize::from(marker ^ 0xa0);
        let (text, rest) = rest.split_at_checked(length).filter(|_| length < 32)?;
        self.rest = rest;
        Some(text)
    }

    /// The next element, as [`token`](Self::token) for those who pass it or only compare a text: it looks into nothing.
    ///
    /// # Errors
    /// As [`skip`](Self::skip).
    #[inline(always)]
    pub fn element(&mut self) -> Result<Element<'a>, InvalidMessage> {
        let [marker] = self.array()?;
        match marker {
            0xa0..=0xbf => self.take(usize::from(marker & 0x1f)).map(Element::Text),
            0x00..=0x7f | 0xc0 | 0xc2 | 0xc3 | 0xe0..=0xff => Ok(Element::Other),
            0x80..=0x8f => Ok(Element::Map(u32::from(marker & 0x0f))),
            0x90..=0x9f => Ok(Element::List(u32::from(marker & 0x0f))),
            0xd9 => {
                let length = self.length(0)?;
                self.take(length).map(Element::Text)
            }
            marker => self.long_element(marker),
        }
    }

    /// An element that has more than a byte before or in it, unless it is a short text.
    fn long_element(&mut self, marker: u8) -> Result<Element<'a>, InvalidMessage> {
        let length = match marker {
            0xc4..=0xc6 => self.length(marker - 0xc4)?,
            0xc7..=0xc9 => {
                let length = self.length(marker - 0xc7)?;
                return self.ext(length, Element::Ext);
            }
            0xca..=0xcb => 4 << (marker - 0xca),
            0xcc..=0xcf => 1 << (marker - 0xcc),
            0xd0..=0xd3 => 1 << (marker - 0xd0),
            0xd4..=0xd8 => return self.ext(1 << (marker - 0xd4), Element::Ext),
            0xd9..=0xdb => {
                let length = self.length(marker - 0xd9)?;
                return self.take(length).map(Element::Text);
            }
            0xdc..=0xdd => return Ok(Element::List(self.length(marker - 0xdc + 1)? as u32)),
            0xde..=0xdf => return Ok(Element::Map(self.length(marker - 0xde + 1)? as u32)),
            _ => return Err(self.no_marker()),
        };
        self.take(length).map(|_| Element::Other)
    }

    #[inline]
    fn take(&mut self, length: usize) -> Result<&'a [u8], InvalidMessage> {
        let Some((taken, rest)) = self.rest.split_at_checked(length) else {
            return Err(self.too_short(length));
        };
        self.rest = rest;
        Ok(taken)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], InvalidMessage> {
        let Some((taken, rest)) = self.rest.split_first_chunk() else {
            return Err(self.too_short(N));
        };
        self.rest = rest;
        Ok(*taken)
    }

    #[cold]
    fn too_short(&self, length: usize) -> InvalidMessage {
        InvalidMessage::new(format!(
            "the bytes end early: a value at offset {} needs {length} more and there are {}",
            self.position(),
            self.rest.len()
        ))
    }

    /// The error for the type byte that was read last.
    #[cold]
    fn no_marker(&self) -> InvalidMessage {
        InvalidMessage::new(format!("byte 0xc1 at offset {} starts no MessagePack value", self.position() - 1))
    }

    /// A length of 1, 2 or 4 bytes, for `width` 0, 1 or 2.
    fn length(&mut self, width: u8) -> Result<usize, InvalidMessage> {
        Ok(match width {
            0 => usize::from(u8::from_be_bytes(self.array()?)),
            1 => usize::from(u16::from_be_bytes(self.array()?)),
            _ => u32::from_be_bytes(self.array()?) as usize,
        })
    }

    fn text(&mut self, length: usize) -> Result<Token<'a>, InvalidMessage> {
        let text = self.take(length)?;
        std::str::from_utf8(text).map(Token::Text).map_err(|_| self.not_utf8(length))
    }

    /// The error for the text that was read last.
    #[cold]
    pub(crate) fn not_utf8(&self, length: usize) -> InvalidMessage {
        InvalidMessage::new(format!("the text at offset {} is not UTF-8", self.position() - length))
    }

    fn ext<T>(&mut self, length: usize, make: impl FnOnce(i8, &'a [u8]) -> T) -> Result<T, InvalidMessage> {
        let kind = i8::from_be_bytes(self.array()?);
        Ok(make(kind, self.take(length)?))
    }
}
