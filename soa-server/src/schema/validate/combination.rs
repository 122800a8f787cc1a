//! The checks of what is made of other schemas, and of code.

use soa_common::{
    InvalidMessage, Value, codes,
    msgpack::{Reader, Token},
};

use super::{
    super::{
        All, Any, BooleanValidator, ObjectClass, ObjectInstance, Path, Polymorph,
        fields::Function,
        python::{equals, print},
    },
    Checked, Lazy, Stop, Walk, container,
};

impl<'a> Walk<'a> {
    /// Tries the options quietly, and walks them again to tell what is wrong only when none accepts.
    ///
    /// A quiet walk looks at each pair of an option and a value inside of it once. What is told of an option may hold
    /// options that are tried again, so nested ones are walked as often as they are deep, not twice as often with every
    /// level.
    pub(super) fn any(&mut self, any: &Any, path: &Path<'_>) -> Checked {
        let value = self.reader.clone();
        for option in &any.options {
            self.reader = value.clone();
            if self.accepts(option, path) {
                return Ok(());
            }
        }
        if self.report.is_quiet() && !any.options.is_empty() {
            return Err(Stop::Refused);
        }
        self.each_of(&any.options, value, path)
    }

    pub(super) fn all(&mut self, all: &All, path: &Path<'_>) -> Checked {
        self.each_of(&all.requirements, self.reader.clone(), path)
    }

    fn each_of(&mut self, schemas: &[super::Schema], value: Reader<'a>, path: &Path<'_>) -> Checked {
        for schema in schemas {
            self.reader = value.clone();
            self.check(schema, path)?;
        }
        self.reader = value;
        self.reader.skip()?;
        Ok(())
    }

    pub(super) fn polymorph(&mut self, polymorph: &Polymorph, path: &Path<'_>) -> Checked {
        let Some((token, raw)) = self.switch_value(&polymorph.switch_field, path)? else {
            self.reader.skip()?;
            return self.report.verdict();
        };
        let when = |token| polymorph.contents_map.iter().find(|(value, _)| equals(value, token));
        let branch = match token {
            Token::List(_) | Token::Map(_) => None,
            token => when(token).or_else(|| when(Token::Text("__default__"))),
        };
        if let Some((_, schema)) = branch {
            return self.check(schema, path);
        }
        let value = self.report.data(|| print::text(&Value::from_msgpack(raw).unwrap_or_default()));
        self.violation(codes::UNKNOWN, format_args!("Invalid switch value '{value}'"), path);
        self.reader.skip()?;
        self.report.verdict()
    }

    /// The value under the switch field with its bytes, unless it is not there, which is told.
    fn switch_value(&mut self, field: &str, path: &Path<'_>) -> Result<Option<(Token<'a>, &'a [u8])>, InvalidMessage> {
        let mut value = self.reader.clone();
        let mut end = 0;
        for key in field.split('.') {
            let Token::Map(length) = value.token()? else {
                self.invalid(&Path::Key(path, &field[..end - 1]), format_args!("Not a dict"));
                return Ok(None);
            };
            end += key.len() + 1;
            // The last one, as in Python, where a peer sent the key twice.
            let mut found = None;
            for _ in 0..length {
                let is_it = container::key(&mut value)? == Token::Text(key);
                let here = value.clone();
                value.skip()?;
                if is_it {
                    found = Some(here);
                }
            }
            let Some(found) = found else {
                let path = Path::Key(path, &field[..end - 1]);
                self.violation(codes::MISSING, format_args!("Missing key: {key}"), &path);
                return Ok(None);
            };
            value = found;
        }
        let raw = value.clone().skip()?;
        Ok(Some((value.token()?, raw)))
    }

    pub(super) fn boolean_validator(
        &mut self,
        validator: &BooleanValidator,
        token: Token<'a>,
        path: &Path<'_>,
    ) -> Checked {
        let raw = self.reader.skip()?;
        let is_valid = match &validator.function {
            Function::Token(function) => function(token),
            Function::Value(function) => function(&Value::from_msgpack(raw)?),
        };
        if !is_valid {
            self.invalid(path, format_args!("{}", validator.error));
        }
        Ok(())
    }

    pub(super) fn object_instance(&mut self, instance: &ObjectInstance, token: Token<'a>, path: &Path<'_>) -> Checked {
        let is_instance = instance.valid_type.iter().any(|class| match class {
            ObjectClass::Dict => matches!(token, Token::Map(_)),
            ObjectClass::List => matches!(token, Token::List(_)),
        });
        if !is_instance {
            let classes = Lazy(|| match &*instance.valid_type {
                [class] => class.name().to_owned(),
                _ => instance.python_type(),
            });
            self.invalid(path, format_args!("Not an instance of {classes}"));
        }
        self.reader.skip()?;
        Ok(())
    }
}
