//! The checks of dates and times.

use std::fmt;

use soa_common::{
    Date, DateTime, Time, UtcDateTime,
    msgpack::{Token, ext},
};

use super::{
    super::{Bounds, Moment, Path, Schema},
    Walk,
};

impl Walk<'_> {
    /// Checks the bounds of a date or time; `false` when the element is none of the schema's kind.
    pub(super) fn temporal(&mut self, schema: &Schema, token: Token<'_>, path: &Path<'_>) -> bool {
        let is_one = match (schema, token) {
            (Schema::Date(field), Token::Ext(ext::DATE, payload)) => {
                Date::from_wire(payload).map(|date| self.range(&field.bounds, &date, path))
            }
            (Schema::Time(field), Token::Ext(ext::TIME, payload)) => {
                Time::from_wire(payload).map(|time| self.range(&field.bounds, &time, path))
            }
            (Schema::DateTime(field), Token::Ext(ext::DATETIME, payload)) => {
                DateTime::from_wire(payload).map(|moment| self.range(&field.bounds, &Moment::from(moment), path))
            }
            (Schema::DateTime(field), Token::Ext(ext::UTC_DATETIME, payload)) => {
                UtcDateTime::from_wire(payload).map(|moment| self.range(&field.bounds, &Moment::from(moment), path))
            }
            _ => return false,
        };
        is_one.is_ok()
    }

    fn range<T: PartialOrd + fmt::Display>(&mut self, bounds: &Bounds<T>, value: &T, path: &Path<'_>) {
        let mut is_early = false;
        bounds.check(
            true,
            |bound| value.partial_cmp(bound),
            |sign, bound| {
                // The original looks at the upper bound only when the lower one is met.
                if sign != "<=" || !is_early {
                    self.invalid(path, format_args!("Value not {sign} {bound}"));
                }
                is_early |= sign == ">=";
            },
        );
    }
}
