use std::{fmt, str::FromStr};

use crate::InvalidMessage;

/// A decimal number as its digits, exactly as a peer wrote them (`1E+10`, `NaN`, `-Infinity`, trailing zeros kept).
///
/// Equality is that of the text; for arithmetic parse it with a decimal crate of your choice.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decimal(String);

impl Decimal {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn from_wire(payload: &[u8]) -> Result<Self, InvalidMessage> {
        Self::check_wire(payload).map(|digits| Self(digits.to_owned()))
    }

    /// The digits in an extension's payload.
    pub(crate) fn check_wire(payload: &[u8]) -> Result<&str, InvalidMessage> {
        let Some((length, digits)) = payload.split_first_chunk::<2>() else {
            return Err(InvalidMessage::new("a decimal takes at least 2 bytes"));
        };
        let length = usize::from(u16::from_be_bytes(*length));
        if digits.len() != length {
            return Err(InvalidMessage::new(format!("a decimal of {length} digits has {}", digits.len())));
        }
        std::str::from_utf8(digits)
            .ok()
            .filter(|digits| is_decimal(digits))
            .ok_or_else(|| InvalidMessage::new(format!("\"{}\" is not a decimal", digits.escape_ascii())))
    }

    pub(crate) fn to_wire(&self) -> Vec<u8> {
        let mut wire = Vec::with_capacity(2 + self.0.len());
        // The constructors refuse longer texts.
        wire.extend_from_slice(&u16::try_from(self.0.len()).unwrap_or(u16::MAX).to_be_bytes());
        wire.extend_from_slice(self.0.as_bytes());
        wire
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Decimal {
    type Err = InvalidMessage;

    /// Takes what Python's `decimal.Decimal` prints, up to 65,535 characters.
    fn from_str(digits: &str) -> Result<Self, Self::Err> {
        if !is_decimal(digits) || digits.len() > usize::from(u16::MAX) {
            return Err(InvalidMessage::new(format!("{digits:?} is not a decimal")));
        }
        Ok(Self(digits.to_owned()))
    }
}

fn is_decimal(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let special = unsigned.to_ascii_lowercase();
    if matches!(special.as_str(), "inf" | "infinity") {
        return true;
    }
    if let Some(payload) = special.strip_prefix("snan").or_else(|| special.strip_prefix("nan")) {
        return digits(payload);
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
}
