//! A server process of a test, and requests to it as a client of any language sends them.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value as Json, json};
use soa_common::{
    ActionRequest, Body, Context, Control, JobRequest, JobResponse, Map, Value,
    envelope::{RequestMeta, ResponseEnvelope, write_request},
    frame::{Frame, ProtocolVersion, write_headers},
    serializer::Serializer,
};
use soa_fixtures::{RedisServer, Reply};

/// How long anything may take, on the slowest machine that runs the tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

const REPLY_TO: &str = "service.demo.test!";

/// A `soa-server` process, killed when dropped.
pub(crate) struct Server {
    child: Child,
    log: Arc<(Mutex<Vec<String>>, Condvar)>,
}

impl Server {
    pub(crate) fn start(redis: &str, arguments: &[&str]) -> Self {
        Self::start_command(Command::new(env!("CARGO_BIN_EXE_soa-server")).args(["--redis", redis]).args(arguments))
    }

    pub(crate) fn start_command(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let (errors, lines) = (child.stderr.take().unwrap(), log.clone());
        thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                lines.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                lines.1.notify_all();
            }
        });
        Self { child, log }
    }

    pub(crate) fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.log.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits until `count` lines hold all of `parts`, and gives them.
    #[track_caller]
    pub(crate) fn wait_for(&self, count: usize, parts: &[&str]) -> Vec<String> {
        let deadline = Instant::now() + PATIENCE;
        let mut lines = self.lines();
        loop {
            let found: Vec<String> =
                lines.iter().filter(|line| parts.iter().all(|part| line.contains(part))).cloned().collect();
            if found.len() >= count {
                return found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{parts:?} came only {} times in:\n{}", found.len(), lines.join("\n"));
            lines = self.log.1.wait_timeout(lines, left).unwrap().0;
        }
    }

    /// The pids of the workers that were started, once there have been `count`.
    #[track_caller]
    pub(crate) fn workers(&self, count: usize) -> Vec<Pid> {
        let lines = self.wait_for(count, &["worker ", "started with pid "]);
        lines.iter().map(|line| pid(line)).collect()
    }

    /// Waits for the end of the process; it must have printed nothing on standard output.
    #[track_caller]
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        let status: ExitStatus = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status,
                None if Instant::now() > deadline => {
                    panic!("it still runs:\n{}", self.lines().join("\n"))
                }
                None => thread::sleep(Duration::from_millis(5)),
            }
        };
        let mut printed = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
        assert_eq!(printed, "");
        status.code()
    }
}

#[expect(clippy::print_stderr, reason = "what a failed test says")]
impl Drop for Server {
    fn drop(&mut self) {
        // Workers end with their parent.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("log of the server:\n{}", self.lines().join("\n"));
        }
    }
}

/// The pid at the end of a line.
pub(crate) fn pid(line: &str) -> Pid {
    Pid::from_raw(line.rsplit(' ').next().unwrap().parse().unwrap()).unwrap()
}

/// Waits until a process is gone, or only its entry waits for whoever adopted it.
#[track_caller]
pub(crate) fn wait_until_gone(pid: Pid) {
    let deadline = Instant::now() + PATIENCE;
    while fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
        assert!(Instant::now() < deadline, "process {pid} still runs");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Pushes a request for one action of the service `demo`.
pub(crate) fn send(redis: &RedisServer, request_id: u64, action: &str, body: &Json) {
    send_together(redis, &[(request_id, action, body.clone())]);
}

/// Pushes requests at once, so that one pop can take them all: their ids, actions and bodies.
pub(crate) fn send_together(redis: &RedisServer, requests: &[(u64, &str, Json)]) {
    let frames: Vec<Vec<u8>> = requests.iter().map(|(id, action, body)| frame(*id, action, body)).collect();
    let words = [&b"RPUSH"[..], b"pysoa:service.demo"].into_iter().chain(frames.iter().map(Vec::as_slice));
    redis.command(&words.collect::<Vec<_>>()).int();
}

fn frame(request_id: u64, action: &str, body: &Json) -> Vec<u8> {
    let mut frame = Vec::new();
    write_headers(&mut frame, ProtocolVersion::V3, Serializer::Msgpack);
    let job = JobRequest {
        control: Control::default().with("continue_on_error", false),
        context: Context::default().with("correlation_id", "c0ffee").with("switches", Value::List(Vec::new())),
        actions: vec![ActionRequest::new(action, Body::encode(body).unwrap())],
    };
    let expiry = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64() + PATIENCE.as_secs_f64();
    write_request(&mut frame, request_id, RequestMeta { reply_to: REPLY_TO, expiry, extra: &Map::new() }, &job);
    frame
}

/// How many responses wait.
pub(crate) fn responses_left(redis: &RedisServer) -> i64 {
    redis.command(&["LLEN", &format!("pysoa:{REPLY_TO}")]).int()
}

/// Waits for the next response: the id of its request, and the response.
#[track_caller]
pub(crate) fn next_response(redis: &RedisServer) -> (u64, JobResponse) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        // Redis may just be away.
        if let Reply::Array(popped) = redis.command(&["BLPOP", &format!("pysoa:{REPLY_TO}"), "20"]) {
            let frame = Frame::parse(&Bytes::copy_from_slice(popped[1].bytes())).unwrap();
            let envelope = ResponseEnvelope::decode(&frame.payload).unwrap();
            return (envelope.request_id.unwrap(), JobResponse::from_body(&envelope.response).unwrap());
        }
        assert!(Instant::now() < deadline, "no response came");
    }
}

/// Squares a number, which proves that somebody serves.
#[track_caller]
pub(crate) fn check_serves(redis: &RedisServer, number: u64) {
    send(redis, number, "square", &json!({ "number": number }));
    let (request_id, response) = next_response(redis);
    assert_eq!(request_id, number);
    assert_eq!(response.errors, []);
    assert_eq!(response.actions[0].errors, []);
    assert_eq!(response.actions[0].body.get("square"), Some(Value::from(number * number)));
}
