//! Pointers, put together from the inside out only when there is something to point at.

use soa_common::Value;

use super::python::print;

/// Where in a value a check stands: a chain of keys and indexes on the stack, made a text only for an error.
#[derive(Clone, Copy)]
pub(crate) enum Path<'a> {
    /// The value itself.
    Top,
    /// The value under a key.
    Key(&'a Path<'a>, &'a str),
    /// The value under a declared key of any kind.
    DeclaredKey(&'a Path<'a>, &'a Value),
    /// The value under a key of the data, given as MessagePack.
    RawKey(&'a Path<'a>, &'a [u8]),
    /// An element of a list.
    Index(&'a Path<'a>, u32),
    /// A member of a set, given as MessagePack.
    Member(&'a Path<'a>, &'a [u8]),
    /// A part of a text.
    Part(&'a Path<'a>, &'a str),
}

/// Stands where a text that must not hold data would say what the data is.
pub(crate) const MASK: &str = "*";

impl Path<'_> {
    /// The dotted pointer of what `inner` points at from here, `None` for the top itself. A key behind which nothing or
    /// an empty key follows stands alone. What comes from the data is left out where it `is_masked`; indexes are not.
    pub(crate) fn lead_to(&self, inner: Option<String>, is_masked: bool) -> Option<String> {
        let print_raw = |msgpack| if is_masked { MASK.to_owned() } else { print_raw(msgpack) };
        let mut pointer = inner;
        let mut path = self;
        loop {
            let (outer, key) = match path {
                Self::Top => return pointer,
                Self::Key(outer, key) => (outer, (*key).to_owned()),
                Self::DeclaredKey(outer, key) => (outer, print::text(key)),
                Self::RawKey(outer, key) => (outer, print_raw(key)),
                Self::Index(outer, index) => (outer, index.to_string()),
                Self::Member(outer, member) => (outer, format!("[{}]", print_raw(member))),
                Self::Part(outer, _) if is_masked => (outer, MASK.to_owned()),
                Self::Part(outer, part) => (outer, (*part).to_owned()),
            };
            pointer = Some(match pointer {
                Some(inner) if !inner.is_empty() => format!("{key}.{inner}"),
                _ => key,
            });
            path = outer;
        }
    }
}

fn print_raw(msgpack: &[u8]) -> String {
    print::text(&Value::from_msgpack(msgpack).unwrap_or_default())
}
