//! Any bytes as a request, and what its answer would be.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use soa_common::{JobRequest, JobResponse, envelope::RequestEnvelope, msgpack, redact::Redactor, serializer::Serializer};

fuzz_target!(|bytes: &[u8]| {
    let bytes = Bytes::copy_from_slice(bytes);
    for serializer in [Serializer::Msgpack, Serializer::Json] {
        let address = match RequestEnvelope::from_payload(serializer, &bytes) {
            Ok(envelope) => {
                let job = JobRequest::from_body(&envelope.job);
                let _ = (job.context.switches(), job.control.timeout());
                let _ = Redactor::default().show(&job).to_string();
                envelope.address
            }
            Err((_, Some(address))) => address,
            Err((_, None)) => continue,
        };
        let mut response = Vec::new();
        address.write_response(&mut response, 1.0, &JobResponse::default());
        assert!(msgpack::check(&response).is_ok());
    }
});
