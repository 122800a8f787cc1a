//! Schemas: what the bodies of an action must look like, as data that mirrors the fields of Conformity.
//!
//! A schema finds all that is wrong with a value at once, in PySOA's words:
//!
//! ```
//! use soa_server::schema::{Dictionary, Integer, Schema, UnicodeString};
//!
//! let schema = Schema::from(
//!     Dictionary::new()
//!         .required("number", Integer::new().gte(0).description("The number to square"))
//!         .optional("note", Schema::nullable(UnicodeString::new())),
//! );
//! let body = soa_common::Body::encode(&serde_json::json!({"number": -1, "nmber": 3}))?;
//! let violations: Vec<_> = schema.validate(&body.to_msgpack()).into_iter().map(|v| v.message).collect();
//! assert_eq!(violations, ["Value not >= 0", "Extra keys present: nmber"]);
//! # Ok::<(), soa_common::InvalidField>(())
//! ```

mod fields;
mod introspect;
mod json_schema;
mod lower;
mod path;
mod python;
mod validate;

pub use fields::*;
pub use lower::{Lowered, SchemaError};
pub(crate) use path::Path;
pub use validate::Violation;

/// What a value must look like.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Schema {
    /// Any value.
    Anything(Anything),
    /// Any value but lists, maps and amounts of money.
    Hashable(Hashable),
    /// Nothing.
    Null,
    /// A truth value.
    Boolean(Boolean),
    /// A whole number.
    Integer(Integer),
    /// A float or a whole number.
    Float(Float),
    /// A decimal number.
    Decimal(Decimal),
    /// One of a few given values.
    Constant(Constant),
    /// A text.
    UnicodeString(UnicodeString),
    /// Bytes.
    ByteString(ByteString),
    /// A decimal number written as a text.
    UnicodeDecimal(UnicodeDecimal),
    /// An e-mail address.
    EmailAddress(EmailAddress),
    /// An address of either version of the internet protocol.
    IpAddress(IpAddress),
    /// An address of version 4 of the internet protocol.
    Ipv4Address(Ipv4Address),
    /// An address of version 6 of the internet protocol.
    Ipv6Address(Ipv6Address),
    /// A date.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// A date-time.
    DateTime(DateTime),
    /// A duration.
    TimeDelta(TimeDelta),
    /// A time zone.
    TzInfo(TzInfo),
    /// An amount of money.
    Amount(Amount),
    /// An amount of money written as a text.
    AmountString(AmountString),
    /// The code of a currency.
    CurrencyCode(CurrencyCode),
    /// The code of a country.
    CountryCode(CountryCode),
    /// A list.
    List(List),
    /// A list, a text or bytes.
    Sequence(Sequence),
    /// A set.
    Set(Set),
    /// A list of fixed length.
    Tuple(Tuple),
    /// A map with declared keys.
    Dictionary(Dictionary),
    /// A map with any keys.
    SchemalessDictionary(SchemalessDictionary),
    /// Nothing, or what the inner schema takes.
    Nullable(Box<Schema>),
    /// Any of several schemas.
    Any(Any),
    /// All of several schemas.
    All(All),
    /// A map whose schema depends on one of its values.
    Polymorph(Polymorph),
    /// A value that a function says yes to.
    BooleanValidator(BooleanValidator),
    /// A map or a list.
    ObjectInstance(ObjectInstance),
    /// What the inner schema takes; callers should stop giving it.
    Deprecated(Box<Schema>),
}

impl Schema {
    /// Nothing, or what the inner schema takes.
    #[must_use]
    pub fn nullable(inner: impl Into<Self>) -> Self {
        Self::Nullable(Box::new(inner.into()))
    }

    /// What the inner schema takes, marked as something callers should stop giving.
    #[must_use]
    pub fn deprecated(inner: impl Into<Self>) -> Self {
        Self::Deprecated(Box::new(inner.into()))
    }

    /// Whether there are maps that the schema may take. Without any it cannot be that of a body.
    pub(crate) fn takes_maps(&self) -> bool {
        match self {
            Self::Nullable(inner) | Self::Deprecated(inner) => inner.takes_maps(),
            Self::Any(any) => any.options.iter().any(Self::takes_maps),
            Self::All(all) => all.requirements.iter().all(Self::takes_maps),
            Self::Anything(_)
            | Self::Dictionary(_)
            | Self::SchemalessDictionary(_)
            | Self::Polymorph(_)
            | Self::BooleanValidator(_)
            | Self::ObjectInstance(_) => true,
            _ => false,
        }
    }
}

/// Gives a macro the names of all fields that are structs of the same name.
macro_rules! with_fields {
    ($macro:ident) => {
        $macro!(
            Anything,
            Hashable,
            Boolean,
            Integer,
            Float,
            Decimal,
            Constant,
            UnicodeString,
            ByteString,
            UnicodeDecimal,
            EmailAddress,
            IpAddress,
            Ipv4Address,
            Ipv6Address,
            Date,
            Time,
            DateTime,
            TimeDelta,
            TzInfo,
            Amount,
            AmountString,
            CurrencyCode,
            CountryCode,
            List,
            Sequence,
            Set,
            Tuple,
            Dictionary,
            SchemalessDictionary,
            Any,
            All,
            Polymorph,
            BooleanValidator,
            ObjectInstance
        );
    };
}
use with_fields;

macro_rules! from {
    ($($field:ident),*) => {$(
        impl From<$field> for Schema {
            fn from(field: $field) -> Self {
                Self::$field(field)
            }
        }
    )*};
}

with_fields!(from);
