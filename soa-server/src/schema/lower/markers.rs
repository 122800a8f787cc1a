//! The key `x-soa`, which names a field that JSON Schema has no word for, and `x-soa-gt` and so on for its bounds.

use std::str::FromStr;

use serde_json::Value as Json;
use soa_common::{DateTime as LocalDateTime, UtcDateTime};

use super::{SchemaError, lowering::Lowering, node::Node, numbers::number};
use crate::schema::{
    Amount, Bounds, ByteString, CountryCode, CurrencyCode, Date, DateTime, Decimal, Float, Hashable, Moment, Number,
    Schema, Time, UnicodeDecimal,
};

/// What `x-soa` may say, for people.
const MARKERS: &str = "amount, bytes, country, currency, date, datetime, decimal, hashable, latitude, longitude, map, \
                       not_blank, time and unicode_decimal";

impl<'a> Lowering<'a> {
    /// The field that a marker names, whatever the rest says, if there is such a marker.
    pub(super) fn marked(&mut self, node: &mut Node<'a>) -> Result<Option<Schema>, SchemaError> {
        let marker = match node.peek("x-soa") {
            None => return Ok(None),
            Some(Json::String(marker)) => marker.as_str(),
            Some(_) => return Err(self.malformed("x-soa")),
        };
        let field = match marker {
            // They say something of a text and of a map, which see to it.
            "not_blank" | "map" => return Ok(None),
            "hashable" => Hashable::new().into(),
            "unicode_decimal" => UnicodeDecimal::new().into(),
            "bytes" => self.byte_string(node)?.into(),
            "date" => Date { bounds: self.marked_bounds(node, parsed)?, ..Date::new() }.into(),
            "time" => Time { bounds: self.marked_bounds(node, parsed)?, ..Time::new() }.into(),
            "datetime" => DateTime { bounds: self.marked_bounds(node, moment)?, ..DateTime::new() }.into(),
            "decimal" => Decimal { bounds: self.number_bounds(node)?, ..Decimal::new() }.into(),
            "latitude" => self.degrees(node, Float::latitude())?.into(),
            "longitude" => self.degrees(node, Float::longitude())?.into(),
            "amount" => {
                let bounds = self.number_bounds(node)?;
                Amount { bounds, valid_currencies: self.codes(node)?, ..Amount::new() }.into()
            }
            "currency" => CurrencyCode { values: self.codes(node)?, ..CurrencyCode::new() }.into(),
            "country" => CountryCode { values: self.codes(node)?, ..CountryCode::new() }.into(),
            _ => return Err(self.refuse(format!("`x-soa` {marker:?} names no field; allowed are {MARKERS}"))),
        };
        let is_nullable = self.types(node)?.contains(&"null") || has_null_option(node);
        node.pass_over(&["x-soa"]);
        node.pass_over_all();
        Ok(Some(if is_nullable { Schema::nullable(field) } else { field }))
    }

    fn byte_string(&self, node: &mut Node<'a>) -> Result<ByteString, SchemaError> {
        let (min_items, max_items) = self.lengths(node, "minItems", "maxItems")?;
        let (min_length, max_length) = self.lengths(node, "minLength", "maxLength")?;
        Ok(ByteString {
            min_length: min_length.or(min_items),
            max_length: max_length.or(max_items),
            ..ByteString::new()
        })
    }

    /// Bounds never widen the globe.
    fn degrees(&self, node: &mut Node<'a>, mut globe: Float) -> Result<Float, SchemaError> {
        let given = self.number_bounds(node)?;
        let Bounds { gte: min, lte: max, .. } = globe.bounds;
        let is_inside =
            |bound: &Number| min.as_ref().is_none_or(|min| bound >= min) && max.as_ref().is_none_or(|max| bound <= max);
        let (gte, lte) = (given.gte.filter(&is_inside), given.lte.filter(&is_inside));
        globe.bounds = Bounds { gte: gte.or(min), lte: lte.or(max), ..given };
        Ok(globe)
    }

    /// Bounds of a marker, or else those of JSON Schema.
    fn number_bounds(&self, node: &mut Node<'a>) -> Result<Bounds, SchemaError> {
        let decimal = |bound: &Json| parsed(bound).map(Number::Decimal);
        let marked = self.marked_bounds(node, |bound| number(bound).or_else(|| decimal(bound)))?;
        let own = self.bounds(node)?;
        Ok(Bounds {
            gt: marked.gt.or(own.gt),
            lt: marked.lt.or(own.lt),
            gte: marked.gte.or(own.gte),
            lte: marked.lte.or(own.lte),
        })
    }

    fn marked_bounds<T>(
        &self,
        node: &mut Node<'a>,
        read: impl Fn(&Json) -> Option<T>,
    ) -> Result<Bounds<T>, SchemaError> {
        let mut bound = |keyword| match node.get(keyword) {
            None => Ok(None),
            Some(value) => read(value)
                .map(Some)
                .ok_or_else(|| self.refuse(format!("`{keyword}` holds {value}, which is none of the field's values"))),
        };
        Ok(Bounds {
            gt: bound("x-soa-gt")?,
            lt: bound("x-soa-lt")?,
            gte: bound("x-soa-gte")?,
            lte: bound("x-soa-lte")?,
        })
    }

    /// The codes that `enum` lists.
    fn codes(&self, node: &mut Node<'a>) -> Result<Option<Vec<String>>, SchemaError> {
        let Some(codes) = node.get("enum") else { return Ok(None) };
        let codes = codes.as_array().ok_or_else(|| self.malformed("enum"))?;
        let codes = codes.iter().filter(|code| !code.is_null()).map(|code| code.as_str().map(str::to_owned));
        codes.collect::<Option<_>>().map(Some).ok_or_else(|| self.malformed("enum"))
    }
}

fn has_null_option(node: &Node<'_>) -> bool {
    let options = [node.peek("anyOf"), node.peek("oneOf")].into_iter().flatten();
    let mut options = options.filter_map(Json::as_array).flatten();
    options.any(|option| option.get("type").is_some_and(|name| name == "null"))
}

fn parsed<T: FromStr>(bound: &Json) -> Option<T> {
    bound.as_str()?.parse().ok()
}

/// A date-time; behind one in UTC stands a `Z`.
fn moment(bound: &Json) -> Option<Moment> {
    let utc = parsed::<UtcDateTime>(bound).map(Moment::from);
    utc.or_else(|| parsed::<LocalDateTime>(bound).map(Moment::from))
}
