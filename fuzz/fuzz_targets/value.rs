//! Any bytes as a value: all ways to read it agree, and it is written so that it reads as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use soa_common::{Value, json, msgpack};

fuzz_target!(|bytes: &[u8]| {
    let value = Value::from_msgpack(bytes);
    assert_eq!(value.is_ok(), msgpack::check(bytes).is_ok());
    let Ok(value) = value else {
        let _ = msgpack::decode::<Value>(bytes);
        return;
    };
    let written = msgpack::encode(&value).expect("what was read can be written");
    // By text: NaN equals nothing.
    let text = format!("{value:?}");
    assert_eq!(format!("{:?}", Value::from_msgpack(&written).expect("what was written can be read")), text);
    assert_eq!(format!("{:?}", msgpack::decode::<Value>(bytes).expect("serde reads what is valid")), text);
    let _ = json::to_json(&value).to_string();
});
