use super::{Element, Reader};
use crate::{InvalidMessage, Value};

/// How deep lists and maps may nest.
pub const MAX_DEPTH: usize = 128;

/// Proves that `bytes` hold exactly one value that is whole and harmless: nesting at most [`MAX_DEPTH`], UTF-8 texts,
/// known and well-formed extensions, scalar map keys, nothing behind it. Allocates nothing.
///
/// # Errors
/// Says what is wrong and at which offset.
pub fn check(bytes: &[u8]) -> Result<(), InvalidMessage> {
    Unchecked::read(bytes, Unchecked::value)
}

/// Bytes from outside, of which is proven what [`check`] proves while they are read. Reading gives nothing when something
/// is wrong, which is kept.
pub(crate) struct Unchecked<'a> {
    bytes: &'a [u8],
    /// What of them is unread.
    rest: &'a [u8],
    /// How many lists and maps are open.
    depth: usize,
    error: Option<InvalidMessage>,
}

impl<'a> Unchecked<'a> {
    /// Reads bytes that have to hold one value, which is all that `read` has to read.
    ///
    /// # Errors
    /// As [`check`].
    pub(crate) fn read(
        bytes: &'a [u8],
        read: impl FnOnce(&mut Self) -> Option<&'a [u8]>,
    ) -> Result<(), InvalidMessage> {
        let mut unchecked = Self { bytes, rest: bytes, depth: 0, error: None };
        read(&mut unchecked);
        match unchecked {
            Self { error: Some(error), .. } => Err(error),
            Self { rest: [], .. } => Ok(()),
            Self { rest, .. } => {
                let end = bytes.len() - rest.len();
                Err(InvalidMessage::new(format!("{} bytes stand behind the value, from offset {end}", rest.len())))
            }
        }
    }

    /// Passes over a value and gives its bytes.
    #[inline]
    pub(crate) fn value(&mut self) -> Option<&'a [u8]> {
        let all = self.rest;
        self.rest = self.behind_value(all)?;
        Some(&all[..all.len() - self.rest.len()])
    }

    /// As [`value`](Self::value). Of a map `read` gets each key, which is empty where it is no text, and has to read the
    /// value behind it.
    #[inline]
    pub(crate) fn map(&mut self, mut read: impl FnMut(&mut Self, &'a [u8]) -> Option<()>) -> Option<&'a [u8]> {
        let all = self.rest;
        let Some((true, length, inner)) = container(all) else {
            return self.value();
        };
        self.enter(all)?;
        self.rest = inner;
        for _ in 0..length {
            let key = self.rest;
            self.rest = self.behind_key(key)?;
            read(self, text(&key[..key.len() - self.rest.len()]))?;
        }
        self.depth -= 1;
        Some(&all[..all.len() - self.rest.len()])
    }

    /// What is left behind the value that comes first.
    #[inline(always)]
    fn behind_value(&mut self, all: &'a [u8]) -> Option<&'a [u8]> {
        match all {
            [0x00..=0x7f | 0xc0 | 0xc2 | 0xc3 | 0xe0..=0xff, rest @ ..] => Some(rest),
            [0x80..=0x9f, ..] => self.behind_long_value(all),
            [marker @ 0xa0..=0xbf, rest @ ..] if let Some(rest) = behind_text(rest, marker & 0x1f) => Some(rest),
            [0xd9, length, rest @ ..] if let Some(rest) = behind_text(rest, *length) => Some(rest),
            [0xcb, _, _, _, _, _, _, _, _, rest @ ..] => Some(rest),
            _ => self.behind_long_value(all),
        }
    }

    /// As [`behind_value`](Self::behind_value), for all values.
    fn behind_long_value(&mut self, all: &'a [u8]) -> Option<&'a [u8]> {
        let Some((is_map, length, mut rest)) = container(all) else {
            return self.behind_scalar(all);
        };
        self.enter(all)?;
        for _ in 0..length {
            if is_map {
                rest = self.behind_key(rest)?;
            }
            rest = self.behind_value(rest)?;
        }
        self.depth -= 1;
        Some(rest)
    }

    #[inline(always)]
    fn behind_key(&mut self, all: &'a [u8]) -> Option<&'a [u8]> {
        match all {
            [marker @ 0xa0..=0xbf, rest @ ..] if let Some(rest) = behind_text(rest, marker & 0x1f) => Some(rest),
            _ => self.behind_long_key(all),
        }
    }

    fn behind_long_key(&mut self, all: &'a [u8]) -> Option<&'a [u8]> {
        if container(all).is_some() {
            let message = format!("a map key at offset {} is a list or a map", self.offset(all));
            return self.fail(InvalidMessage::new(message));
        }
        self.behind_scalar(all)
    }

    fn behind_scalar(&mut self, all: &'a [u8]) -> Option<&'a [u8]> {
        let mut reader = Reader::behind(self.bytes, all);
        let checked = reader.element().and_then(|scalar| match scalar {
            Element::Text(text) if !is_utf8(text) => Err(reader.not_utf8(text.len())),
            Element::Ext(kind, payload) => Value::check_ext(kind, payload)
                .map_err(|error| InvalidMessage::new(format!("at offset {}: {error}", self.offset(all)))),
            _ => Ok(()),
        });
        match checked {
            Ok(()) => Some(reader.rest()),
            Err(error) => self.fail(error),
        }
    }

    /// Enters the list or map that comes first.
    #[inline]
    fn enter(&mut self, all: &'a [u8]) -> Option<()> {
        if self.depth == MAX_DEPTH {
            let message = format!("lists and maps nest deeper than {MAX_DEPTH} at offset {}", self.offset(all));
            return self.fail(InvalidMessage::new(message));
        }
        self.depth += 1;
        Some(())
    }

    fn offset(&self, rest: &[u8]) -> usize {
        self.bytes.len() - rest.len()
    }

    #[cold]
    fn fail<T>(&mut self, error: InvalidMessage) -> Option<T> {
        self.error = Some(error);
        None
    }
}

/// The head of a list or map: whether it is a map, how many elements or entries it has, and what is behind the head.
#[inline(always)]
pub(crate) fn container(all: &[u8]) -> Option<(bool, u32, &[u8])> {
    Some(match all {
        [head @ 0x80..=0x8f, inner @ ..] => (true, u32::from(head & 0x0f), inner),
        [head @ 0x90..=0x9f, inner @ ..] => (false, u32::from(head & 0x0f), inner),
        [head @ (0xdc | 0xde), a, b, inner @ ..] => (*head == 0xde, u16::from_be_bytes([*a, *b]).into(), inner),
        [head @ (0xdd | 0xdf), a, b, c, d, inner @ ..] => (*head == 0xdf, u32::from_be_bytes([*a, *b, *c, *d]), inner),
        _ => return None,
    })
}

/// What is behind a text, if it is whole and UTF-8.
#[inline(always)]
fn behind_text(rest: &[u8], length: u8) -> Option<&[u8]> {
    let (text, rest) = rest.split_at_checked(length.into())?;
    is_utf8(text).then_some(rest)
}

/// The text that a scalar is; nothing where it is none.
#[inline(always)]
pub(crate) fn text(scalar: &[u8]) -> &[u8] {
    match scalar {
        [0xa0..=0xbf, text @ ..] | [0xd9, _, text @ ..] | [0xda, _, _, text @ ..] | [0xdb, _, _, _, _, text @ ..] => {
            text
        }
        _ => &[],
    }
}

/// The text that a value is, if it is one.
pub(crate) fn to_str(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(text(value)).ok().filter(|_| is_text(value))
}

/// Whether a value is a text.
pub(crate) fn is_text(value: &[u8]) -> bool {
    matches!(value, [0xa0..=0xbf | 0xd9..=0xdb, ..])
}

/// Most texts are ASCII, which is known sooner.
fn is_utf8(text: &[u8]) -> bool {
    is_ascii(text) || std::str::from_utf8(text).is_ok()
}

/// Most texts are short: one look at each eight bytes, with the last ones seen twice, is faster than a byte at a time.
#[inline(always)]
fn is_ascii(text: &[u8]) -> bool {
    let (words, found) = match (text.last_chunk(), text.first_chunk(), text.last_chunk()) {
        (Some(last), ..) => (text.as_chunks().0, u64::from_ne_bytes(*last)),
        (_, Some(first), Some(last)) => (&[][..], u64::from(u32::from_ne_bytes(*first) | u32::from_ne_bytes(*last))),
        _ => return text.iter().all(u8::is_ascii),
    };
    words.iter().fold(found, |found, word| found | u64::from_ne_bytes(*word)) & 0x8080_8080_8080_8080 == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ascii_is_known_at_every_length(text in "[a-z]{0,40}", other in "[a-zé]{0,40}") {
            prop_assert!(is_ascii(text.as_bytes()));
            prop_assert_eq!(is_ascii(other.as_bytes()), other.is_ascii());
        }
    }
}
