use std::fmt;

use crate::InvalidMessage;

const MICROSECONDS_PER_DAY: i64 = 86_400_000_000;

/// A date from year 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// A date of the Gregorian calendar; `None` where there is no such day.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let is_leap = (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if is_leap => 29,
            2 => 28,
            _ => return None,
        };
        ((1..=9999).contains(&year) && (1..=days).contains(&day)).then_some(Self { year, month, day })
    }

    /// The year, 1 to 9999.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    #[must_use]
    pub fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, 1 to 31.
    #[must_use]
    pub fn day(self) -> u8 {
        self.day
    }

    /// Decodes the payload of an extension of type [`DATE`](crate::msgpack::ext::DATE).
    ///
    /// # Errors
    /// When there is no such date.
    pub fn from_wire(payload: &[u8]) -> Result<Self, InvalidMessage> {
        let [year_high, year_low, month, day] = exact("date", payload)?;
        let year = u16::from_be_bytes([year_high, year_low]);
        Self::new(year, month, day)
            .ok_or_else(|| InvalidMessage::new(format!("there is no date {year:04}-{month:02}-{day:02}")))
    }

    pub(crate) fn to_wire(self) -> [u8; 4] {
        let [year_high, year_low] = self.year.to_be_bytes();
        [year_high, year_low, self.month, self.day]
    }

    /// The days since 1970-01-01, counted in eras of 400 years that start on 1 March.
    fn days(self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let month = (i64::from(self.month) + 9) % 12;
        let day_of_year = (153 * month + 2) / 5 + i64::from(self.day) - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
    }

    fn from_days(days: i64) -> Option<Self> {
        let days = days + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self::new(u16::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A time of day to the microsecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    hour: u8,
    minute: u8,
    second: u8,
    microsecond: u32,
}

impl Time {
    /// A time from 00:00:00 to 23:59:59.999999; `None` outside that.
    #[must_use]
    pub fn new(hour: u8, minute: u8, second: u8, microsecond: u32) -> Option<Self> {
        (hour < 24 && minute < 60 && second < 60 && microsecond < 1_000_000).then_some(Self {
            hour,
            minute,
            second,
            microsecond,
        })
    }

    /// The hour, 0 to 23.
    #[must_use]
    pub fn hour(self) -> u8 {
        self.hour
    }

    /// The minute, 0 to 59.
    #[must_use]
    pub fn minute(self) -> u8 {
        self.minute
    }

    /// The second, 0 to 59.
    #[must_use]
    pub fn second(self) -> u8 {
        self.second
    }

    /// The microsecond, 0 to 999,999.
    #[must_use]
    pub fn microsecond(self) -> u32 {
        self.microsecond
    }

    /// Decodes the payload of an extension of type [`TIME`](crate::msgpack::ext::TIME).
    ///
    /// # Errors
    /// When there is no such time.
    pub fn from_wire(payload: &[u8]) -> Result<Self, InvalidMessage> {
        let [hour, minute, second, rest @ ..] = exact::<7>("time", payload)?;
        let microsecond = u32::from_be_bytes(rest);
        Self::new(hour, minute, second, microsecond)
            .ok_or_else(|| InvalidMessage::new(format!("there is no time {hour}:{minute}:{second}.{microsecond}")))
    }

    pub(crate) fn to_wire(self) -> [u8; 7] {
        let [a, b, c, d] = self.microsecond.to_be_bytes();
        [self.hour, self.minute, self.second, a, b, c, d]
    }

    fn microseconds(self) -> i64 {
        let minutes = i64::from(self.hour) * 60 + i64::from(self.minute);
        (minutes * 60 + i64::from(self.second)) * 1_000_000 + i64::from(self.microsecond)
    }

    fn from_microseconds(microseconds: i64) -> Option<Self> {
        let (seconds, microsecond) = (microseconds / 1_000_000, u32::try_from(microseconds % 1_000_000).ok()?);
        let part = |value: i64| u8::try_from(value).ok();
        Self::new(part(seconds / 3600)?, part(seconds / 60 % 60)?, part(seconds % 60)?, microsecond)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}:{:02}", self.hour, self.minute, self.second)?;
        match self.microsecond {
            0 => Ok(()),
            microsecond => write!(f, ".{microsecond:06}"),
        }
    }
}

macro_rules! date_time {
    ($(#[$doc:meta])* $name:ident, $suffix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// The given date and time of day.
            #[must_use]
            pub fn new(date: Date, time: Time) -> Self {
                Self(date.days() * MICROSECONDS_PER_DAY + time.microseconds())
            }

            /// Microseconds since 1970-01-01 00:00:00; `None` outside the years 1 to 9999.
            #[must_use]
            pub fn from_microseconds(microseconds: i64) -> Option<Self> {
                Date::from_days(microseconds.div_euclid(MICROSECONDS_PER_DAY)).map(|_| Self(microseconds))
            }

            /// Microseconds since 1970-01-01 00:00:00.
            #[must_use]
            pub fn microseconds(self) -> i64 {
                self.0
            }

            /// The date and the time of day.
            #[must_use]
            pub fn parts(self) -> (Date, Time) {
                let date = Date::from_days(self.0.div_euclid(MICROSECONDS_PER_DAY));
                let time = Time::from_microseconds(self.0.rem_euclid(MICROSECONDS_PER_DAY));
                // Every constructor proves the range, so the fall-back is never taken.
                date.zip(time).unwrap_or((Date { year: 1970, month: 1, day: 1 }, Time { hour: 0, minute: 0, second: 0, microsecond: 0 }))
            }

            /// Decodes the payload of an extension of the date-time's type.
            ///
            /// # Errors
            /// When the date-time is outside the years 1 to 9999.
            pub fn from_wire(payload: &[u8]) -> Result<Self, InvalidMessage> {
                let microseconds = i64::from_be_bytes(exact("date-time", payload)?);
                Self::from_microseconds(microseconds).ok_or_else(|| {
                    InvalidMessage::new(format!("the date-time {microseconds} µs is outside the years 1 to 9999"))
                })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let (date, time) = self.parts();
                write!(f, concat!("{}T{}", $suffix), date, time)
            }
        }
    };
}

date_time!(
    /// A date-time without a zone, to the microsecond, from year 1 to 9999.
    DateTime,
    ""
);
date_time!(
    /// A date-time in UTC, to the microsecond, from year 1 to 9999.
    UtcDateTime,
    "Z"
);

/// The payload of an extension of fixed size.
pub(super) fn exact<const N: usize>(what: &str, payload: &[u8]) -> Result<[u8; N], InvalidMessage> {
    payload
        .try_into()
        .map_err(|_| InvalidMessage::new(format!("a {what} takes {N} bytes and there are {}", payload.len())))
}
