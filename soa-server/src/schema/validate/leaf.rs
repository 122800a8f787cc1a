//! The checks of what has no elements.

use soa_common::{Value, codes, msgpack::Token};

use super::{
    super::{Bounds, Constant, Number, Path, Schema, UnicodeString, compare::equals, print},
    Lazy, Walk,
};

impl Walk<'_> {
    /// Checks one element that is no container, or the header of a container that its schema does not look into.
    pub(super) fn leaf(&mut self, schema: &Schema, token: Token<'_>, path: &Path<'_>) {
        match (schema, token) {
            (Schema::UnicodeString(text), Token::Text(value)) => self.text(text, value, path),
            (Schema::Integer(field), Token::Integer(value)) => {
                self.bounds(&field.bounds, Number::Integer(value), path);
                self.bounds(&field.hidden_bounds, Number::Integer(value), path);
            }
            (Schema::Float(field), Token::Integer(value)) => self.bounds(&field.bounds, Number::Integer(value), path),
            (Schema::Float(field), Token::Float(value)) => self.bounds(&field.bounds, Number::Float(value), path),
            (Schema::Constant(constant), token) => self.constant(constant, token, path),
            (Schema::Anything(_), _) | (Schema::Boolean(_), Token::Bool(_)) | (Schema::Null, Token::Null) => {}
            (Schema::Hashable(_), token) if !matches!(token, Token::List(_) | Token::Map(_)) => {}
            _ => self.invalid(path, format_args!("{}", wrong_type(schema))),
        }
    }

    fn text(&mut self, text: &UnicodeString, value: &str, path: &Path<'_>) {
        let length = || value.chars().count();
        if let Some(min) = text.min_length.filter(|min| length() < *min) {
            self.invalid(path, format_args!("String must have a length of at least {min}"));
        } else if let Some(max) = text.max_length.filter(|max| length() > *max) {
            self.invalid(path, format_args!("String must have a length no more than {max}"));
        } else if text.is_not_blank && value.chars().all(is_blank) {
            self.invalid(path, format_args!("String cannot be blank"));
        }
    }

    fn bounds(&mut self, bounds: &Bounds, value: Number, path: &Path<'_>) {
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
        Schema::UnicodeString(_) => "Not a unicode string",
        _ => "Not accepted",
    }
}

/// White space as Python has it.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}
