//! What a call holds while it waits for its response.

use std::{mem::size_of_val, sync::Arc, time::SystemTime};

use bytes::Bytes;
use serde_json::json;
use soa_client::{ActionResponse, Body, Client, JobResponse, RedisSettings};
use soa_common::{
    JobRequest,
    envelope::RequestEnvelope,
    frame::{self, Frame},
};
use soa_fixtures::{RedisServer, Reply};
use tokio::{runtime::Builder, task};

use crate::fake::Fake;

const CALLS: i64 = 1_000;
const QUEUE: &str = "pysoa:service.echo";

/// Answers the next request, and says that lanes can be shared.
fn answer(redis: &RedisServer) {
    let popped = redis.command(&["BLPOP", QUEUE, "20"]);
    let Reply::Array(popped) = popped else { panic!("no request came") };
    let frame = Frame::parse(&Bytes::copy_from_slice(popped[1].bytes())).unwrap();
    let request = RequestEnvelope::decode(&frame.payload).unwrap();
    let action = JobRequest::from_body(&request.job).actions.remove(0).action;
    let response =
        JobResponse { actions: vec![ActionResponse { action, ..ActionResponse::default() }], ..JobResponse::default() };
    let mut out = Vec::new();
    frame::write_headers(&mut out, frame.version, frame.serializer.unwrap());
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    request.address.write_response(&mut out, now.as_secs_f64() + 60.0, &response);
    let key = format!("pysoa:{}", request.address.reply_to.unwrap());
    redis.command(&[b"RPUSH", key.as_bytes(), &out]);
}

#[test]
fn a_call_that_waits_holds_little() {
    let redis = Arc::new(RedisServer::start());
    let settings = RedisSettings::from_url(&redis.url()).unwrap();
    let client = Client::builder().service("echo", settings).build().unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let body = Body::encode(&json!({"text": "a text that is long enough ".repeat(3)})).unwrap();
    let call = || client.call_action("echo", "echo", body.clone()).into_future();
    runtime.block_on(async {
        let server = Arc::clone(&redis);
        let answering = task::spawn_blocking(move || answer(&server));
        call().await.unwrap();
        answering.await.unwrap();
    });
    let mut tasks = Vec::with_capacity(CALLS as usize);
    let held = allocation_counter::measure(|| {
        runtime.block_on(async {
            tasks.extend((0..CALLS).map(|_| tokio::spawn(call())));
            while redis.command(&["LLEN", QUEUE]) != Reply::Int(CALLS) {
                task::yield_now().await;
            }
        });
    });
    let (waiting, sending) = (held.bytes_current / CALLS, held.bytes_max as i64 / CALLS);
    assert!(waiting <= 1_800, "each call holds {waiting} bytes while it waits, its task among them");
    assert!(sending <= 2_600, "each call holds {sending} bytes until it is sent");
}

#[test]
fn futures_of_calls_are_small() {
    let client = Fake::silent().client();
    let call = || client.call_actions("echo", [("echo", Body::empty())]).into_future();
    let parallel = || client.call_actions_parallel("echo", [("echo", Body::empty())]).into_future();
    for (name, size, most) in [("call", size_of_val(&*call()), 320), ("parallel", size_of_val(&*parallel()), 576)] {
        assert!(size <= most, "{name}: {size} bytes and not {most}");
    }
}
