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

/// Walks MessagePack bytes without allocating.
///
/// It never trusts a length: an element that claims more bytes than there are is an error. It checks neither depth nor
/// extension payloads; [`check`](super::check) does.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// The offset of the next unread byte.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// Whether every byte was read.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.position == self.bytes.len()
    }

    /// The next element.
    ///
    /// # Errors
    /// When the bytes end early, a text is not UTF-8 or the type byte is `0xc1`.
    pub fn token(&mut self) -> Result<Token<'a>, InvalidMessage> {
        let start = self.position;
        let marker = self.array::<1>()?[0];
        Ok(match marker {
            0x00..=0x7f => Token::Integer(u64::from(marker).into()),
            0x80..=0x8f => Token::Map(u32::from(marker & 0x0f)),
            0x90..=0x9f => Token::List(u32::from(marker & 0x0f)),
            0xa0..=0xbf => self.text(usize::from(marker & 0x1f))?,
            0xc0 => Token::Null,
            0xc1 => {
                return Err(InvalidMessage::new(format!("byte 0xc1 at offset {start} starts no MessagePack value")));
            }
            0xc2 => Token::Bool(false),
            0xc3 => Token::Bool(true),
            0xc4..=0xc6 => {
                let length = self.length(marker - 0xc4)?;
                Token::Bytes(self.take(length)?)
            }
            0xc7..=0xc9 => {
                let length = self.length(marker - 0xc7)?;
                self.ext(length)?
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
            0xd4..=0xd8 => self.ext(1 << (marker - 0xd4))?,
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

    /// Passes over the next element with all it contains and gives its bytes.
    ///
    /// # Errors
    /// As [`token`](Self::token).
    pub fn skip(&mut self) -> Result<&'a [u8], InvalidMessage> {
        let start = self.position;
        // A count cannot overflow: every element takes at least one byte, so headers stop being read long before.
        let mut left: u64 = 1;
        while left > 0 {
            left -= 1;
            left += match self.token()? {
                Token::List(length) => u64::from(length),
                Token::Map(length) => u64::from(length) * 2,
                _ => 0,
            };
        }
        Ok(&self.bytes[start..self.position])
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], InvalidMessage> {
        let rest = &self.bytes[self.position..];
        let Some(taken) = rest.get(..length) else {
            return Err(InvalidMessage::new(format!(
                "the bytes end early: a value at offset {} needs {length} more and there are {}",
                self.position,
                rest.len()
            )));
        };
        self.position += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], InvalidMessage> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
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
        let start = self.position;
        std::str::from_utf8(self.take(length)?)
            .map(Token::Text)
            .map_err(|_| InvalidMessage::new(format!("the text at offset {start} is not UTF-8")))
    }

    fn ext(&mut self, length: usize) -> Result<Token<'a>, InvalidMessage> {
        let kind = i8::from_be_bytes(self.array()?);
        Ok(Token::Ext(kind, self.take(length)?))
    }
}
