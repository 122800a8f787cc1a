//! Recorded conversations: our service answers what the original's answered.

use base64::{Engine, prelude::BASE64_STANDARD};
use soa_common::{
    JobResponse, codes,
    envelope::{RequestEnvelope, ResponseEnvelope},
    frame::Frame,
};
use soa_server::JobInfo;

use crate::vector_service;

const VECTORS: &str = include_str!("../../../soa-common/tests/vectors/conversations.json");

/// Conversations about built-in actions, and those that show the transport.
const OTHERS: [&str; 10] = [
    "suppress_response",
    "status",
    "status_not_verbose",
    "introspect_all",
    "introspect_one",
    "introspect_switched",
    "introspect_unknown",
    "response_too_large",
    "chunked_5",
    "chunk_needed_but_client_v2",
];

#[tokio::test]
async fn recorded_requests_get_the_recorded_responses() {
    let service = vector_service::service();
    let vectors: serde_json::Value = serde_json::from_str(VECTORS).unwrap();
    let mut conversations = 0;
    for case in vectors["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        if OTHERS.contains(&name) {
            continue;
        }
        let request = RequestEnvelope::decode(&payload(&case["request_frames"][0])).unwrap();
        let responses = case["responses_by_queue"].as_object().unwrap();
        let response = ResponseEnvelope::decode(&payload(&responses.values().next().unwrap()["frames"][0])).unwrap();
        let mut expected = JobResponse::from_body(&response.response).unwrap();
        hide_tracebacks(&mut expected);
        assert_eq!(service.process(&request.job, JobInfo::default()).await, expected, "{name}");
        conversations += 1;
    }
    assert_eq!(conversations, 17);
}

fn payload(frame: &serde_json::Value) -> bytes::Bytes {
    let frame = BASE64_STANDARD.decode(frame.as_str().unwrap()).unwrap().into();
    let frame = Frame::parse(&frame).unwrap();
    frame.serializer.unwrap_or_default().to_msgpack(frame.payload).unwrap()
}

/// Ours shows them only when it is told to.
fn hide_tracebacks(response: &mut JobResponse) {
    for error in response.actions.iter_mut().flat_map(|action| &mut action.errors) {
        if error.code == codes::SERVER_ERROR {
            error.traceback = None;
        }
    }
}
