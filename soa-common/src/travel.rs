//! Types of other crates that travel as values of the protocol.

use std::{fmt, marker::PhantomData};

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, SeqAccess, Visitor},
};

/// Lets a field travel as a type of the protocol which its own serde form is not: bytes, dates, times, decimals.
///
/// It stands behind serde's `with`, and schemars understands it too. `As<Option<…>>` and `As<Vec<…>>` are for options and
/// lists; serde wants `default` for an option that may be absent.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use soa_common::{As, Body, Bytes, Value};
///
/// #[derive(Serialize, Deserialize)]
/// struct File {
///     #[serde(with = "As::<Bytes>")]
///     content: Vec<u8>,
///     #[serde(default, with = "As::<Option<Bytes>>")]
///     thumbnail: Option<Vec<u8>>,
/// }
///
/// let body = Body::encode(&File { content: vec![1, 2], thumbnail: None })?;
/// assert_eq!(body.get("content"), Some(Value::Bytes(vec![1, 2])));
/// # Ok::<(), soa_common::InvalidField>(())
/// ```
///
/// | type | travels as | feature |
/// |---|---|---|
/// | `Vec<u8>`, `Box<[u8]>`, `[u8; N]`, `bytes::Bytes` | `Bytes` | |
/// | `chrono::NaiveDate` | [`Date`](crate::Date) | `chrono` |
/// | `chrono::NaiveTime` | [`Time`](crate::Time) | `chrono` |
/// | `chrono::NaiveDateTime` | [`DateTime`](crate::DateTime) | `chrono` |
/// | `chrono::DateTime<Utc>` | [`UtcDateTime`](crate::UtcDateTime) | `chrono` |
/// | `rust_decimal::Decimal` | [`Decimal`](crate::Decimal) | `rust_decimal` |
///
/// The protocol counts in microseconds and knows the years 1 to 9999: what is finer is cut off, what lies outside cannot
/// be sent. Decimals that `rust_decimal` cannot hold exactly are refused.
pub struct As<W>(PhantomData<W>);

impl<W> As<W> {
    /// Writes a value as `W`.
    ///
    /// # Errors
    /// When no `W` is equal to it.
    pub fn serialize<T: TravelsAs<W>, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.serialize_as(serializer)
    }

    /// Reads a value from a `W`.
    ///
    /// # Errors
    /// When there is no `W`, or its value is none of the type's.
    pub fn deserialize<'de, T: TravelsAs<W>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        T::deserialize_as(deserializer)
    }
}

/// A type that can travel as `W`, for [`As`].
pub trait TravelsAs<W>: Sized {
    /// Writes it as `W`.
    ///
    /// # Errors
    /// When no `W` is equal to it.
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads it from a `W`.
    ///
    /// # Errors
    /// When there is no `W`, or its value is none of the type's.
    fn deserialize_as<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// A value that serde reads and writes as `W`.
struct Travelling<T, W>(T, PhantomData<W>);

impl<T: TravelsAs<W>, W> Serialize for Travelling<&T, W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize_as(serializer)
    }
}

impl<'de, T: TravelsAs<W>, W> Deserialize<'de> for Travelling<T, W> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize_as(deserializer).map(|value| Self(value, PhantomData))
    }
}

impl<T: TravelsAs<W>, W> TravelsAs<Option<W>> for Option<T> {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(|value| Travelling::<_, W>(value, PhantomData)).serialize(serializer)
    }

    fn deserialize_as<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Option::<Travelling<T, W>>::deserialize(deserializer)?;
        Ok(value.map(|value| value.0))
    }
}

impl<T: TravelsAs<W>, W> TravelsAs<Vec<W>> for Vec<T> {
    fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(|value| Travelling::<_, W>(value, PhantomData)))
    }

    fn deserialize_as<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = Vec::<Travelling<T, W>>::deserialize(deserializer)?;
        Ok(values.into_iter().map(|value| value.0).collect())
    }
}

struct Octets;

impl<'de> Visitor<'de> for Octets {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Vec<u8>, E> {
        Ok(value.to_owned())
    }

    fn visit_byte_buf<E>(self, value: Vec<u8>) -> Result<Vec<u8>, E> {
        Ok(value)
    }

    /// Formats without bytes, such as JSON, have lists of integers.
    fn visit_seq<A: SeqAccess<'de>>(self, mut octets: A) -> Result<Vec<u8>, A::Error> {
        let mut bytes = Vec::new();
        while let Some(octet) = octets.next_element()? {
            bytes.push(octet);
        }
        Ok(bytes)
    }
}

macro_rules! octets {
    ($([$($generics:tt)*] $type:ty: |$bytes:ident| $read:expr;)*) => {$(
        impl<$($generics)*> TravelsAs<Bytes> for $type {
            fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(self)
            }

            fn deserialize_as<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let $bytes = deserializer.deserialize_byte_buf(Octets)?;
                $read
            }
        }
    )*};
}

octets! {
    [] Vec<u8>: |bytes| Ok(bytes);
    [] Box<[u8]>: |bytes| Ok(bytes.into());
    [] Bytes: |bytes| Ok(bytes.into());
    [const N: usize] [u8; N]: |bytes| {
        let length = bytes.len();
        bytes.try_into().map_err(|_| de::Error::custom(format!("expected {N} bytes, found {length}")))
    };
}

/// What becomes a value of the protocol and is made from one, unless it lies outside what the other can hold.
#[cfg(any(feature = "chrono", feature = "rust_decimal"))]
macro_rules! travels {
    ($($type:ty as $wire:ty: |$value:ident| $write:expr, |$read:ident| $made:expr;)*) => {$(
        impl TravelsAs<$wire> for $type {
            fn serialize_as<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let $value = self;
                let wire: Option<$wire> = $write;
                wire.ok_or_else(|| serde::ser::Error::custom(format!("the protocol has no {self}")))?.serialize(serializer)
            }

            fn deserialize_as<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let $read = <$wire>::deserialize(deserializer)?;
                let made: Option<Self> = $made;
                made.ok_or_else(|| de::Error::custom(concat!("not a value of ", stringify!($type))))
            }
        }
    )*};
}

#[cfg(feature = "chrono")]
mod of_chrono {
    use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};

    use super::*;
    use crate::{Date, DateTime, Time, UtcDateTime};

    travels! {
        NaiveDate as Date: |date| date_of(*date), |date| {
            NaiveDate::from_ymd_opt(date.year().into(), date.month().into(), date.day().into())
        };
        NaiveTime as Time: |time| time_of(*time), |time| {
            NaiveTime::from_hms_micro_opt(time.hour().into(), time.minute().into(), time.second().into(), time.microsecond())
        };
        NaiveDateTime as DateTime: |moment| DateTime::from_microseconds(moment.and_utc().timestamp_micros()), |moment| {
            chrono::DateTime::from_timestamp_micros(moment.microseconds()).map(|moment| moment.naive_utc())
        };
        chrono::DateTime<Utc> as UtcDateTime: |moment| UtcDateTime::from_microseconds(moment.timestamp_micros()), |moment| {
            chrono::DateTime::from_timestamp_micros(moment.microseconds())
        };
    }

    fn date_of(date: NaiveDate) -> Option<Date> {
        Date::new(date.year().try_into().ok()?, date.month().try_into().ok()?, date.day().try_into().ok()?)
    }

    /// A leap second is none of the protocol's.
    fn time_of(time: NaiveTime) -> Option<Time> {
        let part = |part: u32| u8::try_from(part).ok();
        Time::new(part(time.hour())?, part(time.minute())?, part(time.second())?, time.nanosecond() / 1_000)
    }
}

#[cfg(feature = "rust_decimal")]
mod of_rust_decimal {
    use super::*;
    use crate::Decimal;

    travels! {
        rust_decimal::Decimal as Decimal: |decimal| decimal.to_string().parse().ok(), |decimal| exactly(decimal.as_str());
    }

    /// Without the rounding that the crate does to a mantissa before an exponent.
    fn exactly(digits: &str) -> Option<rust_decimal::Decimal> {
        let Some((mantissa, _)) = digits.split_once(['e', 'E']) else {
            return rust_decimal::Decimal::from_str_exact(digits).ok();
        };
        rust_decimal::Decimal::from_str_exact(mantissa).ok()?;
        rust_decimal::Decimal::from_scientific(digits).ok()
    }
}
