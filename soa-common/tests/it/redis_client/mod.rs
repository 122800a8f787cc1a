//! The client's side of the Redis transport against real servers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use soa_common::{
    ActionRequest, ActionResponse, Body, Control, JobRequest, JobResponse, Map,
    envelope::RequestEnvelope,
    frame::{self, Frame, ProtocolVersion},
    gather::Gather,
    transport::{
        ClientRequest, ClientTransport, PendingResponse, TransportError,
        redis::{RedisClientTransport, RedisSettings},
    },
};
use soa_fixtures::{RedisServer, Reply};
use tokio::time::Instant;

mod abandon;
mod calls;
mod chunks;
mod masters;
mod outages;
mod python;

/// The time that nothing in a test should take.
const LONG: Duration = Duration::from_secs(20);

/// The service of the tests.
const SERVICE: &str = "fake";

fn settings(servers: &[&RedisServer]) -> RedisSettings {
    let urls: Vec<_> = servers.iter().map(|server| server.url()).collect();
    RedisSettings::from_url(&urls.join(",")).unwrap()
}

fn transport(server: &RedisServer) -> RedisClientTransport {
    RedisClientTransport::new(SERVICE, settings(&[server])).unwrap()
}

/// A request that one action be run, with its id as the body.
fn request(id: u64, timeout: Duration) -> ClientRequest {
    ClientRequest {
        request_id: id,
        meta: Map::new(),
        job: JobRequest {
            actions: vec![ActionRequest::new("act", Map::from([("number", id)]).into())],
            ..JobRequest::default()
        },
        timeout: Some(timeout),
        deadline: Instant::now() + timeout,
    }
}

async fn send(transport: &RedisClientTransport, id: u64, timeout: Duration) -> PendingResponse {
    transport.send(request(id, timeout)).await.unwrap()
}

/// Calls in both ways in turn: at once, and by a request whose response is waited for afterwards.
async fn call(transport: &RedisClientTransport, id: u64, timeout: Duration) -> Result<JobResponse, TransportError> {
    let request = request(id, timeout);
    match id % 2 {
        0 => Ok(Arc::new(transport.clone()).call(request).await?.expect("it wants a response")),
        _ => transport.send(request).await?.await,
    }
}

/// The body of the only action of a response.
fn body(response: Result<JobResponse, TransportError>) -> Body {
    response.unwrap().actions.remove(0).body
}

/// A request as a service got it.
#[derive(Clone)]
struct Got {
    frame: Frame,
    envelope: RequestEnvelope,
}

impl Got {
    /// Takes the next request off the list of the service.
    fn pop(redis: &RedisServer, seconds: &str) -> Option<Self> {
        let Reply::Array(popped) = redis.command(&["BLPOP", "pysoa:service.fake", seconds]) else {
            return None;
        };
        let frame = Frame::parse(&Bytes::copy_from_slice(popped[1].bytes())).unwrap();
        let payload = frame.serializer.unwrap_or_default().to_msgpack(frame.payload.clone()).unwrap();
        let envelope = RequestEnvelope::decode(&payload).unwrap();
        Some(Self { frame, envelope })
    }

    /// Waits for the next request without blocking the runtime.
    async fn next(redis: &Arc<RedisServer>) -> Self {
        let redis = Arc::clone(redis);
        tokio::task::spawn_blocking(move || Self::pop(&redis, "20").unwrap()).await.unwrap()
    }

    fn key(&self) -> String {
        format!("pysoa:{}", self.envelope.address.reply_to.as_ref().unwrap())
    }

    /// The payload of a response that carries the request's body back, as MessagePack.
    fn echo(&self, is_atomic: bool) -> Vec<u8> {
        let job = JobRequest::from_body(&self.envelope.job);
        let answer =
            |request: ActionRequest| ActionResponse { action: request.action, errors: Vec::new(), body: request.body };
        let actions = job.actions.into_iter().map(answer);
        let response = JobResponse { actions: actions.collect(), ..JobResponse::default() };
        let mut payload = Vec::new();
        self.envelope.address.write_response(&mut payload, unix_now() + 60.0, &response);
        if !is_atomic {
            // As a server has it that does not know the word.
            let at = payload.windows(13).position(|bytes| bytes == b"atomic_chunks").unwrap();
            payload[at + 13] = 0xc2;
        }
        payload
    }

    /// The response in the version and with the serializer of the request.
    fn answer(&self, is_atomic: bool) -> Vec<u8> {
        let serializer = self.frame.serializer.unwrap_or_default();
        let mut out = Vec::new();
        frame::write_headers(&mut out, self.frame.version, serializer);
        out.extend_from_slice(&serializer.from_msgpack(self.echo(is_atomic)).unwrap());
        out
    }

    /// The response in so many pieces.
    fn pieces(&self, is_atomic: bool, count: usize) -> Vec<Vec<u8>> {
        let payload = self.echo(is_atomic);
        let size = payload.len().div_ceil(count);
        let pieces = frame::chunks(self.frame.serializer.unwrap(), &payload.into(), size);
        assert_eq!((pieces.len(), self.frame.version), (count, ProtocolVersion::V3));
        pieces.iter().map(Gather::to_vec).collect()
    }

    /// Pushes a frame to the reply list.
    fn push(&self, redis: &RedisServer, frame: &[u8]) {
        redis.command(&[b"RPUSH", self.key().as_bytes(), frame]).int();
    }
}

/// A service that answers every request at once, until it is dropped.
struct Fake {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Fake {
    /// Answers with what `answer` gives, all frames in one command.
    fn start(redis: &Arc<RedisServer>, answer: impl Fn(&Got) -> Vec<Vec<u8>> + Send + 'static) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let (redis, stop) = (Arc::clone(redis), Arc::clone(&stop));
            move || {
                while !stop.load(Ordering::Relaxed) {
                    let Some(got) = Got::pop(&redis, "0.1") else { continue };
                    let key = got.key();
                    let frames = answer(&got);
                    let mut command: Vec<&[u8]> = vec![b"RPUSH", key.as_bytes()];
                    command.extend(frames.iter().map(Vec::as_slice));
                    redis.command(&command).int();
                }
            }
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn unix_now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64()
}

/// Waits until something is so.
async fn until(what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < LONG, "it never came to be");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
