use rmp_serde::MSGPACK_EXT_STRUCT_NAME;
use serde::{Serialize, ser};

use super::{MAX_DEPTH, Reader, Token, Writer, writer::replace_head};
use crate::{InvalidField, InvalidMessage};

/// Writes serde values as the original writes equal ones: structs as maps, floats of either width with 64 bits, integers
/// where 64 bits do, extensions out of rmp-serde's extension struct.
pub(super) struct Serializer<'a> {
    out: &'a mut Vec<u8>,
    /// How many containers may still be opened.
    depth: usize,
}

impl<'a> Serializer<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, depth: MAX_DEPTH }
    }

    fn write(self, write: impl FnOnce(&mut Writer<'_>)) -> Result<(), InvalidField> {
        write(&mut Writer::new(self.out));
        Ok(())
    }

    fn inner(self) -> Result<Self, InvalidField> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth, ..self }),
            None => Err(InvalidField::new(format!("lists and maps nest deeper than {MAX_DEPTH}"))),
        }
    }

    /// Opens the map that names an enum's variant and expects what it holds.
    fn variant(self, name: &str) -> Result<Self, InvalidField> {
        let inner = self.inner()?;
        let mut writer = Writer::new(inner.out);
        writer.map(1);
        writer.text(name);
        Ok(inner)
    }

    fn container(self, kind: Kind, announced: Option<usize>) -> Result<Container<'a>, InvalidField> {
        let Self { out, depth } = self.inner()?;
        let (head, announced) = (out.len(), announced.unwrap_or_default());
        kind.write(&mut Writer::new(out), announced);
        Ok(Container { content: out.len(), out, depth, kind, head, announced, length: 0 })
    }

    /// Writes an extension, which arrives as a pair of its type and its bytes.
    fn extension<T: Serialize + ?Sized>(self, pair: &T) -> Result<(), InvalidField> {
        let mut bytes = Vec::new();
        pair.serialize(Serializer::new(&mut bytes))?;
        let mut reader = Reader::new(&bytes);
        let mut token = || reader.token().map_err(|error: InvalidMessage| InvalidField::new(error.to_string()));
        if let (Token::List(2), Token::Integer(kind), Token::Bytes(payload)) = (token()?, token()?, token()?)
            && let Some(kind) = kind.as_i64().and_then(|kind| i8::try_from(kind).ok())
        {
            return self.write(|writer| writer.ext(kind, payload));
        }
        Err(InvalidField::new("an extension is a pair of an 8-bit type and bytes"))
    }
}

/// An open container. It counts its elements, as their number may have been announced wrongly or not at all.
pub(super) struct Container<'a> {
    out: &'a mut Vec<u8>,
    depth: usize,
    kind: Kind,
    /// Where the container starts.
    head: usize,
    /// Where its first element starts.
    content: usize,
    announced: usize,
    length: usize,
}

#[derive(Clone, Copy)]
enum Kind {
    List,
    Map,
}

impl Kind {
    fn write(self, writer: &mut Writer<'_>, length: usize) {
        match self {
            Self::List => writer.list(length),
            Self::Map => writer.map(length),
        }
    }
}

impl Container<'_> {
    fn part<T: Serialize + ?Sized>(&mut self, part: &T) -> Result<(), InvalidField> {
        part.serialize(Serializer { out: self.out, depth: self.depth })
    }

    fn element<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), InvalidField> {
        self.length += 1;
        self.part(element)
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), InvalidField> {
        self.length += 1;
        Writer::new(self.out).text(name);
        self.part(value)
    }

    fn close(self) -> Result<(), InvalidField> {
        if self.length != self.announced {
            replace_head(self.out, self.head..self.content, |writer| self.kind.write(writer, self.length));
        }
        Ok(())
    }
}

macro_rules! scalars {
    ($($method:ident($type:ty) |$value:ident, $writer:ident| $write:expr;)*) => {$(
        fn $method(self, $value: $type) -> Result<(), InvalidField> {
            self.write(|$writer| $write)
        }
    )*};
}

impl<'a> ser::Serializer for Serializer<'a> {
    type Ok = ();
    type Error = InvalidField;
    type SerializeSeq = Container<'a>;
    type SerializeTuple = Container<'a>;
    type SerializeTupleStruct = Container<'a>;
    type SerializeTupleVariant = Container<'a>;
    type SerializeMap = Container<'a>;
    type SerializeStruct = Container<'a>;
    type SerializeStructVariant = Container<'a>;

    scalars! {
        serialize_bool(bool) |value, writer| writer.bool(value);
        serialize_i8(i8) |value, writer| writer.integer(value);
        serialize_i16(i16) |value, writer| writer.integer(value);
        serialize_i32(i32) |value, writer| writer.integer(value);
        serialize_i64(i64) |value, writer| writer.integer(value);
        serialize_u8(u8) |value, writer| writer.integer(value);
        serialize_u16(u16) |value, writer| writer.integer(value);
        serialize_u32(u32) |value, writer| writer.integer(value);
        serialize_u64(u64) |value, writer| writer.integer(value);
        serialize_f32(f32) |value, writer| writer.float(value.into());
        serialize_f64(f64) |value, writer| writer.float(value);
        serialize_char(char) |value, writer| writer.text(value.encode_utf8(&mut [0; 4]));
        serialize_str(&str) |value, writer| writer.text(value);
        serialize_bytes(&[u8]) |value, writer| writer.bytes(value);
        serialize_unit_struct(&'static str) |_name, writer| writer.null();
    }

    fn serialize_i128(self, value: i128) -> Result<(), InvalidField> {
        match (i64::try_from(value), u64::try_from(value)) {
            (Ok(value), _) => self.serialize_i64(value),
            (_, Ok(value)) => self.serialize_u64(value),
            _ => Err(InvalidField::new(format!("the integer {value} takes more than 64 bits"))),
        }
    }

    fn serialize_u128(self, value: u128) -> Result<(), InvalidField> {
        match u64::try_from(value) {
            Ok(value) => self.serialize_u64(value),
            Err(_) => Err(InvalidField::new(format!("the integer {value} takes more than 64 bits"))),
        }
    }

    fn serialize_none(self) -> Result<(), InvalidField> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), InvalidField> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), InvalidField> {
        Writer::new(self.out).null();
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), InvalidField> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), InvalidField> {
        if name == MSGPACK_EXT_STRUCT_NAME { self.extension(value) } else { value.serialize(self) }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), InvalidField> {
        value.serialize(self.variant(variant)?)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Container<'a>, InvalidField> {
        self.container(Kind::List, length)
    }

    fn serialize_tuple(self, length: usize) -> Result<Container<'a>, InvalidField> {
        self.container(Kind::List, Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Container<'a>, InvalidField> {
        self.container(Kind::List, Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Container<'a>, InvalidField> {
        self.variant(variant)?.container(Kind::List, Some(length))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Container<'a>, InvalidField> {
        self.container(Kind::Map, length)
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Container<'a>, InvalidField> {
        self.container(Kind::Map, Some(length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Container<'a>, InvalidField> {
        self.variant(variant)?.container(Kind::Map, Some(length))
    }
}

macro_rules! containers {
    ($($trait:ident::$method:ident($($name:ident: $type:ty,)?) as $part:ident;)*) => {$(
        impl ser::$trait for Container<'_> {
            type Ok = ();
            type Error = InvalidField;

            fn $method<T: Serialize + ?Sized>(&mut self, $($name: $type,)? value: &T) -> Result<(), InvalidField> {
                self.$part($($name,)? value)
            }

            fn end(self) -> Result<(), InvalidField> {
                self.close()
            }
        }
    )*};
}

containers! {
    SerializeSeq::serialize_element() as element;
    SerializeTuple::serialize_element() as element;
    SerializeTupleStruct::serialize_field() as element;
    SerializeTupleVariant::serialize_field() as element;
    SerializeStruct::serialize_field(name: &'static str,) as field;
    SerializeStructVariant::serialize_field(name: &'static str,) as field;
}

impl ser::SerializeMap for Container<'_> {
    type Ok = ();
    type Error = InvalidField;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), InvalidField> {
        self.element(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), InvalidField> {
        self.part(value)
    }

    fn end(self) -> Result<(), InvalidField> {
        self.close()
    }
}
