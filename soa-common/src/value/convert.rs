use super::{Amount, Date, DateTime, Decimal, Integer, Map, Time, UtcDateTime, Value};

macro_rules! from {
    ($($type:ty => $variant:ident),* $(,)?) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

from! {
    bool => Bool,
    Integer => Integer,
    f32 => Float,
    f64 => Float,
    &str => Text,
    String => Text,
    Vec<u8> => Bytes,
    Vec<Value> => List,
    Map => Map,
    Date => Date,
    Time => Time,
    DateTime => DateTime,
    UtcDateTime => UtcDateTime,
    Decimal => Decimal,
    Amount => Amount,
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<K: Into<Value>, V: Into<Value>, const N: usize> From<[(K, V); N]> for Map {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}
