//! How many entries a map has, and how many members a set, where a peer may have sent some of them more than once.

use std::array;

use soa_common::{
    InvalidMessage, Value,
    msgpack::{Reader, Token},
};

use super::{super::python::distinct, container::key};

/// What is counted.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Counted {
    /// The elements of a list, all of them.
    Elements,
    /// The members of a set, which are those elements of a list that differ.
    Members,
    /// The keys of a map that differ.
    Keys,
}

/// Up to how many are told apart without an allocation.
const FEW: usize = 16;

impl Counted {
    /// Whether a container of that length holds more than `max`.
    pub(super) fn are_more_than(
        self,
        max: usize,
        length: usize,
        contents: &Reader<'_>,
    ) -> Result<bool, InvalidMessage> {
        Ok(length > max && (self == Self::Elements || count(length, contents.clone(), self)? > max))
    }

    /// Whether a container of that length holds fewer than `min`.
    pub(super) fn are_fewer_than(
        self,
        min: usize,
        length: usize,
        contents: &Reader<'_>,
    ) -> Result<bool, InvalidMessage> {
        if length < min {
            return Ok(true);
        }
        if self == Self::Elements || min <= 1 || are_first_distinct(min, contents.clone(), self)? {
            return Ok(false);
        }
        Ok(count(length, contents.clone(), self)? < min)
    }
}

/// Whether so many of the first are different at a glance. That they are not says nothing.
fn are_first_distinct(wanted: usize, mut contents: Reader<'_>, counted: Counted) -> Result<bool, InvalidMessage> {
    if wanted > FEW {
        return Ok(false);
    }
    let mut tokens: [_; FEW] = array::from_fn(|_| Token::Null);
    for index in 0..wanted {
        let token = contents.clone().token()?;
        next(&mut contents, counted)?;
        if tokens[..index].iter().any(|other| !differ(*other, token)) {
            return Ok(false);
        }
        tokens[index] = token;
    }
    Ok(true)
}

fn differ(a: Token<'_>, b: Token<'_>) -> bool {
    match (a, b) {
        (Token::Text(a), Token::Text(b)) => a != b,
        (Token::Bytes(a), Token::Bytes(b)) => a != b,
        (Token::Integer(a), Token::Integer(b)) => a != b,
        (Token::Text(_) | Token::Bytes(_), _) | (_, Token::Text(_) | Token::Bytes(_)) => true,
        _ => false,
    }
}

fn count(length: usize, mut contents: Reader<'_>, counted: Counted) -> Result<usize, InvalidMessage> {
    let mut values = Vec::new();
    for _ in 0..length {
        values.push(Value::from_msgpack(next(&mut contents, counted)?)?);
    }
    Ok(distinct(&values).len())
}

/// The bytes of what is counted next. Passes over the value too, where it is a key.
fn next<'a>(contents: &mut Reader<'a>, counted: Counted) -> Result<&'a [u8], InvalidMessage> {
    let raw = contents.clone().skip()?;
    if counted == Counted::Keys {
        key(contents)?;
    }
    contents.skip()?;
    Ok(raw)
}
