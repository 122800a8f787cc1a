//! Numbers of every kind as they come, compared exactly and without allocating.

use std::{
    cmp::Ordering,
    fmt::{self, Write},
};

use soa_common::{
    Decimal, Integer,
    msgpack::{Token, ext},
};

/// A number that is compared.
#[derive(Clone, Copy)]
pub(in crate::schema) enum Operand<'a> {
    Integer(Integer),
    Float(f64),
    /// What Python's decimals print.
    Decimal(&'a str),
}

impl<'a> Operand<'a> {
    /// The number that an element is to Python, where truth values are numbers.
    pub(in crate::schema) fn of(token: Token<'a>) -> Option<Self> {
        Some(match token {
            Token::Bool(truth) => Self::Integer(u64::from(truth).into()),
            Token::Integer(number) => Self::Integer(number),
            Token::Float(number) => Self::Float(number),
            Token::Ext(ext::DECIMAL, payload) => Self::Decimal(Decimal::check_wire(payload).ok()?),
            _ => return None,
        })
    }

    /// Which of the numbers is greater; nothing is known of what is not a number.
    pub(in crate::schema) fn compare(self, other: Operand<'_>) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(a), Operand::Integer(b)) => Some(a.cmp(&b)),
            (Self::Float(a), Operand::Float(b)) => a.partial_cmp(&b),
            (Self::Integer(a), Operand::Float(b)) => integer_and_float(a, b),
            (Self::Float(a), Operand::Integer(b)) => integer_and_float(b, a).map(Ordering::reverse),
            _ => self.read(|a| other.read(|b| a.compare(&b))),
        }
    }

    /// The nearest float.
    pub(in crate::schema) fn as_f64(self) -> f64 {
        match self {
            Self::Integer(number) => number.as_f64(),
            Self::Float(number) => number,
            Self::Decimal(digits) => digits.parse().unwrap_or(f64::NAN),
        }
    }

    /// Bytes that sort as the numbers do, with not-a-number behind all others. They are compared in no more time than the
    /// shorter number takes, so that a long one may meet any number of others.
    pub(in crate::schema) fn rank(self) -> Vec<u8> {
        // No sign on zero.
        let nearest = self.as_f64() + 0.0;
        if nearest.is_nan() {
            return vec![u8::MAX; 8];
        }
        let bits = nearest.to_bits();
        let is_negative = nearest.is_sign_negative();
        let mut rank = (if is_negative { !bits } else { bits | 1 << 63 }).to_be_bytes().to_vec();
        let side = self.compare(Self::Float(nearest)).unwrap_or(Ordering::Equal);
        rank.push(match side {
            Ordering::Less => 0,
            Ordering::Equal => 1,
            Ordering::Greater => 2,
        });
        if side.is_ne() {
            self.read(|digits| digits.rank(&mut rank));
        }
        rank
    }

    fn read<R>(self, look: impl FnOnce(Digits<'_>) -> R) -> R {
        let mut written = Written::default();
        // All digits of a float: what it is exactly. Neither can outgrow the room.
        let _ = match self {
            Self::Decimal(digits) => return look(Digits::read(digits)),
            Self::Integer(number) => write!(written, "{number}"),
            Self::Float(number) => write!(written, "{number:.*e}", MOST_DIGITS_OF_A_FLOAT - 1),
        };
        look(Digits::read(written.as_str()))
    }
}

fn integer_and_float(integer: Integer, float: f64) -> Option<Ordering> {
    // Floats beyond all integers become the ends of a wider range.
    match wide(integer).cmp(&(float.trunc() as i128)) {
        Ordering::Equal => 0.0.partial_cmp(&float.fract()),
        unequal => (!float.is_nan()).then_some(unequal),
    }
}

pub(in crate::schema) fn wide(integer: Integer) -> i128 {
    let negative = integer.as_i64().map(i128::from);
    negative.or(integer.as_u64().map(i128::from)).unwrap_or_default()
}

/// The digits of a number, wherever they stand.
#[derive(Clone, Copy)]
struct Digits<'a> {
    is_negative: bool,
    magnitude: Magnitude<'a>,
}

#[derive(Clone, Copy)]
enum Magnitude<'a> {
    NotANumber,
    Infinite,
    Zero,
    /// A number from 0.1 up to 1, which starts with the first of the digits, times ten to the power of `scale`.
    Finite {
        scale: i64,
        whole: &'a [u8],
        fraction: &'a [u8],
    },
}

impl<'a> Digits<'a> {
    /// Reads what is known to be a number.
    fn read(text: &'a str) -> Self {
        let is_negative = text.starts_with('-');
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let magnitude = match unsigned.bytes().next().map(|first| first.to_ascii_lowercase()) {
            Some(b'n' | b's') => Magnitude::NotANumber,
            Some(b'i') => Magnitude::Infinite,
            _ => Self::finite(unsigned),
        };
        Self { is_negative, magnitude }
    }

    fn finite(text: &'a str) -> Magnitude<'a> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        // Exponents have at most 18 digits, so that nothing overflows.
        let exponent: i64 = exponent.parse().unwrap_or_default();
        let leading = |digits: &str| digits.bytes().take_while(|digit| *digit == b'0').count();
        let (zeros, more) = (leading(whole), leading(fraction));
        if zeros < whole.len() {
            let scale = exponent + (whole.len() - zeros) as i64;
            Magnitude::Finite { scale, whole: &whole.as_bytes()[zeros..], fraction: fraction.as_bytes() }
        } else if more < fraction.len() {
            Magnitude::Finite { scale: exponent - more as i64, whole: &[], fraction: &fraction.as_bytes()[more..] }
        } else {
            Magnitude::Zero
        }
    }

    /// Adds bytes that sort as numbers of one sign do.
    fn rank(&self, rank: &mut Vec<u8>) {
        let Magnitude::Finite { scale, whole, fraction } = self.magnitude else { return };
        let start = rank.len();
        // The least scale first.
        rank.extend((scale ^ i64::MIN).to_be_bytes());
        rank.extend(whole.iter().chain(fraction));
        let zeros = rank[start + 8..].iter().rev().take_while(|digit| **digit == b'0').count();
        rank.truncate(rank.len() - zeros);
        if self.is_negative {
            // The greater the magnitude is, the less the number; the end is greater than any digit.
            rank[start..].iter_mut().for_each(|byte| *byte = !*byte);
            rank.push(u8::MAX);
        }
    }

    fn compare(&self, other: &Self) -> Option<Ordering> {
        use Magnitude::{Finite, Infinite, NotANumber, Zero};
        let sign = |digits: &Self| match digits.magnitude {
            Zero => 0,
            _ if digits.is_negative => -1,
            _ => 1,
        };
        let of_magnitudes = match (self.magnitude, other.magnitude) {
            (NotANumber, _) | (_, NotANumber) => return None,
            (Infinite, Infinite) | (Zero, Zero) => Ordering::Equal,
            (Infinite, _) | (_, Zero) => Ordering::Greater,
            (_, Infinite) | (Zero, _) => Ordering::Less,
            (
                Finite { scale: a, whole, fraction },
                Finite { scale: b, whole: other_whole, fraction: other_fraction },
            ) => a.cmp(&b).then_with(|| by_digits(whole, fraction, other_whole, other_fraction)),
        };
        let by_sign = sign(self).cmp(&sign(other));
        Some(by_sign.then(if self.is_negative { of_magnitudes.reverse() } else { of_magnitudes }))
    }
}

/// Compares numbers of one scale, where zeros at the end mean nothing.
fn by_digits(whole: &[u8], fraction: &[u8], other_whole: &[u8], other_fraction: &[u8]) -> Ordering {
    let length = (whole.len() + fraction.len()).max(other_whole.len() + other_fraction.len());
    let padded = |whole, fraction| <[u8]>::iter(whole).chain(fraction).chain(std::iter::repeat(&b'0')).take(length);
    padded(whole, fraction).cmp(padded(other_whole, other_fraction))
}

/// No float has more significant digits than this.
const MOST_DIGITS_OF_A_FLOAT: usize = 767;

/// A text on the stack, with room for every float and integer.
struct Written {
    bytes: [u8; MOST_DIGITS_OF_A_FLOAT + 16],
    length: usize,
}

impl Written {
    fn as_str(&self) -> &str {
        // Only whole texts are written.
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

impl Default for Written {
    fn default() -> Self {
        Self { bytes: [0; MOST_DIGITS_OF_A_FLOAT + 16], length: 0 }
    }
}

impl Write for Written {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Number;

    #[test]
    fn numbers_of_all_kinds_compare_exactly() {
        let decimal = |digits: &str| Number::from(digits.parse::<Decimal>().unwrap());
        for (a, b, expected) in [
            (Number::from(u64::MAX), Number::from(18_446_744_073_709_551_616.0), Ordering::Less),
            (Number::from(9_007_199_254_740_993_i64), Number::from(9_007_199_254_740_992.0), Ordering::Greater),
            (Number::from(1), Number::from(1.0), Ordering::Equal),
            (Number::from(1), Number::from(1.5), Ordering::Less),
            (Number::from(i64::MIN), Number::from(f64::NEG_INFINITY), Ordering::Greater),
            // The float is a little more than a tenth.
            (decimal("0.1"), Number::from(0.1), Ordering::Less),
            (decimal("0.1000000000000000055511151231257827021181583404541015625"), Number::from(0.1), Ordering::Equal),
            (decimal("5e-324"), Number::from(f64::from_bits(1)), Ordering::Greater),
            (decimal("1E+309"), Number::from(f64::MAX), Ordering::Greater),
            (decimal("-0.00"), Number::from(0), Ordering::Equal),
            (decimal("0e99999"), Number::from(-0.0), Ordering::Equal),
            (decimal("1E+3"), Number::from(1000), Ordering::Equal),
            (decimal("001.50"), decimal("15e-1"), Ordering::Equal),
            (decimal("-1.5"), Number::from(-1), Ordering::Less),
            (decimal("-Infinity"), decimal("-1E+99999999999999999"), Ordering::Less),
            (decimal("Infinity"), Number::from(f64::INFINITY), Ordering::Equal),
            (decimal("1E+99999999999999999"), decimal("1E-99999999999999999"), Ordering::Greater),
            (decimal("18446744073709551615.1"), Number::from(u64::MAX), Ordering::Greater),
            (decimal("0.1"), decimal("0.10000000000000000001"), Ordering::Less),
            (decimal("-0.1"), decimal("-0.10000000000000000001"), Ordering::Greater),
            (decimal("-0.10000000000000000001"), decimal("-0.100000000000000000011"), Ordering::Greater),
            (decimal("1E-500"), decimal("1E-499"), Ordering::Less),
            (decimal("-1E-500"), decimal("-1E-499"), Ordering::Greater),
            (decimal("-1E-500"), Number::from(0), Ordering::Less),
            (decimal("-1E+500"), Number::from(f64::NEG_INFINITY), Ordering::Greater),
            (decimal("1E+500"), decimal("10E+499"), Ordering::Equal),
        ] {
            assert_eq!(a.partial_cmp(&b), Some(expected), "{a} and {b}");
            assert_eq!(b.partial_cmp(&a), Some(expected.reverse()), "{b} and {a}");
            assert_eq!(a.operand().rank().cmp(&b.operand().rank()), expected, "{a} and {b}");
        }
        for nothing in [Number::from(f64::NAN), decimal("NaN"), decimal("-sNaN12")] {
            assert_eq!(Number::from(1).partial_cmp(&nothing), None);
            assert_eq!(nothing.partial_cmp(&decimal("1")), None);
            assert_eq!(nothing.operand().rank(), Number::from(f64::NAN).operand().rank());
            assert!(nothing.operand().rank() > Number::from(f64::INFINITY).operand().rank());
        }
    }
}
