use std::str::FromStr;

use super::{Date, DateTime, Time, UtcDateTime};
use crate::InvalidMessage;

impl FromStr for Date {
    type Err = InvalidMessage;

    /// Takes ISO 8601's `2019-03-07`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        date(text).ok_or_else(|| invalid(text, "a date such as 2019-03-07"))
    }
}

impl FromStr for Time {
    type Err = InvalidMessage;

    /// Takes ISO 8601's `01:02:03`, with up to six digits behind a point.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        time(text).ok_or_else(|| invalid(text, "a time such as 01:02:03 or 01:02:03.456789"))
    }
}

impl FromStr for DateTime {
    type Err = InvalidMessage;

    /// Takes ISO 8601's `2019-03-07T01:02:03.456789`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('T').and_then(|(day, moment)| date(day).zip(time(moment)));
        let (date, time) = parts.ok_or_else(|| invalid(text, "a date-time such as 2019-03-07T01:02:03"))?;
        Ok(Self::new(date, time))
    }
}

impl FromStr for UtcDateTime {
    type Err = InvalidMessage;

    /// Takes ISO 8601's `2019-03-07T01:02:03.456789Z`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.strip_suffix('Z').and_then(|text| text.parse::<DateTime>().ok()).map(DateTime::parts);
        let (date, time) = parts.ok_or_else(|| invalid(text, "a UTC date-time such as 2019-03-07T01:02:03Z"))?;
        Ok(Self::new(date, time))
    }
}

fn date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let date = Date::new(number(parts.next()?, 4)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    date.filter(|_| parts.next().is_none())
}

fn time(text: &str) -> Option<Time> {
    let (text, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts = text.split(':');
    let (hour, minute, second) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let fraction_digits = fraction.len().clamp(1, 6);
    let fraction: u32 = number(fraction, fraction_digits)?;
    Time::new(hour, minute, second, fraction * 10_u32.pow(6 - fraction_digits as u32))
        .filter(|_| parts.next().is_none())
}

/// A number of exactly this many ASCII digits.
fn number<T: FromStr>(digits: &str, length: usize) -> Option<T> {
    let is_number = digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

fn invalid(text: &str, expected: &str) -> InvalidMessage {
    let start: String = text.chars().take(40).collect();
    InvalidMessage::new(format!("{start:?} is not {expected}"))
}
