use super::{Amount, Date, DateTime, Decimal, Map, Time, UtcDateTime, Value};
use crate::{
    InvalidMessage,
    msgpack::{MAX_DEPTH, Reader, Token, ext},
};

impl Value {
    /// Decodes exactly one value.
    ///
    /// # Errors
    /// As [`msgpack::check`](crate::msgpack::check).
    pub fn from_msgpack(bytes: &[u8]) -> Result<Self, InvalidMessage> {
        crate::msgpack::check(bytes)?;
        Self::read(&mut Reader::new(bytes), MAX_DEPTH)
    }

    /// Decodes a value that [`msgpack::check`](crate::msgpack::check) accepted, or that we wrote.
    pub(crate) fn from_checked(bytes: &[u8]) -> Self {
        Self::read(&mut Reader::new(bytes), MAX_DEPTH).unwrap_or_default()
    }

    /// Reads the next value; `depth` is how many containers may still be opened.
    fn read(reader: &mut Reader<'_>, depth: usize) -> Result<Self, InvalidMessage> {
        let inner = || depth.checked_sub(1).ok_or_else(|| InvalidMessage::new("lists and maps nest too deep"));
        Ok(match reader.token()? {
            Token::List(length) => {
                let depth = inner()?;
                // Nothing is allocated from the length alone: it may lie.
                (0..length).map(|_| Self::read(reader, depth)).collect::<Result<Vec<_>, _>>()?.into()
            }
            Token::Map(length) => {
                let depth = inner()?;
                let mut map = Map::new();
                for _ in 0..length {
                    let key = Self::read(reader, depth)?;
                    map.push(key, Self::read(reader, depth)?);
                }
                Self::Map(map)
            }
            scalar => Self::from_scalar(scalar)?,
        })
    }

    /// The value of one token, which opens no list or map.
    pub(crate) fn from_scalar(token: Token<'_>) -> Result<Self, InvalidMessage> {
        Ok(match token {
            Token::Null => Self::Null,
            Token::Bool(value) => Self::Bool(value),
            Token::Integer(value) => Self::Integer(value),
            Token::Float(value) => Self::Float(value),
            Token::Text(value) => Self::Text(value.to_owned()),
            Token::Bytes(value) => Self::Bytes(value.to_owned()),
            Token::Ext(kind, payload) => Self::from_ext(kind, payload)?,
            Token::List(_) | Token::Map(_) => return Err(InvalidMessage::new("a map key is a list or a map")),
        })
    }

    /// Whether an extension is known and well-formed; allocates nothing when it is.
    pub(crate) fn check_ext(kind: i8, payload: &[u8]) -> Result<(), InvalidMessage> {
        match kind {
            ext::DECIMAL => Decimal::check_wire(payload).map(|_| ()),
            _ => Self::from_ext(kind, payload).map(|_| ()),
        }
    }

    /// The value an extension stands for.
    pub(crate) fn from_ext(kind: i8, payload: &[u8]) -> Result<Self, InvalidMessage> {
        Ok(match kind {
            ext::DATETIME => Self::DateTime(DateTime::from_wire(payload)?),
            ext::UTC_DATETIME => Self::UtcDateTime(UtcDateTime::from_wire(payload)?),
            ext::AMOUNT => Self::Amount(Amount::from_wire(payload)?),
            ext::DATE => Self::Date(Date::from_wire(payload)?),
            ext::TIME => Self::Time(Time::from_wire(payload)?),
            ext::DECIMAL => Self::Decimal(Decimal::from_wire(payload)?),
            _ => return Err(InvalidMessage::new(format!("extension type {kind} is unknown"))),
        })
    }
}
