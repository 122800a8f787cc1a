//! The check of a map with declared keys.

use soa_common::{
    Value, codes,
    msgpack::{Reader, Token},
};

use super::{
    super::{
        Dictionary, Entry, Path,
        python::{distinct, equals, print},
    },
    Checked, Lazy, Stop, Violation, Walk,
    container::key,
};

/// What is wrong with the values, by the index of their declaration.
type Wrong = Vec<(usize, Vec<Violation>)>;

impl<'a> Walk<'a> {
    pub(super) fn dictionary(
        &mut self,
        dictionary: &Dictionary,
        length: u32,
        contents: Reader<'a>,
        path: &Path<'_>,
    ) -> Checked {
        let (before, value) = (self.report.violations.len(), self.reader.clone());
        self.reader = contents;
        let mut wrong = Wrong::new();
        let extra = self.entries(dictionary, length, &mut wrong, path);
        // Stable: the violations of a key that came twice keep the order of the wire.
        wrong.sort_by_key(|(index, _)| *index);
        self.report.violations.extend(wrong.into_iter().flat_map(|(_, violations)| violations));
        let extra = extra?;
        if !extra.is_empty() {
            let names = || distinct(&extra).into_iter().map(print::text).collect::<Vec<_>>().join(", ");
            let names = self.report.data(names);
            self.violation(codes::UNKNOWN, format_args!("Extra keys present: {names}"), path);
        }
        self.additional(dictionary.additional_validator.as_ref(), value, before, path)
    }

    /// Walks the entries once, in whatever order they come, checks each value where it stands, and gives the keys that
    /// should not be there. Only what is wrong needs the order of declaration.
    fn entries(
        &mut self,
        dictionary: &Dictionary,
        length: u32,
        wrong: &mut Wrong,
        path: &Path<'_>,
    ) -> Result<Vec<Value>, Stop> {
        let before = self.report.violations.len();
        let mut present = Indexes::below(dictionary.contents.len());
        let mut extra = Vec::new();
        let mut expected = 0;
        for _ in 0..length {
            let mut raw = self.reader.clone();
            let key = key(&mut self.reader)?;
            if let Some(index) = position(&dictionary.contents, expected, key) {
                expected = index + 1;
                present.insert(index);
                let entry = &dictionary.contents[index];
                let checked = self.check(&entry.schema, &Path::DeclaredKey(path, &entry.key));
                self.set_aside(before, index, wrong);
                checked?;
                continue;
            }
            self.reader.skip()?;
            if !dictionary.allow_extra_keys {
                if self.report.is_quiet() {
                    return Err(Stop::Refused);
                }
                extra.push(Value::from_msgpack(raw.skip()?)?);
            }
        }
        for (index, Entry { key, is_optional, .. }) in dictionary.contents.iter().enumerate() {
            if !is_optional && !present.contains(index) {
                let name = Lazy(|| print::text(key));
                self.violation(codes::MISSING, format_args!("Missing key: {name}"), &Path::DeclaredKey(path, key));
                self.set_aside(before, index, wrong);
                self.report.verdict()?;
            }
        }
        Ok(extra)
    }

    /// Takes the violations that a key has added.
    fn set_aside(&mut self, before: usize, index: usize, wrong: &mut Wrong) {
        if self.report.violations.len() > before {
            wrong.push((index, self.report.violations.split_off(before)));
        }
    }
}

/// Where a key is declared. It is looked for from where it stands in a body that keeps the order of declaration, so such
/// a body costs one comparison a key, and no body more than one for each pair of a key and a declaration.
fn position(entries: &[Entry], expected: usize, key: Token<'_>) -> Option<usize> {
    let mut indexes = (expected..entries.len()).chain(0..expected);
    indexes.find(|index| equals(&entries[*index].key, key))
}

/// A set of indexes. As many as any usual dictionary declares need no allocation.
struct Indexes {
    few: [u64; 8],
    many: Vec<u64>,
}

impl Indexes {
    fn below(end: usize) -> Self {
        let few = [0; 8];
        Self { few, many: vec![0; end.div_ceil(64).saturating_sub(few.len())] }
    }

    fn insert(&mut self, index: usize) {
        let word = index / 64;
        let few = self.few.len();
        let word = if word < few { &mut self.few[word] } else { &mut self.many[word - few] };
        *word |= 1 << (index % 64);
    }

    fn contains(&self, index: usize) -> bool {
        let word = index / 64;
        let few = self.few.len();
        let word = if word < few { self.few[word] } else { self.many[word - few] };
        word & 1 << (index % 64) != 0
    }
}
