use std::fmt;

use super::moment::exact;
use crate::InvalidMessage;

/// An amount of money in minor units (cents, say) of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Amount {
    currency: [u8; 3],
    minor: i64,
}

impl Amount {
    /// An amount; `None` unless the currency is three ASCII letters, which become upper case.
    #[must_use]
    pub fn new(currency: &str, minor: i64) -> Option<Self> {
        let mut currency: [u8; 3] = currency.as_bytes().try_into().ok()?;
        currency.make_ascii_uppercase();
        currency.iter().all(u8::is_ascii_uppercase).then_some(Self { currency, minor })
    }

    /// The currency's code, such as `USD`.
    #[must_use]
    pub fn currency(&self) -> &str {
        // Three ASCII letters are always UTF-8.
        std::str::from_utf8(&self.currency).unwrap_or_default()
    }

    /// The amount in minor units.
    #[must_use]
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// How many digits the currency's minor unit takes: 2 for cents, 0 for yen (ISO 4217, and bitcoin); 2 for an unknown
    /// currency.
    #[must_use]
    pub fn minor_digits(self) -> usize {
        match &self.currency {
            b"BIF" | b"BYR" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF"
            | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            b"XBT" => 8,
            _ => 2,
        }
    }

    /// Decodes the payload of an extension of type [`AMOUNT`](crate::msgpack::ext::AMOUNT).
    ///
    /// # Errors
    /// When there is no amount in it.
    pub fn from_wire(payload: &[u8]) -> Result<Self, InvalidMessage> {
        let [a, b, c, minor @ ..] = exact::<11>("currency amount", payload)?;
        let currency = [a, b, c];
        if !currency.iter().all(u8::is_ascii_uppercase) {
            return Err(InvalidMessage::new(format!(
                "the currency \"{}\" is not three upper-case letters",
                currency.escape_ascii()
            )));
        }
        Ok(Self { currency, minor: i64::from_be_bytes(minor) })
    }

    pub(crate) fn to_wire(self) -> [u8; 11] {
        let mut wire = [0; 11];
        wire[..3].copy_from_slice(&self.currency);
        wire[3..].copy_from_slice(&self.minor.to_be_bytes());
        wire
    }
}

impl fmt::Display for Amount {
    /// As people read it, in major units: `USD 15.99`, `JPY -70`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.minor_digits();
        let unit = 10_u64.pow(digits as u32);
        let (major, minor) = (self.minor.unsigned_abs() / unit, self.minor.unsigned_abs() % unit);
        let sign = if self.minor < 0 { "-" } else { "" };
        write!(f, "{} {sign}{major}", self.currency())?;
        if digits > 0 { write!(f, ".{minor:0digits$}") } else { Ok(()) }
    }
}
