//! Any bytes as a response.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use soa_common::{JobResponse, envelope::ResponseEnvelope};

fuzz_target!(|bytes: &[u8]| {
    let bytes = Bytes::copy_from_slice(bytes);
    if let Ok(envelope) = ResponseEnvelope::decode(&bytes) {
        let _ = JobResponse::from_body(&envelope.response);
    }
});
