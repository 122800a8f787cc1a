//! How Python compares, prints and reads values: messages and verdicts of the original depend on it.

mod compare;
mod digits;
mod operand;
pub(super) mod print;

pub(super) use compare::{by_kind_and_value, distinct, equals};
pub(super) use digits::{decimal, is_blank, is_decimal, whole_number};
pub(super) use operand::{Operand, wide};
