//! The checks of money and of the codes of currencies and countries.

use std::fmt;

use soa_common::{codes, msgpack::ext};

use super::{
    super::{
        AmountString, Bounds, CountryCode, CurrencyCode, Path,
        fields::{COUNTRIES, CURRENCIES},
        python::{Operand, whole_number},
    },
    Walk,
};
use crate::schema::Amount;

impl Walk<'_> {
    pub(super) fn amount(&mut self, field: &Amount, kind: i8, payload: &[u8], path: &Path<'_>) {
        match read(kind, payload) {
            Some((currency, minor)) => {
                let minor = Operand::Integer(minor.into());
                self.money(field.valid_currencies.as_deref(), &field.bounds, currency, minor, path);
            }
            None => self.invalid(path, format_args!("Not a currint.Amount instance")),
        }
    }

    pub(super) fn amount_string(&mut self, field: &AmountString, value: &str, path: &Path<'_>) {
        let mut parts = value.split([',', ':']);
        let (Some(currency), Some(minor), None) = (parts.next(), parts.next(), parts.next()) else {
            return self.invalid(path, format_args!("Currency string does not match format CUR,1234 or CUR:1234"));
        };
        match whole_number(minor.trim().chars(), 10) {
            Some(minor) => self.money(field.valid_currencies.as_deref(), &field.bounds, currency, number(minor), path),
            None => {
                let minor = self.report.data(|| minor.to_owned());
                self.invalid(path, format_args!("Currency amount {minor} cannot be converted to an integer"));
            }
        }
    }

    fn money(
        &mut self,
        currencies: Option<&[String]>,
        bounds: &Bounds,
        currency: &str,
        minor: Operand<'_>,
        path: &Path<'_>,
    ) {
        if !(Codes { given: currencies, all: CURRENCIES }).contains(currency) {
            self.invalid(path, format_args!("Not a valid currency code"));
        }
        self.bounds(bounds, minor, path);
    }

    pub(super) fn currency_code(&mut self, field: &CurrencyCode, value: &str, path: &Path<'_>) {
        let codes = Codes { given: field.values.as_deref(), all: CURRENCIES };
        if !codes.contains(value) {
            self.violation(codes::UNKNOWN, format_args!("Value is not {codes}"), path);
        }
    }

    pub(super) fn country_code(&mut self, field: &CountryCode, value: &str, path: &Path<'_>) {
        if !(Codes { given: field.values.as_deref(), all: COUNTRIES }).contains(value) {
            self.violation(codes::UNKNOWN, format_args!("Not a valid country code"), path);
        }
    }
}

/// The currency and the minor units of an amount on the wire.
fn read(kind: i8, payload: &[u8]) -> Option<(&str, i64)> {
    let (currency, minor) = payload.split_first_chunk::<3>().filter(|_| kind == ext::AMOUNT)?;
    Some((str::from_utf8(currency).ok()?, i64::from_be_bytes(minor.try_into().ok()?)))
}

/// What does not fit an integer is beyond all bounds that do.
fn number(minor: i128) -> Operand<'static> {
    match (i64::try_from(minor), u64::try_from(minor)) {
        (Ok(minor), _) => Operand::Integer(i64::into(minor)),
        (_, Ok(minor)) => Operand::Integer(u64::into(minor)),
        _ if minor < 0 => Operand::Float(f64::NEG_INFINITY),
        _ => Operand::Float(f64::INFINITY),
    }
}

/// The codes that a field takes. Their text names them all, as a constant's does.
struct Codes<'a> {
    given: Option<&'a [String]>,
    /// In order; taken when none are given.
    all: &'static [&'static str],
}

impl Codes<'_> {
    fn contains(&self, code: &str) -> bool {
        match self.given {
            Some(given) => given.iter().any(|given| given == code),
            None => self.all.binary_search(&code).is_ok(),
        }
    }
}

impl fmt::Display for Codes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<_> = match self.given {
            Some(given) => given.iter().map(|code| format!("\"{code}\"")).collect(),
            None => self.all.iter().map(|code| format!("\"{code}\"")).collect(),
        };
        names.sort();
        names.dedup();
        let of = if names.len() == 1 { "" } else { "one of: " };
        write!(f, "{of}{}", names.join(", "))
    }
}
