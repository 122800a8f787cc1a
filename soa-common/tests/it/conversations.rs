//! Every frame of recorded conversations between the original's client and server, decoded and written again.

use bytes::Bytes;
use serde_json::Value as Json;
use soa_common::{
    Body, JobRequest, JobResponse, Map, Value,
    envelope::{RequestEnvelope, RequestMeta, ResponseEnvelope, write_request},
    frame::{self, Frame, ProtocolVersion},
    gather::Gather,
    msgpack::Writer,
    serializer::Serializer,
};

use crate::vectors::{bytes, vectors};

const CHUNK_SIZE: usize = 102_400;

#[test]
fn requests_are_read_and_written_as_the_original_does() {
    for case in cases() {
        let wire = case.request();
        let frame = Frame::parse(&wire).unwrap();
        let serializer = frame.serializer.unwrap_or_default();
        let payload = serializer.to_msgpack(frame.payload.clone()).unwrap();
        let envelope = RequestEnvelope::from_payload(serializer, &frame.payload).unwrap();
        let job = JobRequest::from_body(&envelope.job);
        assert!(job.context.correlation_id().is_some(), "{}", case.name);

        // As a value, everything stays as it is.
        let value = Value::from_msgpack(&payload).unwrap();
        let mut again = Vec::new();
        Writer::new(&mut again).value(&value);
        case.assert_frame(&wire, frame.version, serializer, again);

        // Our envelope has one key more in its meta.
        let request_id = envelope.address.request_id().parse().unwrap();
        let reply_to = envelope.address.reply_to.as_deref().unwrap();
        let expiry = envelope.expiry.unwrap();
        let mut ours = Vec::new();
        write_request(&mut ours, request_id, RequestMeta { reply_to, expiry, extra: &Map::new() }, &job);
        let Value::Map(mut ours) = Value::from_msgpack(&ours).unwrap() else { panic!("no map") };
        let Some(Value::Map(mut meta)) = ours.get("meta").cloned() else { panic!("no meta") };
        assert_eq!(meta.remove("atomic_chunks"), Some(false.into()), "{}", case.name);
        ours.insert("meta", meta);
        let mut again = Vec::new();
        Writer::new(&mut again).entries(&ours);
        case.assert_frame(&wire, frame.version, serializer, again);
    }
}

#[test]
fn responses_are_read_and_written_as_the_original_does() {
    let mut responses = 0;
    for case in cases() {
        let request = Frame::parse(&case.request()).unwrap();
        let serializer = request.serializer.unwrap_or_default();
        let request_envelope = RequestEnvelope::from_payload(serializer, &request.payload).unwrap();
        let Some(wire) = case.response() else {
            continue;
        };
        let frame = Frame::parse(&wire).unwrap();
        // The original forgets the version when its first answer was too large; ours does not (protocol, section 10).
        let version = if case.name == "chunk_needed_but_client_v2" { ProtocolVersion::V3 } else { request.version };
        assert_eq!((frame.version, frame.serializer), (version, request.serializer), "{}", case.name);
        let payload = serializer.to_msgpack(frame.payload).unwrap();
        let envelope = ResponseEnvelope::decode(&payload).unwrap();
        assert_eq!(
            envelope.request_id.map(|id| id.to_string()),
            Some(request_envelope.address.request_id()),
            "{}",
            case.name
        );
        assert!(!envelope.has_atomic_chunks, "{}", case.name);

        let response = JobResponse::from_body(&envelope.response).unwrap();
        assert_eq!(response.errors.is_empty(), response.context.correlation_id().is_some(), "{}", case.name);
        let mut again = Vec::new();
        request_envelope.address.write_response(&mut again, envelope.expiry.unwrap(), &response);
        case.assert_frame(&wire, frame.version, serializer, again);
        responses += 1;
    }
    // All but the suppressed and the chunked one.
    assert_eq!(responses, 25);
}

#[test]
fn chunked_responses_are_cut_as_the_original_does() {
    let case = cases().into_iter().find(|case| case.name == "chunked_5").unwrap();
    let expected = case.response_frames();
    let request = RequestEnvelope::decode(&Frame::parse(&case.request()).unwrap().payload).unwrap();
    let context: Body = Map::from([("correlation_id", "c0ffee")]).into();
    let mut response = JobResponse { context: context.into(), ..JobResponse::default() };
    let body = Body::encode(&Map::from([("blob", "a".repeat(450_000))])).unwrap();
    response.actions.push(soa_common::ActionResponse { action: "big".to_owned(), body, errors: vec![] });

    // The first chunk holds the expiry behind the part of the frame that was recorded, so any will do.
    let mut payload = Gather::default();
    request.address.gather_response(&mut payload, request.expiry.unwrap(), &response);
    let frames: Vec<_> = frame::chunks(Serializer::Msgpack, &payload, CHUNK_SIZE).iter().map(Gather::to_vec).collect();
    assert_eq!(frames.len(), expected.len());
    for (index, (frame, expected)) in frames.iter().zip(&expected).enumerate() {
        assert_eq!(frame.len() as u64, expected["length"].as_u64().unwrap());
        assert!(frame.starts_with(&bytes(&expected["head"])), "chunk {index}");
    }

    // And put together again.
    let mut whole = Vec::new();
    for (index, frame) in frames.into_iter().enumerate() {
        let frame = Frame::parse(&frame.into()).unwrap();
        assert_eq!(frame.version, ProtocolVersion::V3);
        let chunk = frame.chunk.unwrap();
        assert_eq!((chunk.count, chunk.id), (Some(5), Some(index as u32 + 1)));
        whole.extend_from_slice(&frame.payload);
    }
    assert_eq!(whole, payload.to_vec());
}

struct Case {
    name: String,
    json: Json,
}

fn cases() -> Vec<Case> {
    let cases = vectors("conversations")["cases"].take();
    let Json::Array(cases) = cases else { panic!("no cases") };
    assert_eq!(cases.len(), 27);
    cases.into_iter().map(|json| Case { name: json["name"].as_str().unwrap().to_owned(), json }).collect()
}

impl Case {
    fn request(&self) -> Bytes {
        bytes(&self.json["request_frames"][0]).into()
    }

    fn response_frames(&self) -> Vec<Json> {
        let queues = self.json["responses_by_queue"].as_object().unwrap();
        queues.values().flat_map(|queue| queue["frames"].as_array().unwrap().clone()).collect()
    }

    /// The response's frame, unless there is none or it is chunked.
    fn response(&self) -> Option<Bytes> {
        match self.response_frames().as_slice() {
            [frame] => Some(bytes(frame).into()),
            _ => None,
        }
    }

    /// The payload's frame is the recorded one: to the byte for MessagePack, by value for JSON.
    fn assert_frame(&self, wire: &[u8], version: ProtocolVersion, serializer: Serializer, msgpack: Vec<u8>) {
        let mut ours = Vec::new();
        frame::write_headers(&mut ours, version, serializer);
        let head = ours.len();
        ours.extend_from_slice(&serializer.from_msgpack(msgpack).unwrap());
        match serializer {
            Serializer::Msgpack => assert_eq!(ours, wire, "{}", self.name),
            Serializer::Json => {
                assert_eq!(ours[..head], wire[..head], "{}", self.name);
                let json = |bytes: &[u8]| serde_json::from_slice::<Json>(bytes).unwrap();
                assert_eq!(json(&ours[head..]), json(&wire[head..]), "{}", self.name);
            }
        }
    }
}
