use std::fmt;

use crate::{
    InvalidField, InvalidMessage, Value,
    msgpack::{MAX_DEPTH, Reader, Token},
};

/// MessagePack as JSON, with the keys that Python's `json.dumps` makes of keys that are no texts.
pub(super) fn write_json(msgpack: &[u8]) -> Result<Vec<u8>, InvalidField> {
    let out = Vec::with_capacity(msgpack.len() + msgpack.len() / 2);
    let mut writer = JsonWriter { reader: Reader::new(msgpack), out, path: Vec::new() };
    match writer.element() {
        Ok(()) => Ok(writer.out),
        Err(Refused(why)) if writer.path.is_empty() => Err(InvalidField::new(why)),
        Err(Refused(why)) => {
            let path: Vec<_> = writer.path.iter().map(ToString::to_string).collect();
            Err(InvalidField::new(format!("{}: {why}", path.join("."))))
        }
    }
}

struct JsonWriter<'a> {
    reader: Reader<'a>,
    out: Vec<u8>,
    /// Leads to the current element.
    path: Vec<Step<'a>>,
}

/// A step of the path to an element.
enum Step<'a> {
    Index(u32),
    Key(Token<'a>),
}

/// Why JSON cannot carry the current element.
struct Refused(String);

impl JsonWriter<'_> {
    fn element(&mut self) -> Result<(), Refused> {
        match self.reader.token()? {
            Token::Null => self.raw("null"),
            Token::Bool(value) => self.raw(if value { "true" } else { "false" }),
            Token::Integer(value) => self.raw(&value.to_string()),
            Token::Float(value) if value.is_finite() => serde_json::to_writer(&mut self.out, &value)?,
            Token::Float(value) => return Err(Refused::kind(&value.to_string())),
            Token::Text(value) => serde_json::to_writer(&mut self.out, value)?,
            Token::Bytes(_) => return Err(Refused::kind("bytes")),
            Token::Ext(kind, payload) => return Err(Refused::kind(kind_of_ext(kind, payload))),
            Token::List(length) => self.container("[]", length, |writer, index| {
                writer.path.push(Step::Index(index));
                Ok(())
            })?,
            Token::Map(length) => self.container("{}", length, |writer, _| {
                let key = writer.reader.token()?;
                writer.path.push(Step::Key(key));
                writer.key(key)
            })?,
        }
        Ok(())
    }

    /// Writes `length` elements, each after `begin` has put its step on the path.
    fn container(
        &mut self,
        brackets: &str,
        length: u32,
        begin: impl Fn(&mut Self, u32) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        if self.path.len() == MAX_DEPTH {
            return Err(Refused(format!("lists and maps nest deeper than {MAX_DEPTH}")));
        }
        self.raw(&brackets[..1]);
        for index in 0..length {
            if index > 0 {
                self.raw(",");
            }
            begin(self, index)?;
            self.element()?;
            self.path.pop();
        }
        self.raw(&brackets[1..]);
        Ok(())
    }

    fn key(&mut self, key: Token<'_>) -> Result<(), Refused> {
        match key {
            Token::Text(key) => serde_json::to_writer(&mut self.out, key)?,
            Token::Integer(key) => self.raw(&format!("\"{key}\"")),
            Token::Bool(key) => self.raw(&format!("\"{key}\"")),
            Token::Null => self.raw("\"null\""),
            Token::Float(key) if key.is_finite() => self.raw(&format!("\"{}\"", python_float(key))),
            _ => return Err(Refused("a JSON map cannot have this key".to_owned())),
        }
        self.raw(":");
        Ok(())
    }

    fn raw(&mut self, json: &str) {
        self.out.extend_from_slice(json.as_bytes());
    }
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "{index}"),
            Self::Key(Token::Text(key)) => f.write_str(key),
            Self::Key(Token::Integer(key)) => write!(f, "{key}"),
            Self::Key(key) => write!(f, "{key:?}"),
        }
    }
}

impl Refused {
    fn kind(kind: &str) -> Self {
        Self(format!("JSON cannot carry {kind}; MessagePack can"))
    }
}

impl From<InvalidMessage> for Refused {
    fn from(error: InvalidMessage) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_json::Error> for Refused {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

fn kind_of_ext(kind: i8, payload: &[u8]) -> &'static str {
    match Value::from_ext(kind, payload) {
        Ok(Value::Date(_)) => "a date",
        Ok(Value::Time(_)) => "a time",
        Ok(Value::DateTime(_) | Value::UtcDateTime(_)) => "a date-time",
        Ok(Value::Decimal(_)) => "a decimal",
        Ok(Value::Amount(_)) => "an amount",
        _ => "an extension type",
    }
}

/// A float as Python's `repr` has it: as Rust's `Debug`, but for `e+16` and `e-05`.
fn python_float(float: f64) -> String {
    let text = format!("{float:?}");
    match text.split_once('e') {
        None => text,
        Some((mantissa, exponent)) => {
            let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
            format!("{mantissa}e{sign}{digits:0>2}")
        }
    }
}
