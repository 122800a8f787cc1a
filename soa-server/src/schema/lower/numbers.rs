use std::sync::Arc;

use serde_json::Value as Json;
use soa_common::{Integer as Whole, msgpack::Token};

use super::{SchemaError, lowering::Lowering, node::Node};
use crate::schema::{
    All, BooleanValidator, Bounds, Float, Integer, Number, Schema,
    fields::Function,
    python::{Operand, wide},
};

impl<'a> Lowering<'a> {
    pub(super) fn integer(&mut self, node: &mut Node<'a>) -> Result<Schema, SchemaError> {
        let mut field = Integer::new();
        field.bounds = self.bounds(node)?;
        let (min, max) = range(node.get("format"));
        let has_lower = field.bounds.gt.is_some() || field.bounds.gte.is_some();
        let has_upper = field.bounds.lt.is_some() || field.bounds.lte.is_some();
        field.hidden_bounds.gte = min.filter(|_| !has_lower);
        field.hidden_bounds.lte = max.filter(|_| !has_upper);
        self.multiple(node, field.into())
    }

    pub(super) fn float(&mut self, node: &mut Node<'a>) -> Result<Schema, SchemaError> {
        let mut field = Float::new();
        field.bounds = self.bounds(node)?;
        node.pass_over(&["format"]);
        self.multiple(node, field.into())
    }

    /// The range that a number lies in.
    pub(super) fn bounds(&self, node: &mut Node<'a>) -> Result<Bounds, SchemaError> {
        let mut bound = |keyword| match node.get(keyword) {
            None => Ok(None),
            Some(value) => number(value).map(Some).ok_or_else(|| self.malformed(keyword)),
        };
        Ok(Bounds {
            gt: bound("exclusiveMinimum")?,
            lt: bound("exclusiveMaximum")?,
            gte: bound("minimum")?,
            lte: bound("maximum")?,
        })
    }

    fn multiple(&self, node: &mut Node<'a>, field: Schema) -> Result<Schema, SchemaError> {
        let Some(value) = node.get("multipleOf") else { return Ok(field) };
        let of = number(value).filter(|of| *of > Number::from(0)).ok_or_else(|| self.malformed("multipleOf"))?;
        let validator = BooleanValidator {
            description: None,
            validator: format!("multiple of {of}"),
            error: format!("Value is not a multiple of {of}"),
            // What is no number is told by the field beside it.
            function: Function::Token(Arc::new(move |token| match token {
                Token::Integer(value) => is_multiple(Operand::Integer(value), of.operand()),
                Token::Float(value) => is_multiple(Operand::Float(value), of.operand()),
                _ => true,
            })),
        };
        Ok(All::new([field, validator.into()]).into())
    }
}

pub(super) fn number(value: &Json) -> Option<Number> {
    let integer = value.as_i64().map(Number::from).or_else(|| value.as_u64().map(Number::from));
    integer.or_else(|| value.as_f64().map(Number::from))
}

/// The range of the Rust types that schemars names as the format of an integer.
fn range(format: Option<&Json>) -> (Option<Number>, Option<Number>) {
    macro_rules! range {
        ($type:ty) => {
            (Some(Number::from(<$type>::MIN as i64)), Some(Number::Integer(Whole::from(<$type>::MAX as u64))))
        };
    }
    match format.and_then(Json::as_str) {
        Some("int8") => range!(i8),
        Some("int16") => range!(i16),
        Some("int32") => range!(i32),
        Some("int64") => range!(i64),
        Some("int") => range!(isize),
        Some("uint8") => range!(u8),
        Some("uint16") => range!(u16),
        Some("uint32") => range!(u32),
        Some("uint64") => range!(u64),
        Some("uint") => range!(usize),
        _ => (None, None),
    }
}

fn is_multiple(value: Operand<'_>, of: Operand<'_>) -> bool {
    if let (Operand::Integer(value), Operand::Integer(of)) = (value, of) {
        return wide(value) % wide(of) == 0;
    }
    let quotient = value.as_f64() / of.as_f64();
    // Neither 0.3 nor 0.1 is exact, and 0.3 is a multiple of 0.1 all the same.
    (quotient - quotient.round()).abs() <= f64::EPSILON * quotient.abs()
}
