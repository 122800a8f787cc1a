//! The checks of what has no elements.

use soa_common::{Value, codes, msgpack::Token};

use super::{
    super::{Bounds, Constant, Number, Path, Schema, compare::equals, print},
    Lazy, Walk,
};

impl Walk<'_> {
    /// Checks one element that is no container, or the header of a container that its schema does not look into.
    pub(super) fn leaf(&mut self, schema: &Schema, token: Token<'_>, path: &Path<'_>) {
        match (schema, token) {
            (Schema::UnicodeString(text), Token::Text(value)) => {
                self.length(text.min_length, text.max_length, text.is_not_blank, value, path);
            }
            (Schema::EmailAddress(field), Token::Text(value)) => self.email(field, value, path),
            (Schema::Integer(field), Token::Integer(value)) => {
                self.bounds(&field.bounds, Number::Integer(value), path);
                self.bounds(&field.hidden_bounds, Number::Integer(value), path);
            }
            (Schema::Float(field), Token::Integer(value)) => self.bounds(&field.bounds, Number::Integer(value), path),
            (Schema::Float(field), Token::Float(value)) => self.bounds(&field.bounds, Number::Float(value), path),
            (Schema::Ipv4Address(_), Token::Text(value)) => self.ipv4(value, path),
            (Schema::Ipv6Address(_), Token::Text(value)) => self.ipv6(value, path),
            (Schema::IpAddress(_), Token::Text(value)) => self.ip(value, path),
            (Schema::Amount(field), Token::Ext(kind, payload)) => self.amount(field, kind, payload, path),
            (Schema::AmountString(field), Token::Text(value)) => self.amount_string(field, value, path),
            (Schema::CurrencyCode(field), Token::Text(value)) => self.currency_code(field, value, path),
            (Schema::CountryCode(field), Token::Text(value)) => self.country_code(field, value, path),
            (Schema::Constant(constant), token) => self.constant(constant, token, path),
            (Schema::Anything(_), _) | (Schema::Boolean(_), Token::Bool(_)) | (Schema::Null, Token::Null) => {}
            (Schema::Hashable(_), token) if !matches!(token, Token::List(_) | Token::Map(_)) => {}
            _ => {
                self.invalid(path, format_args!("{}", wrong_type(schema)));
                if matches!(schema, Schema::IpAddress(_)) {
                    // Once for each version of the protocol.
                    self.invalid(path, format_args!("{}", wrong_type(schema)));
                }
            }
        }
    }

    /// Whether a text is as long as it should be, and not blank if it should not be.
    pub(super) fn length(
        &mut self,
        min: Option<usize>,
        max: Option<usize>,
        is_not_blank: bool,
        value: &str,
        path: &Path<'_>,
    ) -> bool {
        let length = || value.chars().count();
        if let Some(min) = min.filter(|min| length() < *min) {
            self.invalid(path, format_args!("String must have a length of at least {min}"));
        } else if let Some(max) = max.filter(|max| length() > *max) {
            self.invalid(path, format_args!("String must have a length no more than {max}"));
        } else if is_not_blank && value.chars().all(is_blank) {
            self.invalid(path, format_args!("String cannot be blank"));
        } else {
            return true;
        }
        false
    }

    pub(super) fn bounds(&mut self, bounds: &Bounds, value: Number, path: &Path<'_>) {
        bounds.check(value, |sign, bound| self.invalid(path, format_args!("Value not {sign} {bound}")));
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

/// White space as Python has it.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}
