//! Bodies from types and into types.

use serde::{Serialize, de::DeserializeOwned};
use soa_common::Body;

use crate::{
    Case,
    fixtures::{Echo, Order, Page, body},
};

/// 100 bytes.
pub fn encode_echo() -> Case {
    encode(Echo::new())
}

/// 100 bytes.
pub fn decode_echo() -> Case {
    decode(&Echo::new())
}

/// A nested body of 1 KB.
pub fn encode_order() -> Case {
    encode(Order::new())
}

/// A nested body of 1 KB.
pub fn decode_order() -> Case {
    decode(&Order::new())
}

/// 10 KB.
pub fn encode_page() -> Case {
    encode(Page::new())
}

/// 10 KB.
pub fn decode_page() -> Case {
    decode(&Page::new())
}

fn encode(value: impl Serialize + 'static) -> Case {
    Case::new(move || body(&value))
}

fn decode<T: Serialize + DeserializeOwned + 'static>(value: &T) -> Case {
    let body = Body::from_msgpack(body(value).to_msgpack()).unwrap();
    Case::new(move || body.decode::<T>().unwrap())
}
