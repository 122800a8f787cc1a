//! Any bytes taken apart as a frame: the payload is the end of it.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use soa_common::frame::Frame;

fuzz_target!(|bytes: &[u8]| {
    let bytes = Bytes::copy_from_slice(bytes);
    if let Ok(frame) = Frame::parse(&bytes) {
        assert!(bytes.ends_with(&frame.payload));
    }
});
