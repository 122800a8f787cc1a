//! Dates and times.

use std::time::Duration;

use super::Bounds;

/// A date; a date-time is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Date {
    /// What the value means.
    pub description: Option<String>,
    /// The range it lies in.
    pub bounds: Bounds<soa_common::Date>,
}

field!(Date, "Any date.", bounded!(soa_common::Date););

/// A time of day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Time {
    /// What the value means.
    pub description: Option<String>,
    /// The range it lies in.
    pub bounds: Bounds<soa_common::Time>,
}

field!(Time, "Any time of day.", bounded!(soa_common::Time););

/// A date-time with or without a zone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DateTime {
    /// What the value means.
    pub description: Option<String>,
    /// The range it lies in.
    pub bounds: Bounds<Moment>,
}

field!(DateTime, "Any date-time.", bounded!(Moment););

/// A date-time to compare with; one without a zone counts as UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// A duration. The protocol carries none, so no value of a body is one; the field exists to be introspected.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimeDelta {
    /// What the value means.
    pub description: Option<String>,
    /// The range it lies in.
    pub bounds: Bounds<Duration>,
}

field!(TimeDelta, "Any duration.", bounded!(Duration););

/// A time zone. The protocol carries none, so no value of a body is one; the field exists to be introspected.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TzInfo {
    /// What the value means.
    pub description: Option<String>,
}

field!(TzInfo, "Any time zone.",);
