use std::{collections::VecDeque, ops::Range};

use bytes::Bytes;

use super::ext;
use crate::{Integer, Map, Value, gather::is_large};

/// Writes MessagePack as PySOA does: always the shortest form, floats with 64 bits.
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut Vec<u8>,
    /// Where large parts go that are not to be copied, each with what of `out` stands before it.
    shared: Option<&'a mut VecDeque<(usize, Bytes)>>,
}

impl<'a> Writer<'a> {
    /// Appends to `out`.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, shared: None }
    }

    /// Appends to `out`, but what is large to the other one.
    pub(crate) fn sharing(out: &'a mut Vec<u8>, shared: &'a mut VecDeque<(usize, Bytes)>) -> Self {
        Self { out, shared: Some(shared) }
    }

    /// Appends bytes that are MessagePack already.
    #[inline]
    pub fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// As [`raw`](Self::raw), without a copy where it can be.
    #[inline]
    pub(crate) fn raw_shared(&mut self, bytes: &Bytes) {
        match &mut self.shared {
            Some(shared) if is_large(bytes) => shared.push_back((self.out.len(), bytes.clone())),
            _ => self.raw(bytes),
        }
    }

    /// Appends nil.
    pub fn null(&mut self) {
        self.out.push(0xc0);
    }

    /// Appends true or false.
    #[inline]
    pub fn bool(&mut self, value: bool) {
        self.out.push(if value { 0xc3 } else { 0xc2 });
    }

    /// Appends an integer.
    pub fn integer(&mut self, value: impl Into<Integer>) {
        let value = value.into();
        match (value.as_u64(), value.as_i64()) {
            (Some(value), _) => self.unsigned(value),
            (None, Some(value)) => self.negative(value),
            (None, None) => unreachable!("an Integer fits one of the two"),
        }
    }

    /// Appends a float.
    #[inline]
    pub fn float(&mut self, value: f64) {
        self.out.push(0xcb);
        self.raw(&value.to_be_bytes());
    }

    /// Appends a text.
    #[inline]
    pub fn text(&mut self, value: &str) {
        match value.len() {
            length @ 0..=31 => self.out.push(0xa0 | length as u8),
            length => self.length(length, [0xd9, 0xda, 0xdb]),
        }
        self.raw(value.as_bytes());
    }

    /// Appends bytes.
    pub fn bytes(&mut self, value: &[u8]) {
        self.length(value.len(), [0xc4, 0xc5, 0xc6]);
        self.raw(value);
    }

    /// Opens a list of `length` elements, which the caller appends.
    #[inline]
    pub fn list(&mut self, length: usize) {
        match length {
            0..=15 => self.out.push(0x90 | length as u8),
            _ => self.long_length(length, [0xdc, 0xdd]),
        }
    }

    /// Opens a map of `length` entries, which the caller appends as key, value, key, value.
    #[inline]
    pub fn map(&mut self, length: usize) {
        match length {
            0..=15 => self.out.push(0x80 | length as u8),
            _ => self.long_length(length, [0xde, 0xdf]),
        }
    }

    /// Appends an extension.
    pub fn ext(&mut self, kind: i8, payload: &[u8]) {
        match payload.len() {
            1 => self.out.push(0xd4),
            2 => self.out.push(0xd5),
            4 => self.out.push(0xd6),
            8 => self.out.push(0xd7),
            16 => self.out.push(0xd8),
            length => self.length(length, [0xc7, 0xc8, 0xc9]),
        }
        self.out.push(kind as u8);
        self.raw(payload);
    }

    /// Appends a whole value.
    pub fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.null(),
            Value::Bool(value) => self.bool(*value),
            Value::Integer(value) => self.integer(*value),
            Value::Float(value) => self.float(*value),
            Value::Text(value) => self.text(value),
            Value::Bytes(value) => self.bytes(value),
            Value::List(values) => {
                self.list(values.len());
                for value in values {
                    self.value(value);
                }
            }
            Value::Map(map) => self.entries(map),
            Value::Date(value) => self.ext(ext::DATE, &value.to_wire()),
            Value::Time(value) => self.ext(ext::TIME, &value.to_wire()),
            Value::DateTime(value) => self.ext(ext::DATETIME, &value.microseconds().to_be_bytes()),
            Value::UtcDateTime(value) => self.ext(ext::UTC_DATETIME, &value.microseconds().to_be_bytes()),
            Value::Decimal(value) => self.ext(ext::DECIMAL, &value.to_wire()),
            Value::Amount(value) => self.ext(ext::AMOUNT, &value.to_wire()),
        }
    }

    /// Appends a map with its entries.
    pub fn entries(&mut self, map: &Map) {
        self.map(map.len());
        for (key, value) in map {
            self.value(key);
            self.value(value);
        }
    }

    fn unsigned(&mut self, value: u64) {
        if value < 0x80 {
            self.out.push(value as u8);
        } else if let Ok(value) = u8::try_from(value) {
            self.raw(&[0xcc, value]);
        } else if let Ok(value) = u16::try_from(value) {
            self.out.push(0xcd);
            self.raw(&value.to_be_bytes());
        } else if let Ok(value) = u32::try_from(value) {
            self.out.push(0xce);
            self.raw(&value.to_be_bytes());
        } else {
            self.out.push(0xcf);
            self.raw(&value.to_be_bytes());
        }
    }

    fn negative(&mut self, value: i64) {
        if value >= -0x20 {
            self.out.push(value as u8);
        } else if let Ok(value) = i8::try_from(value) {
            self.raw(&[0xd0, value as u8]);
        } else if let Ok(value) = i16::try_from(value) {
            self.out.push(0xd1);
            self.raw(&value.to_be_bytes());
        } else if let Ok(value) = i32::try_from(value) {
            self.out.push(0xd2);
            self.raw(&value.to_be_bytes());
        } else {
            self.out.push(0xd3);
            self.raw(&value.to_be_bytes());
        }
    }

    /// A length of 1, 2 or 4 bytes behind the marker for it.
    fn length(&mut self, length: usize, markers: [u8; 3]) {
        match u8::try_from(length) {
            Ok(length) => self.raw(&[markers[0], length]),
            Err(_) => self.long_length(length, [markers[1], markers[2]]),
        }
    }

    fn long_length(&mut self, length: usize, markers: [u8; 2]) {
        if let Ok(length) = u16::try_from(length) {
            self.out.push(markers[0]);
            self.raw(&length.to_be_bytes());
        } else {
            // Messages are limited to far less than 4 GiB before anything is sent.
            self.out.push(markers[1]);
            self.raw(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
        }
    }
}

/// Writes another head in the place of a container's, once its true length is known.
pub(crate) fn replace_head(out: &mut Vec<u8>, head: Range<usize>, write: impl FnOnce(&mut Writer<'_>)) {
    let mut true_head = Vec::new();
    write(&mut Writer::new(&mut true_head));
    out.splice(head, true_head);
}
