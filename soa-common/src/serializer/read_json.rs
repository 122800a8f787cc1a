use std::{collections::HashMap, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::{
    InvalidMessage,
    msgpack::{MAX_DEPTH, Writer, replace_head},
};

/// Appends JSON as MessagePack without building a tree. After an error `out` holds what came before it, its open maps
/// claiming 15 entries: enough to find out whom to tell.
pub(crate) fn read_json(json: &[u8], out: &mut Vec<u8>) -> Result<(), InvalidMessage> {
    if json.starts_with(b"\xef\xbb\xbf") {
        return Err(InvalidMessage::new("not JSON: it starts with a byte order mark, which has to be left out"));
    }
    let mut has_large_float = false;
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    // The depth is counted here, to allow exactly as much as MessagePack.
    deserializer.disable_recursion_limit();
    Element { out, depth: MAX_DEPTH, has_large_float: &mut has_large_float }
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end())
        .map_err(|error| InvalidMessage::new(format!("not JSON: {error}{}", hint(json, &error))))?;
    // serde_json reads an integer of more than 64 bits as a float.
    if has_large_float && let Some(offset) = long_integer(json) {
        return Err(InvalidMessage::new(format!("the integer at offset {offset} of the JSON takes more than 64 bits")));
    }
    Ok(())
}

struct Element<'a> {
    out: &'a mut Vec<u8>,
    depth: usize,
    has_large_float: &'a mut bool,
}

impl Element<'_> {
    fn writer(&mut self) -> Writer<'_> {
        Writer::new(self.out)
    }

    fn inner(&mut self) -> Element<'_> {
        Element { out: self.out, depth: self.depth - 1, has_large_float: self.has_large_float }
    }

    /// Opens a container whose length is not known yet and gives the offset of its head.
    fn open<E: Error>(&mut self, head: u8) -> Result<usize, E> {
        if self.depth == 0 {
            return Err(E::custom(format!("lists and maps nest deeper than {MAX_DEPTH}")));
        }
        self.out.push(head);
        Ok(self.out.len() - 1)
    }
}

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Element<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(mut self) -> Result<(), E> {
        self.writer().null();
        Ok(())
    }

    fn visit_bool<E>(mut self, value: bool) -> Result<(), E> {
        self.writer().bool(value);
        Ok(())
    }

    fn visit_i64<E>(mut self, value: i64) -> Result<(), E> {
        self.writer().integer(value);
        Ok(())
    }

    fn visit_u64<E>(mut self, value: u64) -> Result<(), E> {
        self.writer().integer(value);
        Ok(())
    }

    fn visit_f64<E>(mut self, value: f64) -> Result<(), E> {
        *self.has_large_float |= value.abs() >= i64::MAX as f64;
        self.writer().float(value);
        Ok(())
    }

    fn visit_str<E>(mut self, value: &str) -> Result<(), E> {
        self.writer().text(value);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<(), A::Error> {
        let head = self.open(0x9f)?;
        let mut length = 0;
        while elements.next_element_seed(self.inner())?.is_some() {
            length += 1;
        }
        replace_head(self.out, head..head + 1, |writer| writer.list(length));
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut elements: A) -> Result<(), A::Error> {
        let head = self.open(0x8f)?;
        let mut entries = Vec::new();
        let mut key = self.out.len();
        while elements.next_key_seed(self.inner())?.is_some() {
            let value = self.out.len();
            elements.next_value_seed(self.inner())?;
            entries.push(Entry { key, value, end: self.out.len() });
            key = self.out.len();
        }
        let length = keep_last(self.out, &entries);
        replace_head(self.out, head..head + 1, |writer| writer.map(length));
        Ok(())
    }
}

/// Where a map's entry stands in the output.
struct Entry {
    key: usize,
    value: usize,
    end: usize,
}

/// Leaves of entries with the same key the place of the first and the value of the last, and gives how many are left.
fn keep_last(out: &mut Vec<u8>, entries: &[Entry]) -> usize {
    let [first, _, ..] = entries else {
        return entries.len();
    };
    let key = |entry: &Entry| &out[entry.key..entry.value];
    let mut last: HashMap<_, _> = entries.iter().map(|entry| (key(entry), entry)).collect();
    let left = last.len();
    if left < entries.len() {
        let mut kept = Vec::with_capacity(out.len() - first.key);
        for entry in entries {
            if let Some(last) = last.remove(key(entry)) {
                kept.extend_from_slice(key(entry));
                kept.extend_from_slice(&out[last.value..last.end]);
            }
        }
        out.splice(first.key.., kept);
    }
    left
}

/// The offset of the first integer that takes more than 64 bits.
fn long_integer(json: &[u8]) -> Option<usize> {
    let mut position = 0;
    while let Some(&byte) = json.get(position) {
        let rest = &json[position..];
        position += match byte {
            b'"' => 1 + text_length(&rest[1..]),
            b'-' | b'0'..=b'9' => {
                let number = rest.iter().take_while(|byte| byte.is_ascii_digit() || b"+-.eE".contains(byte)).count();
                let number = std::str::from_utf8(&rest[..number]).unwrap_or_default();
                let is_integer = !number.contains(['.', 'e', 'E']);
                if is_integer && number.parse::<i64>().is_err() && number.parse::<u64>().is_err() {
                    return Some(position);
                }
                number.len()
            }
            _ => 1,
        };
    }
    None
}

/// How many bytes of a JSON text follow its opening quote, the closing one included.
fn text_length(text: &[u8]) -> usize {
    let mut is_escaped = false;
    let end = text.iter().position(|byte| {
        let ends = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 1)
}

/// What to add to a syntax error where Python writes what JSON does not have.
fn hint(json: &[u8], error: &serde_json::Error) -> &'static str {
    let line = json.split(|byte| *byte == b'\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    let near = line.get(error.column().saturating_sub(2)..).unwrap_or_default();
    let near = near.get(..near.len().min(4)).unwrap_or_default();
    let is_special = |special: &u8| near.contains(special);
    if error.is_syntax() && (b"NI".iter().any(is_special)) { "; NaN and Infinity are not JSON" } else { "" }
}
