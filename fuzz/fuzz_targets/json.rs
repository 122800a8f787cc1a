//! Any bytes as a JSON payload: what is read as MessagePack is written as the same JSON.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use soa_common::{msgpack, serializer::Serializer};

fuzz_target!(|bytes: &[u8]| {
    let Ok(msgpack) = Serializer::Json.to_msgpack(Bytes::copy_from_slice(bytes)) else {
        return;
    };
    assert!(msgpack::check(&msgpack).is_ok());
    let json = Serializer::Json.from_msgpack(msgpack.to_vec()).expect("JSON carries what came from JSON");
    let again = Serializer::Json.to_msgpack(json.into()).expect("JSON of our own making is JSON");
    assert_eq!(again, msgpack);
});
