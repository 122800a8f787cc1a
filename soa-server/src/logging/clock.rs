use std::time::{SystemTime, UNIX_EPOCH};

use soa_common::UtcDateTime;

const MICROSECONDS: i64 = 1_000_000;

/// Writes the time with microseconds, and keeps the text of the last second: many lines share it.
#[derive(Default)]
pub(super) struct Clock {
    second: i64,
    /// `2026-01-31T12:00:00`; empty where there is no such second.
    text: String,
}

impl Clock {
    pub(super) fn push_now(&mut self, line: &mut Vec<u8>) {
        let now = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_micros()),
            Err(error) => i64::try_from(error.duration().as_micros()).map(|before| -before),
        };
        self.push(now.unwrap_or(i64::MAX), line);
    }

    /// Appends a time in microseconds since 1970; nothing when it is outside the years 1 to 9999.
    fn push(&mut self, now: i64, line: &mut Vec<u8>) {
        let second = now.div_euclid(MICROSECONDS);
        if second != self.second || self.text.is_empty() {
            let text = UtcDateTime::from_microseconds(second.saturating_mul(MICROSECONDS)).map(|time| time.to_string());
            *self = Self { second, text: text.unwrap_or_default().trim_end_matches('Z').to_owned() };
        }
        if self.text.is_empty() {
            return;
        }
        line.extend_from_slice(self.text.as_bytes());
        let mut rest = now.rem_euclid(MICROSECONDS) as u32;
        let mut fraction = *b".000000Z";
        for digit in fraction[1..7].iter_mut().rev() {
            *digit += (rest % 10) as u8;
            rest /= 10;
        }
        line.extend_from_slice(&fraction);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact_in_whatever_order() {
        let mut clock = Clock::default();
        for (now, expected) in [
            (1_769_860_800_000_000, "2026-01-31T12:00:00.000000Z"),
            (1_769_860_800_012_345, "2026-01-31T12:00:00.012345Z"),
            (1_769_860_801_999_999, "2026-01-31T12:00:01.999999Z"),
            (1_769_860_799_100_000, "2026-01-31T11:59:59.100000Z"),
            (0, "1970-01-01T00:00:00.000000Z"),
            (7, "1970-01-01T00:00:00.000007Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
            (i64::MAX, ""),
            (i64::MIN, ""),
        ] {
            let mut line = Vec::new();
            clock.push(now, &mut line);
            assert_eq!(str::from_utf8(&line).unwrap(), expected);
        }
    }
}
