//! The checks of what has elements.

use std::mem;

use soa_common::{
    InvalidMessage,
    msgpack::{Reader, Token},
};

use super::{
    super::{List, Path, Schema, SchemalessDictionary, Sequence, Set, Tuple},
    Checked, Walk,
    distinct::Counted,
};

impl<'a> Walk<'a> {
    pub(super) fn list(&mut self, list: &List, length: u32, contents: Reader<'a>, path: &Path<'_>) -> Checked {
        let (before, value) = (self.report.violations.len(), self.reader.clone());
        self.size(Counted::Elements, (list.min_length, list.max_length), length as usize, &contents, path)?;
        self.reader = contents;
        for index in 0..length {
            self.check(&list.contents, &Path::Index(path, index))?;
        }
        self.additional(list.additional_validator.as_ref(), value, before, path)
    }

    /// A text is a sequence of texts of one character, bytes are one of integers.
    pub(super) fn sequence(
        &mut self,
        sequence: &Sequence,
        token: Token<'a>,
        contents: Reader<'a>,
        path: &Path<'_>,
    ) -> Checked {
        let (before, value) = (self.report.violations.len(), self.reader.clone());
        let length = match token {
            Token::Text(text) => text.chars().count(),
            Token::Bytes(bytes) => bytes.len(),
            Token::List(length) => length as usize,
            _ => 0,
        };
        self.size(Counted::Elements, (sequence.min_length, sequence.max_length), length, &contents, path)?;
        self.reader = contents;
        match token {
            Token::Text(text) => {
                for (index, character) in (0..).zip(text.chars()) {
                    let mut raw = [0; 5];
                    let length = character.encode_utf8(&mut raw[1..]).len();
                    raw[0] = 0xa0 | length as u8;
                    self.check_apart(&sequence.contents, &raw[..=length], &Path::Index(path, index))?;
                }
            }
            Token::Bytes(bytes) => {
                for (index, byte) in (0..).zip(bytes) {
                    self.check_apart(&sequence.contents, &[0xcc, *byte], &Path::Index(path, index))?;
                }
            }
            _ => {
                for index in 0..length as u32 {
                    self.check(&sequence.contents, &Path::Index(path, index))?;
                }
            }
        }
        self.additional(sequence.additional_validator.as_ref(), value, before, path)
    }

    pub(super) fn set(&mut self, set: &Set, length: u32, contents: Reader<'a>, path: &Path<'_>) -> Checked {
        let (before, value) = (self.report.violations.len(), self.reader.clone());
        self.size(Counted::Members, (set.min_length, set.max_length), length as usize, &contents, path)?;
        self.reader = contents;
        for _ in 0..length {
            let member = self.reader.clone().skip()?;
            self.check(&set.contents, &Path::Member(path, member))?;
        }
        self.additional(set.additional_validator.as_ref(), value, before, path)
    }

    pub(super) fn tuple(&mut self, tuple: &Tuple, length: u32, contents: Reader<'a>, path: &Path<'_>) -> Checked {
        let (before, value) = (self.report.violations.len(), self.reader.clone());
        self.reader = contents;
        let expected = tuple.contents.len();
        if length as usize != expected {
            let message = format_args!("Number of elements {length} does not match expected {expected}");
            self.invalid(path, message);
        }
        let mut schemas = tuple.contents.iter();
        for index in 0..length {
            match schemas.next() {
                Some(schema) => self.check(schema, &Path::Index(path, index))?,
                None => drop(self.reader.skip()?),
            }
        }
        self.additional(tuple.additional_validator.as_ref(), value, before, path)
    }

    pub(super) fn schemaless(
        &mut self,
        dictionary: &SchemalessDictionary,
        length: u32,
        contents: Reader<'a>,
        path: &Path<'_>,
    ) -> Checked {
        let (before, value) = (self.report.violations.len(), self.reader.clone());
        let range = (dictionary.min_length, dictionary.max_length);
        self.size(Counted::Keys, range, length as usize, &contents, path)?;
        self.reader = contents;
        for _ in 0..length {
            let key = self.reader.clone().skip()?;
            let path = Path::RawKey(path, key);
            self.check(&dictionary.key_type, &path)?;
            self.check(&dictionary.value_type, &path)?;
        }
        self.additional(dictionary.additional_validator.as_ref(), value, before, path)
    }

    fn size(
        &mut self,
        counted: Counted,
        (min, max): (Option<usize>, Option<usize>),
        length: usize,
        contents: &Reader<'a>,
        path: &Path<'_>,
    ) -> Checked {
        if let Some(max) = max
            && counted.are_more_than(max, length, contents)?
        {
            match counted {
                Counted::Keys => self.invalid(path, format_args!("Dict contains more than {max} value(s)")),
                _ => self.invalid(path, format_args!("List is longer than {max}")),
            }
        } else if let Some(min) = min
            && counted.are_fewer_than(min, length, contents)?
        {
            match counted {
                Counted::Keys => self.invalid(path, format_args!("Dict contains fewer than {min} value(s)")),
                _ => self.invalid(path, format_args!("List is shorter than {min}")),
            }
        }
        Ok(())
    }

    /// Checks a value that does not stand in the bytes that are walked.
    fn check_apart(&mut self, schema: &Schema, msgpack: &[u8], path: &Path<'_>) -> Checked {
        let mut walk = Walk { reader: Reader::new(msgpack), report: mem::take(&mut self.report) };
        let checked = walk.check(schema, path);
        self.report = walk.report;
        checked
    }
}

/// The next key of a map; keys are scalars.
pub(super) fn key<'a>(reader: &mut Reader<'a>) -> Result<Token<'a>, InvalidMessage> {
    match reader.token()? {
        Token::List(_) | Token::Map(_) => Err(InvalidMessage::new("a map key is a list or a map")),
        token => Ok(token),
    }
}
