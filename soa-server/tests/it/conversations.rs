//! Recorded conversations: our service answers what the original's answered.

use base64::{Engine, prelude::BASE64_STANDARD};
use soa_common::{
    Body, JobResponse, codes,
    envelope::{RequestEnvelope, ResponseEnvelope},
    frame::Frame,
};
use soa_server::JobInfo;

use crate::vector_service;

const VECTORS: &str = include_str!("../../../soa-common/tests/vectors/conversations.json");

/// Conversations that show the transport.
const OTHERS: [&str; 4] = ["suppress_response", "response_too_large", "chunked_5", "chunk_needed_but_client_v2"];

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
        let mut answered = service.process(&request.job, JobInfo::default()).await;
        if name.starts_with("status") || name.starts_with("introspect") {
            let bodies = [&mut answered, &mut expected]
                .map(|response| comparable(&std::mem::take(&mut response.actions[0].body)));
            assert_eq!(bodies[0], bodies[1], "{name}");
        }
        assert_eq!(answered, expected, "{name}");
        conversations += 1;
    }
    assert_eq!(conversations, 23);
}

/// The body that a built-in action answered, without what differs by intention: the versions of what it is built with and
/// its texts. The order of keys plays no part.
fn comparable(body: &Body) -> serde_json::Value {
    let mut body: serde_json::Value = body.decode().unwrap();
    without_versions(&mut body);
    if let Some(actions) = body.get_mut("actions") {
        for name in ["introspect", "status"] {
            actions.get_mut(name).map(without_texts);
        }
        if let Some(schema) = actions.pointer_mut("/status/response_schema/contents") {
            without_versions(schema);
        }
    }
    body
}

fn without_versions(map: &mut serde_json::Value) {
    let map = map.as_object_mut().unwrap();
    map.retain(|key, _| !["conformity", "python", "rust", "soa_server"].contains(&&**key));
}

fn without_texts(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(map) => {
            let is_text = |value: &serde_json::Value| value.as_str().is_some_and(|text| !text.is_empty());
            map.retain(|key, value| !(is_text(value) && (key == "description" || key == "documentation")));
            map.values_mut().for_each(without_texts);
        }
        serde_json::Value::Array(list) => list.iter_mut().for_each(without_texts),
        _ => {}
    }
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
