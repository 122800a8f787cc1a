//! The checks of what has elements.

use soa_common::{InvalidMessage, Value, codes, msgpack::Reader};

use super::{
    super::{
        Dictionary, List, Path, SchemalessDictionary,
        compare::{by_kind_and_value, equals},
        print,
    },
    Walk,
};

impl<'a> Walk<'a> {
    pub(super) fn list(
        &mut self,
        list: &List,
        length: u32,
        contents: Reader<'a>,
        path: &Path<'_>,
    ) -> Result<(), InvalidMessage> {
        self.reader = contents;
        if let Some(max) = list.max_length.filter(|max| length as usize > *max) {
            self.invalid(path, format_args!("List is longer than {max}"));
        } else if let Some(min) = list.min_length.filter(|min| (length as usize) < *min) {
            self.invalid(path, format_args!("List is shorter than {min}"));
        }
        (0..length).try_for_each(|index| self.check(&list.contents, &Path::Index(path, index)))
    }

    pub(super) fn dictionary(
        &mut self,
        dictionary: &Dictionary,
        length: u32,
        contents: Reader<'a>,
        path: &Path<'_>,
    ) -> Result<(), InvalidMessage> {
        for entry in &dictionary.contents {
            // The last one, where a peer sent the key twice.
            let mut found = None;
            self.reader = contents.clone();
            for _ in 0..length {
                let is_it = key_equals(&entry.key, self.reader.skip()?)?;
                if is_it {
                    found = Some(self.reader.clone());
                }
                self.reader.skip()?;
            }
            let name;
            let path = match &entry.key {
                Value::Text(key) => Path::Key(path, key),
                key => {
                    name = print::text(key);
                    Path::Key(path, &name)
                }
            };
            match found {
                Some(value) => {
                    self.reader = value;
                    self.check(&entry.schema, &path)?;
                }
                None if entry.is_optional => {}
                None => {
                    let name = print::text(&entry.key);
                    self.violation(codes::MISSING, format_args!("Missing key: {name}"), &path);
                }
            }
        }
        self.reader = contents;
        let mut extra = Vec::new();
        for _ in 0..length {
            let key = self.reader.skip()?;
            self.reader.skip()?;
            if !dictionary.allow_extra_keys && !is_declared(dictionary, key)? {
                extra.push(Value::from_msgpack(key)?);
            }
        }
        if !extra.is_empty() {
            extra.sort_by(by_kind_and_value);
            extra.dedup();
            let names: Vec<_> = extra.iter().map(print::text).collect();
            self.violation(codes::UNKNOWN, format_args!("Extra keys present: {}", names.join(", ")), path);
        }
        Ok(())
    }

    pub(super) fn schemaless(
        &mut self,
        dictionary: &SchemalessDictionary,
        length: u32,
        contents: Reader<'a>,
        path: &Path<'_>,
    ) -> Result<(), InvalidMessage> {
        self.reader = contents;
        if let Some(max) = dictionary.max_length.filter(|max| length as usize > *max) {
            self.invalid(path, format_args!("Dict contains more than {max} value(s)"));
        } else if let Some(min) = dictionary.min_length.filter(|min| (length as usize) < *min) {
            self.invalid(path, format_args!("Dict contains fewer than {min} value(s)"));
        }
        for _ in 0..length {
            let key = self.reader.clone().skip()?;
            let path = Path::RawKey(path, key);
            self.check(&dictionary.key_type, &path)?;
            self.check(&dictionary.value_type, &path)?;
        }
        Ok(())
    }
}

fn is_declared(dictionary: &Dictionary, key: &[u8]) -> Result<bool, InvalidMessage> {
    for entry in &dictionary.contents {
        if key_equals(&entry.key, key)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn key_equals(key: &Value, raw: &[u8]) -> Result<bool, InvalidMessage> {
    Ok(equals(key, Reader::new(raw).token()?))
}
