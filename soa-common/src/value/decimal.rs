use std::{fmt, str::FromStr};

use crate::InvalidMessage;

/// Python refuses exponents of more than 18 digits, and adds the length of the mantissa first.
const MAX_EXPONENT_DIGITS: usize = 17;

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

    /// The digits in the payload of an extension of type [`DECIMAL`](crate::msgpack::ext::DECIMAL).
    ///
    /// # Errors
    /// When there is no decimal in it.
    pub fn check_wire(payload: &[u8]) -> Result<&str, InvalidMessage> {
        let Some((length, digits)) = payload.split_first_chunk::<2>() else {
            return Err(InvalidMessage::new("a decimal takes at least 2 bytes"));
        };
        let length = usize::from(u16::from_be_bytes(*length));
        if digits.len() != length {
            return Err(InvalidMessage::new(format!("a decimal of {length} digits has {}", digits.len())));
        }
        std::str::from_utf8(digits).ok().filter(|digits| is_decimal(digits)).ok_or_else(|| not_a_decimal(digits))
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
            return Err(not_a_decimal(digits.as_bytes()));
        }
        Ok(Self(digits.to_owned()))
    }
}

fn not_a_decimal(digits: &[u8]) -> InvalidMessage {
    InvalidMessage::new(format!("\"{}\" is not a decimal", digits[..digits.len().min(40)].escape_ascii()))
}

/// Whether Python reads it and might have printed it: no white space, no underscores, an exponent its decimals can have.
fn is_decimal(text: &str) -> bool {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if ["inf", "infinity"].iter().any(|infinity| unsigned.eq_ignore_ascii_case(infinity)) {
        return true;
    }
    let payload = ["snan", "nan"].iter().find_map(|nan| {
        let (start, payload) = unsigned.split_at_checked(nan.len())?;
        start.eq_ignore_ascii_case(nan).then_some(payload)
    });
    if let Some(payload) = payload {
        return is_digits(payload);
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
        None => (unsigned, "0"),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    is_digits(whole)
        && is_digits(fraction)
        && is_digits(exponent)
        && !(whole.is_empty() && fraction.is_empty())
        && (1..=MAX_EXPONENT_DIGITS).contains(&exponent.len())
}
