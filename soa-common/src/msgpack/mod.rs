//! MessagePack, in the dialect of the PySOA protocol (`docs/protocol.md`, section 7).
//!
//! [`check`] proves once that bytes from outside are whole and harmless; [`Reader`] walks them, [`Writer`] makes them,
//! and [`encode`] and [`decode`] translate serde types.

mod check;
mod misfit;
mod reader;
mod serialize;
mod typed;
mod writer;

pub use check::{MAX_DEPTH, check};
pub(crate) use check::{Unchecked, container, is_text, text, to_str};
pub(crate) use reader::split_value;
pub use reader::{Element, Reader, Token};
pub use typed::{Misfit, decode, decode_or_locate, encode, encode_into};
pub(crate) use typed::{is_map, kind};
pub use writer::Writer;
pub(crate) use writer::replace_head;

/// The extension types of the protocol.
pub mod ext {
    /// A date-time without a zone: signed 64-bit microseconds since 1970-01-01.
    pub const DATETIME: i8 = 1;
    /// An amount of money: three upper-case letters, signed 64-bit minor units.
    pub const AMOUNT: i8 = 2;
    /// A date: 16-bit year, 8-bit month, 8-bit day.
    pub const DATE: i8 = 3;
    /// A time of day: 8-bit hour, minute and second, 32-bit microsecond.
    pub const TIME: i8 = 4;
    /// A decimal: 16-bit length and the digits as Python prints them.
    pub const DECIMAL: i8 = 5;
    /// A date-time in UTC: signed 64-bit microseconds since 1970-01-01.
    pub const UTC_DATETIME: i8 = 10;
}
