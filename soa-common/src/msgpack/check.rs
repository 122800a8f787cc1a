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
    let mut reader = Reader::new(bytes);
    let mut outer = [Container::default(); MAX_DEPTH];
    let mut depth = 0;
    let mut current = Container::of(1, false);
    loop {
        // Most elements are short.
        while current.left() > 0
            && let Some(short) = reader.short()
        {
            current.pass();
            if let [0xa0..=0xbf, text @ ..] = short
                && !is_utf8(text)
            {
                return Err(reader.not_utf8(text.len()));
            }
        }
        while current.left() == 0 {
            if depth == 0 {
                return check_end(&reader, bytes);
            }
            depth -= 1;
            current = outer[depth];
        }
        let start = reader.position();
        let is_key = current.is_at_key();
        current.pass();
        let inner = match reader.element()? {
            Element::Text(text) if is_utf8(text) => continue,
            Element::Text(text) => return Err(reader.not_utf8(text.len())),
            Element::List(length) => Container::of(u64::from(length), false),
            Element::Map(length) => Container::of(u64::from(length) * 2, true),
            Element::Ext(kind, payload) => {
                Value::check_ext(kind, payload)
                    .map_err(|error| InvalidMessage::new(format!("at offset {start}: {error}")))?;
                continue;
            }
            Element::Other => continue,
        };
        if is_key {
            return Err(InvalidMessage::new(format!("a map key at offset {start} is a list or a map")));
        }
        let Some(place) = outer.get_mut(depth) else {
            return Err(InvalidMessage::new(format!("lists and maps nest deeper than {MAX_DEPTH} at offset {start}")));
        };
        *place = std::mem::replace(&mut current, inner);
        depth += 1;
    }
}

/// Most texts are ASCII, which is known sooner.
fn is_utf8(text: &[u8]) -> bool {
    is_ascii(text) || std::str::from_utf8(text).is_ok()
}

/// Most texts are short: one look at each eight bytes, with the last ones seen twice, is faster than a byte at a time.
fn is_ascii(text: &[u8]) -> bool {
    let Some(last) = text.last_chunk() else {
        return text.iter().all(u8::is_ascii);
    };
    let (words, _) = text.as_chunks();
    let found = words.iter().chain([last]).fold(0, |found, word| found | u64::from_ne_bytes(*word));
    found & 0x8080_8080_8080_8080 == 0
}

fn check_end(reader: &Reader<'_>, bytes: &[u8]) -> Result<(), InvalidMessage> {
    if reader.is_at_end() {
        return Ok(());
    }
    let end = reader.position();
    Err(InvalidMessage::new(format!("{} bytes stand behind the value, from offset {end}", bytes.len() - end)))
}

/// A list or map that is being walked: twice the number of elements that are to come (of a map, keys and values), and one
/// more if it is a map. There is room for many of them, which is cleared for each message.
#[derive(Clone, Copy, Default)]
struct Container(u64);

impl Container {
    fn of(elements: u64, is_map: bool) -> Self {
        Self(elements << 1 | u64::from(is_map))
    }

    fn left(self) -> u64 {
        self.0 >> 1
    }

    fn is_at_key(self) -> bool {
        self.0 & 0b11 == 0b01
    }

    fn pass(&mut self) {
        self.0 -= 2;
    }
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
