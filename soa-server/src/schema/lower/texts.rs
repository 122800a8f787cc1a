use std::sync::Arc;

use regex::Regex;
use serde_json::Value as Json;
use soa_common::msgpack::Token;

use super::{SchemaError, lowering::Lowering, node::Node};
use crate::schema::{
    All, BooleanValidator, EmailAddress, IpAddress, Ipv4Address, Ipv6Address, Schema, UnicodeString, fields::Function,
};

impl<'a> Lowering<'a> {
    pub(super) fn text(&mut self, node: &mut Node<'a>) -> Result<Schema, SchemaError> {
        let field = match node.get("format").and_then(Json::as_str) {
            Some("ip") => IpAddress::new().into(),
            Some("ipv4") => Ipv4Address::new().into(),
            Some("ipv6") => Ipv6Address::new().into(),
            format => {
                let (min_length, max_length) = self.lengths(node, "minLength", "maxLength")?;
                let is_not_blank = node.has_marker("not_blank");
                if format == Some("email") {
                    EmailAddress { min_length, max_length, is_not_blank, ..EmailAddress::new() }.into()
                } else {
                    UnicodeString { min_length, max_length, is_not_blank, ..UnicodeString::new() }.into()
                }
            }
        };
        match node.get("pattern") {
            None => Ok(field),
            Some(Json::String(pattern)) => Ok(All::new([field, self.pattern(pattern)?]).into()),
            Some(_) => Err(self.malformed("pattern")),
        }
    }

    /// A text that a regular expression is found in. What is no text is told by the field beside it.
    pub(super) fn pattern(&self, pattern: &str) -> Result<Schema, SchemaError> {
        let regex = Regex::new(pattern).map_err(|error| {
            // The message of a syntax error is a picture of the expression with the reason below.
            let error = error.to_string();
            let reason = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
            self.refuse(format!("the `pattern` {pattern:?} is no regular expression of the crate `regex`: {reason}"))
        })?;
        let validator = BooleanValidator {
            description: None,
            validator: format!("matches {pattern}"),
            error: format!("Value does not match {pattern}"),
            function: Function::Token(Arc::new(move |token| match token {
                Token::Text(text) => regex.is_match(text),
                _ => true,
            })),
        };
        Ok(validator.into())
    }

    /// The least and the greatest length.
    pub(super) fn lengths(
        &self,
        node: &mut Node<'a>,
        min: &'static str,
        max: &'static str,
    ) -> Result<(Option<usize>, Option<usize>), SchemaError> {
        let mut length = |keyword| match node.get(keyword) {
            None => Ok(None),
            Some(value) => {
                let length = value.as_u64().and_then(|length| usize::try_from(length).ok());
                length.map(Some).ok_or_else(|| self.malformed(keyword))
            }
        };
        match (length(min)?, length(max)?) {
            (Some(least), Some(most)) if least > most => {
                Err(self.refuse(format!("`{min}` {least} is more than `{max}` {most}")))
            }
            lengths => Ok(lengths),
        }
    }
}
