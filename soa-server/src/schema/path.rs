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
    /// The value under a key that is given as MessagePack.
    RawKey(&'a Path<'a>, &'a [u8]),
    /// An element of a list.
    Index(&'a Path<'a>, u32),
    /// A member of a set, given as MessagePack.
    Member(&'a Path<'a>, &'a [u8]),
}

impl Path<'_> {
    /// The dotted pointer, `None` at the top.
    pub(crate) fn pointer(&self) -> Option<String> {
        self.lead_to(None)
    }

    /// The dotted pointer of what `inner` points at from here. A key behind which nothing or an empty key follows
    /// stands alone.
    pub(crate) fn lead_to(&self, inner: Option<String>) -> Option<String> {
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
