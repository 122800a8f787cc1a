//! Bodies checked against the schemas of their types.

use schemars::JsonSchema;
use serde::Serialize;
use soa_server::Schema;

use crate::{
    Case,
    fixtures::{Echo, Order, Page, body},
};

/// 100 bytes.
pub fn echo() -> Case {
    check(&Echo::new(), 0)
}

/// A nested body of 1 KB with all kinds of rules.
pub fn order() -> Case {
    check(&Order::new(), 0)
}

/// 10 KB.
pub fn page() -> Case {
    check(&Page::new(), 0)
}

/// The same nested body with four mistakes.
pub fn invalid_order() -> Case {
    check(&Order::invalid(), 4)
}

fn check<T: Serialize + JsonSchema>(value: &T, mistakes: usize) -> Case {
    let schema = Schema::of::<T>().unwrap();
    let body = body(value).to_msgpack();
    assert_eq!(schema.validate(&body).len(), mistakes);
    Case::new(move || schema.validate(&body))
}
