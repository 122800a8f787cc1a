//! Envelopes of an echo of 100 bytes.

use soa_common::{
    JobRequest, JobResponse, Map,
    envelope::{self, RequestEnvelope, RequestMeta, ResponseEnvelope},
    frame::Frame,
};

use crate::{
    Case,
    fixtures::{EXPIRY, Echo, body, job, request_frame, response, response_frame},
};

/// What a client writes.
pub fn encode_request() -> Case {
    let job = job([("echo", body(&Echo::new()))]);
    let extra = Map::new();
    Case::new(move || {
        let mut payload = Vec::with_capacity(512);
        let meta = RequestMeta { reply_to: "service.bench.6f9619ff!1", expiry: EXPIRY, extra: &extra };
        envelope::write_request(&mut payload, 417, meta, &job);
        payload
    })
}

/// What a server reads: the envelope and the job in it.
pub fn decode_request() -> Case {
    let frame = Frame::parse(&request_frame(&job([("echo", body(&Echo::new()))]))).unwrap();
    Case::new(move || {
        let envelope = RequestEnvelope::decode(&frame.payload).unwrap();
        (JobRequest::from_body(&envelope.job), envelope)
    })
}

/// What a server writes.
pub fn encode_response() -> Case {
    let request = Frame::parse(&request_frame(&job([("echo", body(&Echo::new()))]))).unwrap();
    let address = RequestEnvelope::decode(&request.payload).unwrap().address;
    let response = response("echo", body(&Echo::new()));
    Case::new(move || {
        let mut payload = Vec::with_capacity(512);
        address.write_response(&mut payload, EXPIRY, &response);
        payload
    })
}

/// What a client reads: the envelope and the response in it.
pub fn decode_response() -> Case {
    let frame = Frame::parse(&response_frame("echo", body(&Echo::new()))).unwrap();
    Case::new(move || {
        let envelope = ResponseEnvelope::decode(&frame.payload).unwrap();
        (JobResponse::from_body(&envelope.response).unwrap(), envelope)
    })
}
