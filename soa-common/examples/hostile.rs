//! Feeds mutated frames to everything that reads what comes from Redis and counts what became of them.
//!
//! ```text
//! cargo run --release -p soa-common --example hostile -- 10000000 [SEED]
//! ```
//!
//! The frames are recorded conversations with bytes flipped, cut, repeated and mixed. The same seed gives the same
//! frames. A defect ends the program with a panic that names the frame.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for developers")]

use std::{collections::BTreeMap, env, io::IsTerminal, process::ExitCode, time::Instant};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use fastrand::Rng;
use soa_common::{
    Body, JobRequest, JobResponse, Value,
    envelope::{RequestEnvelope, ResponseEnvelope},
    frame::Frame,
    msgpack,
    redact::Redactor,
    serializer::Serializer,
};

const CONVERSATIONS: &str = include_str!("../tests/vectors/conversations.json");

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (count, seed) = match (arguments.next(), arguments.next(), arguments.next()) {
        (Some(Ok(count)), seed @ (None | Some(Ok(_))), None) => (count, seed.and_then(Result::ok).unwrap_or(1)),
        _ => {
            eprintln!("usage: hostile COUNT [SEED]");
            return ExitCode::from(2);
        }
    };
    let frames = recorded_frames();
    let redactor = Redactor::default();
    let mut rng = Rng::with_seed(seed);
    let mut outcomes = BTreeMap::<&str, u64>::new();
    let start = Instant::now();
    for done in 0..count {
        if done % 100_000 == 0 && std::io::stderr().is_terminal() {
            eprint!("\r{done} of {count} frames");
        }
        let frame = Bytes::from(mutated(&frames, &mut rng));
        *outcomes.entry(feed_request(&frame, &redactor)).or_default() += 1;
        *outcomes.entry(feed_response(&frame)).or_default() += 1;
    }
    println!("\r{count} frames, seed {seed}, in {:.1} s", start.elapsed().as_secs_f64());
    for (outcome, count) in outcomes {
        println!("{count:>12}  {outcome}");
    }
    ExitCode::SUCCESS
}

/// What a server makes of a frame.
fn feed_request(frame: &Bytes, redactor: &Redactor) -> &'static str {
    let Ok(parsed) = Frame::parse(frame) else {
        return "request: no frame";
    };
    let serializer = parsed.serializer.unwrap_or_default();
    let envelope = match RequestEnvelope::from_payload(serializer, &parsed.payload) {
        Ok(envelope) => envelope,
        Err((_, Some(address))) if address.reply_to.is_some() => {
            answer(&address, serializer, &JobResponse::default());
            return "request: cannot be read, but answered";
        }
        Err(_) => return "request: cannot be read and is dropped",
    };
    let job = JobRequest::from_body(&envelope.job);
    let _ = (job.context.switches(), job.context.correlation_id(), job.control.timeout());
    for action in &job.actions {
        let _ = action.body.decode::<serde_json::Value>();
    }
    let _ = redactor.show(&job).to_string();
    let echo = JobResponse { context: job.context, ..JobResponse::default() };
    answer(&envelope.address, serializer, &echo);
    "request: read"
}

fn answer(address: &soa_common::envelope::ReplyAddress, serializer: Serializer, response: &JobResponse) {
    let mut out = Vec::new();
    address.write_response(&mut out, 1.0, response);
    if let Err(error) = msgpack::check(&out) {
        assert!(error.to_string().contains("deeper"), "an answer cannot be read: {error}");
    }
    let _ = serializer.from_msgpack(out);
}

/// What a client makes of a frame.
fn feed_response(frame: &Bytes) -> &'static str {
    let Ok(parsed) = Frame::parse(frame) else {
        return "response: no frame";
    };
    let Ok(payload) = parsed.serializer.unwrap_or_default().to_msgpack(parsed.payload) else {
        return "response: cannot be read";
    };
    assert_eq!(
        msgpack::check(&payload).is_ok(),
        Value::from_msgpack(&payload).is_ok(),
        "checks differ: {}",
        frame.escape_ascii()
    );
    let Ok(envelope) = ResponseEnvelope::decode(&payload) else {
        return "response: cannot be read";
    };
    match JobResponse::from_body(&envelope.response) {
        Ok(_) => "response: read",
        Err(_) => "response: not the shape of one",
    }
}

fn recorded_frames() -> Vec<Vec<u8>> {
    let Ok(conversations) = serde_json::from_str::<serde_json::Value>(CONVERSATIONS) else {
        return Vec::new();
    };
    let Some(cases) = conversations["cases"].as_array() else {
        return Vec::new();
    };
    let responses = cases.iter().flat_map(|case| case["responses_by_queue"].as_object().into_iter().flatten());
    let frames = responses.map(|(_, queue)| &queue["frames"]).chain(cases.iter().map(|case| &case["request_frames"]));
    let frames = frames.filter_map(|frames| frames.as_array()).flatten();
    let frames = frames.filter_map(|frame| BASE64_STANDARD.decode(frame.as_str()?).ok());
    let mut frames: Vec<_> = frames.filter(|frame| frame.len() < 2_000).collect();
    let body = Body::encode(&serde_json::json!({"a": [1, {"b": null}]})).unwrap_or_default();
    frames.push(body.to_msgpack().to_vec());
    frames
}

/// One of the frames with up to eight things done to it.
fn mutated(frames: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    /// Bytes that mean something in MessagePack, JSON or a header.
    const TELLING: &[u8] =
        b"\x00\x80\x8f\x90\x9f\xa0\xa1\xc0\xc1\xc4\xc7\xca\xcb\xcf\xd3\xd4\xd9\xdb\xdc\xdd\xdf\xff;:{}[]\",/";
    let mut frame = pick(frames, rng).clone();
    let most = rng.usize(1..=8);
    for _ in 0..rng.usize(1..=most) {
        let at = rng.usize(0..=frame.len());
        let end = rng.usize(at..=frame.len().min(at + 64));
        match rng.u8(0..9) {
            0 => frame.truncate(at),
            1 => drop(frame.drain(at..end)),
            2 => frame.extend_from_within(at..end),
            3 => {
                let other = pick(frames, rng);
                let from = rng.usize(0..=other.len());
                frame.truncate(at);
                frame.extend_from_slice(&other[from..]);
            }
            4 => drop(frame.splice(at..at, std::iter::repeat_n(*pick(TELLING, rng), rng.usize(1..300)))),
            5 => frame.insert(at, *pick(TELLING, rng)),
            6 if at < frame.len() => frame[at] = *pick(TELLING, rng),
            7 if at < frame.len() => frame[at] ^= 1 << rng.u8(0..8),
            _ if at < frame.len() => frame[at] = rng.u8(..),
            _ => {}
        }
    }
    frame
}

fn pick<'a, T>(from: &'a [T], rng: &mut Rng) -> &'a T {
    &from[rng.usize(0..from.len())]
}
