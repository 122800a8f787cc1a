//! The checks of what has no elements.

use soa_common::{
    Decimal, Value, codes,
    msgpack::{Token, ext},
};

use super::{
    super::{
        Bounds, Constant, Number, Path, Schema,
        python::{Operand, equals, is_blank, is_decimal, print},
    },
    Lazy, Walk,
};

impl Walk<'_> {
    /// Checks one element that is no container, or the header of a container that its schema does not look into.
    pub(super) fn leaf(&mut self, schema: &Schema, token: Token<'_>, path: &Path<'_>) {
        match (schema, token) {
            (Schema::UnicodeString(field), Token::Text(value)) => {
                let is_blank = || field.is_not_blank && is_blank(value);
                self.extent((field.min_length, field.max_length), || value.chars().count(), is_blank, path);
            }
            (Schema::EmailAddress(field), Token::Text(value)) => self.email(field, value, path),
            (Schema::ByteString(field), Token::Bytes(value)) => {
                let is_blank = || field.is_not_blank && value.iter().all(|byte| matches!(byte, b' ' | b'\t'..=b'\r'));
                self.extent((field.min_length, field.max_length), || value.len(), is_blank, path);
            }
            (Schema::UnicodeDecimal(_), Token::Text(value)) => {
                if !is_decimal(value) {
                    self.invalid(path, format_args!("Invalid decimal value (parse error)"));
                }
            }
            (Schema::Integer(field), Token::Integer(value)) => {
                self.bounds(&field.bounds, Operand::Integer(value), path);
                self.bounds(&field.hidden_bounds, Operand::Integer(value), path);
            }
            (Schema::Float(field), Token::Integer(value)) => self.bounds(&field.bounds, Operand::Integer(value), path),
            (Schema::Float(field), Token::Float(value)) => self.bounds(&field.bounds, Operand::Float(value), path),
            (Schema::Decimal(field), Token::Ext(ext::DECIMAL, payload)) => match Decimal::check_wire(payload) {
                Ok(value) => self.bounds(&field.bounds, Operand::Decimal(value), path),
                Err(_) => self.invalid(path, format_args!("{}", wrong_type(schema))),
            },
            (Schema::Date(_) | Schema::Time(_) | Schema::DateTime(_), token) if self.temporal(schema, token, path) => {}
            (Schema::Ipv4Address(_), Token::Text(value)) => self.ipv4(value, path),
            (Schema::Ipv6Address(_), Token::Text(value)) => self.ipv6(value, path),
            (Schema::IpAddress(_), Token::Text(value)) => self.ip(value, path),
            (Schema::Amount(field), Token::Ext(kind, payload)) => self.amount(field, kind, payload, path),
            (Schema::AmountString(field), Token::Text(value)) => self.amount_string(field, value, path),
            (Schema::CurrencyCode(field), Token::Text(value)) => self.currency_code(field, value, path),
            (Schema::CountryCode(field), Token::Text(value)) => self.country_code(field, value, path),
            (Schema::Constant(constant), token) => self.constant(constant, token, path),
            (Schema::Anything(_), _) | (Schema::Boolean(_), Token::Bool(_)) | (Schema::Null, Token::Null) => {}
            (Schema::Hashable(_), token) if is_hashable(token) => {}
            _ => {
                self.invalid(path, format_args!("{}", wrong_type(schema)));
                if matches!(schema, Schema::IpAddress(_)) {
                    // Once for each version of the protocol.
                    self.invalid(path, format_args!("{}", wrong_type(schema)));
                }
            }
        }
    }

    /// Whether a text or bytes are as long as they should be, and not blank if they should not be. Only the first of these
    /// that is wrong is told.
    pub(super) fn extent(
        &mut self,
        (min, max): (Option<usize>, Option<usize>),
        length: impl Fn() -> usize,
        is_blank: impl FnOnce() -> bool,
        path: &Path<'_>,
    ) -> bool {
        if let Some(min) = min.filter(|min| length() < *min) {
            self.invalid(path, format_args!("String must have a length of at least {min}"));
        } else if let Some(max) = max.filter(|max| length() > *max) {
            self.invalid(path, format_args!("String must have a length no more than {max}"));
        } else if is_blank() {
            self.invalid(path, format_args!("String cannot be blank"));
        } else {
            return true;
        }
        false
    }

    pub(super) fn bounds(&mut self, bounds: &Bounds, value: Operand<'_>, path: &Path<'_>) {
        // A decimal that is no number is refused, a float is let pass as in Python, where no comparison with it fails.
        let is_decimal = matches!(value, Operand::Decimal(_));
        let compare = |bound: &Number| value.compare(bound.operand());
        bounds.check(is_decimal, compare, |sign, bound| self.invalid(path, format_args!("Value not {sign} {bound}")));
    }

    fn constant(&mut self, constant: &Constant, token: Token<'_>, path: &Path<'_>) {
        if constant.values.iter().any(|value| equals(value, token)) {
            return;
        }
        let names = Lazy(|| names(constant));
        let of = if constant.values.len() == 1 { "" } else { "one of: " };
        self.violation(codes::UNKNOWN, format_args!("Value is not {of}{names}"), path);
    }
}

/// The class of amounts has an equality and no hash.
fn is_hashable(token: Token<'_>) -> bool {
    !matches!(token, Token::List(_) | Token::Map(_) | Token::Ext(ext::AMOUNT, _))
}

fn names(constant: &Constant) -> String {
    let name = |value: &Value| match value {
        Value::Text(text) => format!("\"{text}\""),
        value => print::text(value),
    };
    let mut names: Vec<_> = constant.values.iter().map(name).collect();
    names.sort();
    names.join(", ")
}

fn wrong_type(schema: &Schema) -> &'static str {
    match schema {
        Schema::Hashable(_) => "Value is not hashable",
        Schema::Null => "Value is not null",
        Schema::Boolean(_) => "Not a boolean",
        Schema::Integer(_) => "Not an integer",
        Schema::Decimal(_) => "Not a decimal",
        Schema::ByteString(_) => "Not a byte string",
        Schema::UnicodeDecimal(_) => "Invalid decimal value (not unicode string)",
        Schema::Date(_) => "Not a datetime.date instance",
        Schema::Time(_) => "Not a datetime.time instance",
        Schema::DateTime(_) => "Not a datetime.datetime instance",
        Schema::TimeDelta(_) => "Not a datetime.timedelta instance",
        Schema::TzInfo(_) => "Not a datetime.tzinfo instance",
        Schema::Float(_) => "Not a float",
        Schema::UnicodeString(_)
        | Schema::EmailAddress(_)
        | Schema::IpAddress(_)
        | Schema::Ipv4Address(_)
        | Schema::Ipv6Address(_)
        | Schema::CurrencyCode(_)
        | Schema::CountryCode(_) => "Not a unicode string",
        Schema::Amount(_) => "Not a currint.Amount instance",
        Schema::AmountString(_) => "Not a unicode string currency amount",
        _ => "Not accepted",
    }
}
