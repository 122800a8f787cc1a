use soa_common::Value;

use super::print;

/// Where in a value a check stands: a chain of keys and indexes on the stack, made a text only for an error.
#[derive(Clone, Copy)]
pub(crate) enum Path<'a> {
    /// The value itself.
    Top,
    /// The value under a key.
    Key(&'a Path<'a>, &'a str),
    /// The value under a key that is given as MessagePack.
    RawKey(&'a Path<'a>, &'a [u8]),
    /// An element of a list.
    Index(&'a Path<'a>, u32),
}

impl Path<'_> {
    /// The dotted pointer, `None` at the top. A key behind which nothing or an empty key follows stands alone.
    pub(crate) fn pointer(&self) -> Option<String> {
        let mut pointer: Option<String> = None;
        let mut path = self;
        loop {
            let (outer, key) = match path {
                Self::Top => return pointer,
                Self::Key(outer, key) => (outer, (*key).to_owned()),
                Self::RawKey(outer, key) => (outer, print::text(&Value::from_msgpack(key).unwrap_or_default())),
                Self::Index(outer, index) => (outer, index.to_string()),
            };
            pointer = Some(match pointer {
                Some(inner) if !inner.is_empty() => format!("{key}.{inner}"),
                _ => key,
            });
            path = outer;
        }
    }
}
