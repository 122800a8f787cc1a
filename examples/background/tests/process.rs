//! What becomes of background work when the process that does it is stopped.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test, as tests do")]

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value as Json, json};
use soa_client::{Client, RedisSettings};
use soa_fixtures::RedisServer;
use tempfile::TempDir;

/// How long anything may take, on the slowest machine that runs the tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `background`, killed when dropped.
struct Orders {
    redis: RedisServer,
    process: Child,
    log: Receiver<String>,
    _settings: TempDir,
}

impl Orders {
    fn start(mut settings: Json, arguments: &[&str]) -> Self {
        let (redis, directory) = (RedisServer::start(), TempDir::new().unwrap());
        settings["transport"] = json!({ "kwargs": { "receive_timeout_in_seconds": 1 } });
        let path = directory.path().join("settings.json");
        std::fs::write(&path, settings.to_string()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_background"));
        command.args(["--redis", &redis.url(), "--settings", path.to_str().unwrap()]).args(arguments);
        let mut process = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (lines, log) = channel();
        let errors = process.stderr.take().unwrap();
        thread::spawn(move || {
            BufReader::new(errors).lines().map_while(Result::ok).try_for_each(|line| lines.send(line))
        });
        Self { redis, process, log, _settings: directory }
    }

    /// Places an order, which must be confirmed.
    async fn place(&self, receipt_seconds: f64) {
        let redis = RedisSettings::from_url(&self.redis.url()).unwrap();
        let client = Client::builder().service("orders", redis).build().unwrap();
        let body = json!({ "receipt_seconds": receipt_seconds });
        let call = client.call_action("orders", "place", body).correlation_id("c0ffee").timeout(PATIENCE);
        assert_eq!(call.await.unwrap().errors, []);
    }

    /// Reads the log up to a line with all of these parts.
    #[track_caller]
    fn wait_for(&self, parts: &[&str]) -> String {
        let mut seen = Vec::new();
        while let Ok(line) = self.log.recv_timeout(PATIENCE) {
            if parts.iter().all(|part| line.contains(part)) {
                return line;
            }
            seen.push(line);
        }
        panic!("{parts:?} are not in:\n{}", seen.join("\n"));
    }

    fn stop(&self) {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
    }

    #[track_caller]
    fn check_exit(&mut self, code: i32) {
        assert_eq!(self.process.wait().unwrap().code(), Some(code));
    }
}

impl Drop for Orders {
    fn drop(&mut self) {
        // Workers end with their parent.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn a_receipt_is_finished_before_the_worker_ends() {
    for fork in ["1", "2"] {
        let mut orders = Orders::start(json!({}), &["--fork", fork]);
        orders.wait_for(&["nobody orders"]);
        orders.place(2.0).await;
        orders.wait_for(&["writing receipt 1"]);
        orders.stop();
        let line = orders.wait_for(&["wrote receipt 1"]);
        assert!(line.contains(" orders ") && line.contains(" c0ffee place: "), "{line}");
        orders.wait_for(&["closing the books: orders 1, receipts 1"]);
        orders.check_exit(0);
    }
}

#[tokio::test]
async fn receipts_that_take_longer_than_the_grace_are_dropped_and_counted() {
    let mut orders = Orders::start(json!({ "harakiri": { "shutdown_grace": 1 } }), &[]);
    orders.place(3600.0).await;
    orders.place(3600.0).await;
    orders.stop();
    orders.wait_for(&["WARNING", "background tasks not finished within 1 s, dropped: 2"]);
    orders.wait_for(&["closing the books: orders 2, receipts 0"]);
    orders.check_exit(0);
}

#[tokio::test]
async fn the_middleware_of_the_settings_wraps_tasks() {
    let limit = json!({ "path": "background:Limit", "kwargs": { "seconds": 1 } });
    let default = json!({ "path": "pysoa.server.coroutine:DefaultCoroutineMiddleware" });
    let mut orders = Orders::start(json!({ "coroutine_middleware": [default, limit] }), &[]);
    orders.place(3600.0).await;
    let line = orders.wait_for(&["ERROR", "a background task failed: SERVER_ERROR: ", "deadline has elapsed"]);
    assert!(line.contains(" orders ") && line.contains(" c0ffee place: "), "{line}");
    orders.stop();
    orders.check_exit(0);
}

#[test]
fn wrong_middleware_of_tasks_is_refused() {
    for (class, fault) in [
        (json!({ "path": "Limit" }), "coroutine_middleware.0.path: \"Limit\" is not registered; registered are: "),
        (
            json!({ "path": "background:Limit", "kwargs": { "seconds": 1, "minutes": 1 } }),
            "coroutine_middleware.0.kwargs.minutes: unknown key; this middleware has no such setting",
        ),
    ] {
        let mut orders = Orders::start(json!({ "coroutine_middleware": [class] }), &[]);
        orders.wait_for(&[fault]);
        orders.check_exit(2);
    }
}
