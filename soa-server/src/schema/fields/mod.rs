//! The fields of Conformity, each with its builder. What they accept is said in `validate`.

#[macro_use]
mod builders;

mod codes;
mod combination;
mod container;
mod money;
mod number;
mod scalar;
mod temporal;
mod text;

pub(super) use codes::{COUNTRIES, CURRENCIES};
pub(super) use combination::Function;
pub use combination::{AdditionalValidator, All, Any, BooleanValidator, ObjectClass, ObjectInstance, Polymorph};
pub use container::{Dictionary, Entry, List, SchemalessDictionary, Sequence, Set, Tuple};
pub use money::{Amount, AmountString, CountryCode, CurrencyCode};
pub use number::{Bounds, Number};
pub use scalar::{Anything, Boolean, Constant, Decimal, Float, Hashable, Integer};
pub use temporal::{Date, DateTime, Delta, Moment, Time, TimeDelta, TzInfo};
pub use text::{ByteString, EmailAddress, IpAddress, Ipv4Address, Ipv6Address, UnicodeDecimal, UnicodeString};
