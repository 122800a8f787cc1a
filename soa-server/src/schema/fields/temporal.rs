//! Dates and times.

use std::{cmp::Ordering, fmt, time::Duration};

use super::Bounds;

/// A date; a date-time is none.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Date {
    /// What the value means.
    pub description: Option<String>,
    /// The range it lies in.
    pub bounds: Bounds<soa_common::Date>,
}

field!(Date, "Any date.", bounded!(soa_common::Date););

/// A time of day.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Time {
    /// What the value means.
    pub description: Option<String>,
    /// The range it lies in.
    pub bounds: Bounds<soa_common::Time>,
}

field!(Time, "Any time of day.", bounded!(soa_common::Time););

/// A date-time with or without a zone.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct DateTime {
    /// What the value means.
    pub description: Option<String>,
    /// The range it lies in.
    pub bounds: Bounds<Moment>,
}

field!(DateTime, "Any date-time.", bounded!(Moment););

/// A date-time to compare with; one without a zone counts as UTC.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Moment {
    /// A date-time without a zone.
    Local(soa_common::DateTime),
    /// A date-time in UTC.
    Utc(soa_common::UtcDateTime),
}

impl From<soa_common::DateTime> for Moment {
    fn from(moment: soa_common::DateTime) -> Self {
        Self::Local(moment)
    }
}

impl From<soa_common::UtcDateTime> for Moment {
    fn from(moment: soa_common::UtcDateTime) -> Self {
        Self::Utc(moment)
    }
}

impl PartialEq for Moment {
    fn eq(&self, other: &Self) -> bool {
        self.microseconds() == other.microseconds()
    }
}

impl PartialOrd for Moment {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.microseconds().cmp(&other.microseconds()))
    }
}

impl fmt::Display for Moment {
    /// As Python prints it: `2020-01-01 00:00:00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((date, time), zone) = match self {
            Self::Local(moment) => (moment.parts(), ""),
            Self::Utc(moment) => (moment.parts(), "+00:00"),
        };
        write!(f, "{date} {time}{zone}")
    }
}

impl Moment {
    /// Microseconds since 1970-01-01 00:00:00 in UTC.
    fn microseconds(self) -> i64 {
        match self {
            Self::Local(moment) => moment.microseconds(),
            Self::Utc(moment) => moment.microseconds(),
        }
    }
}

/// A duration. The protocol carries none, so no value of a body is one; the field exists to be introspected.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct TimeDelta {
    /// What the value means.
    pub description: Option<String>,
    /// The range it lies in.
    pub bounds: Bounds<Delta>,
}

field!(TimeDelta, "Any duration.", bounded!(Delta););

/// A time zone. The protocol carries none, so no value of a body is one; the field exists to be introspected.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct TzInfo {
    /// What the value means.
    pub description: Option<String>,
}

field!(TzInfo, "Any time zone.",);

/// A duration to compare with, of either sign. Displayed, it is what Python prints: `-1 day, 23:59:59.999995`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Delta(i64);

impl Delta {
    /// A duration of so many microseconds.
    #[must_use]
    pub fn from_microseconds(microseconds: i64) -> Self {
        Self(microseconds)
    }

    /// The microseconds.
    #[must_use]
    pub fn microseconds(self) -> i64 {
        self.0
    }
}

impl From<Duration> for Delta {
    /// What is longer than 292,000 years counts as that.
    fn from(duration: Duration) -> Self {
        Self(duration.as_micros().try_into().unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Delta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, microseconds) = (self.0.div_euclid(1_000_000), self.0.rem_euclid(1_000_000));
        let (days, seconds) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        match days {
            0 => {}
            1 | -1 => write!(f, "{days} day, ")?,
            _ => write!(f, "{days} days, ")?,
        }
        write!(f, "{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        match microseconds {
            0 => Ok(()),
            _ => write!(f, ".{microseconds:06}"),
        }
    }
}
