//! Code of server processes that does not yield its thread.

use std::{collections::BTreeMap, fs, process::Command, time::Instant};

use rustix::process::Signal;
use serde_json::{Value as Json, json};
use soa_common::{Error, JobResponse};
use soa_fixtures::RedisServer;
use tempfile::TempDir;

use crate::process_support::{PATIENCE, Server, check_serves, next_response, responses_left, send, send_together};

/// Where nothing blocks and the service has no hooks, without which its jobs share tasks.
const NO_HOOKS: &str = "no hooks";

/// A service whose code blocks its thread.
struct Stuck {
    redis: RedisServer,
    server: Server,
    directory: TempDir,
}

impl Stuck {
    /// Starts it. Its code blocks where `block_in` says, when that is allowed by [`block_once`](Self::block_once).
    fn start(harakiri: &Json, fork: &str, block_in: &str) -> Self {
        let (redis, directory) = (RedisServer::start(), TempDir::new().unwrap());
        let settings = directory.path().join("settings.json");
        let transport = json!({ "kwargs": { "receive_timeout_in_seconds": 1 } });
        fs::write(&settings, json!({ "harakiri": harakiri, "transport": transport }).to_string()).unwrap();
        // What is watched makes a parent even of one worker.
        let watched = directory.path().join("watched");
        fs::create_dir(&watched).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_soa-server-stuck"));
        command.args(["--redis", &redis.url(), "--fork", fork, "--use-file-watcher"]).arg(watched);
        command
            .arg("--settings")
            .arg(settings)
            .env("BLOCK_IN", block_in)
            .env("BLOCK_ONCE", directory.path().join("once"));
        if block_in == NO_HOOKS {
            command.env("WITHOUT_HOOKS", "");
        }
        let server = Server::start_command(&mut command);
        server.wait_for(1, &["all workers are ready"]);
        Self { redis, server, directory }
    }

    fn block_once(&self) {
        fs::write(self.directory.path().join("once"), "").unwrap();
    }

    /// Waits until a worker has ended because it was stuck, and another one serves in its place.
    #[track_caller]
    fn check_replaced(&self, workers: usize) {
        self.server.wait_for(1, &["WARNING main", "exit status: 70", "starting it again"]);
        self.server.workers(workers + 1);
        check_serves(&self.redis, 1000);
    }

    #[track_caller]
    fn stop(mut self) {
        assert_eq!(responses_left(&self.redis), 0);
        self.server.signal(Signal::TERM);
        assert_eq!(self.server.exit_code(), Some(0));
    }

    /// The next responses, by their ids; none comes twice.
    #[track_caller]
    fn responses(&self, count: usize) -> BTreeMap<u64, JobResponse> {
        let responses: BTreeMap<_, _> = (0..count).map(|_| next_response(&self.redis)).collect();
        assert_eq!(responses.len(), count);
        responses
    }
}

fn squares(ids: impl Iterator<Item = u64>) -> impl Iterator<Item = (u64, &'static str, Json)> {
    ids.map(|id| (id, "square", json!({ "number": id })))
}

#[track_caller]
fn check_square(id: u64, response: &JobResponse) {
    assert_eq!(response.actions[0].body.get("square"), Some((id * id).into()), "{id}: {response:?}");
}

/// Checks what a response says about why it was interrupted.
#[track_caller]
fn check_error(errors: &[Error], code: &str, reason: &str) {
    let [error] = errors else { panic!("{errors:?}") };
    let variables = error.variables.as_ref().and_then(|variables| variables.as_map());
    let found = variables.and_then(|variables| variables.get("reason")?.as_str());
    assert_eq!((&*error.code, found), (code, Some(reason)));
}

#[track_caller]
fn check_interrupted(response: &JobResponse, action: &str, reason: &str) {
    assert_eq!(response.errors, []);
    let [answer] = &response.actions[..] else { panic!("{response:?}") };
    check_error(&answer.errors, "ACTION_TIMEOUT", reason);
    let message = format!("The action \"{action}\" ran for too long and had to be interrupted.");
    assert_eq!(answer.errors[0].message, message);
    assert_eq!(response.context.correlation_id(), Some("c0ffee"));
}

fn check_action(action: &'static str, fork: usize) {
    let harakiri = json!({ "timeout": 30, "shutdown_grace": 1, "actions": { "spin": 0.5, "block": 0.5 } });
    let stuck = Stuck::start(&harakiri, &fork.to_string(), if fork == 1 { NO_HOOKS } else { "" });
    for id in 1..=4 {
        send(&stuck.redis, id, "wait", &json!({ "seconds": 3.0 }));
    }
    stuck.server.wait_for(4, &["job request: "]);
    let requests: Vec<_> =
        squares(10..11).chain([(20, action, json!({ "seconds": 60 }))]).chain(squares(30..40)).collect();
    send_together(&stuck.redis, &requests);
    let mut interrupted = 0;
    for (id, response) in stuck.responses(16) {
        match id {
            20 => check_interrupted(&response, action, "self"),
            1..=4 if fork == 1 || !response.actions[0].errors.is_empty() => {
                check_interrupted(&response, "wait", "worker_stuck");
                interrupted += 1;
            }
            1..=4 => assert_eq!(response.actions[0].errors, []),
            id => check_square(id, &response),
        }
    }
    stuck.check_replaced(fork);
    let culprit = format!(" 20 c0ffee {action}: the action \"{action}\" is over its limit and has not yielded for ");
    let line = stuck.server.wait_for(1, &[" ERROR worker-", &culprit, "ends with exit code 70"]);
    assert!(line[0].contains(&format!("requests answered: {}, ", interrupted + 1)), "{line:?}");
    stuck.stop();
}

#[test]
fn an_action_that_blocks_its_thread_is_answered_and_its_worker_replaced() {
    check_action("block", 1);
    check_action("block", 2);
}

#[test]
fn an_action_that_spins_is_answered_and_its_worker_replaced() {
    check_action("spin", 1);
    check_action("spin", 2);
}

#[test]
fn a_thread_that_is_busy_for_a_while_keeps_nobody_waiting_and_its_process() {
    for fork in [1, 2] {
        let block_in = if fork == 1 { NO_HOOKS } else { "" };
        let stuck = Stuck::start(&json!({ "timeout": 30 }), &fork.to_string(), block_in);
        let spin = [(2, "spin", json!({ "seconds": 3.0 }))];
        send_together(&stuck.redis, &squares(1..2).chain(spin).chain(squares(3..20)).collect::<Vec<_>>());
        // What was answered before the thread was busy has been sent, and others have what comes after it.
        let before = if fork == 1 { 1 } else { 18 };
        for (id, response) in stuck.responses(before) {
            check_square(id, &response);
        }
        let (id, response) = next_response(&stuck.redis);
        assert_eq!((id, &*response.actions[0].errors), (2, &[][..]));
        for (id, response) in stuck.responses(18 - before) {
            check_square(id, &response);
        }
        let lines = stuck.server.wait_for(1, &[" 2 c0ffee spin: the action \"spin\" has kept its thread busy for "]);
        assert!(lines[0].contains("WARNING") && lines[0].ends_with("requests handed back: 17"), "{lines:?}");
        stuck.server.wait_for(1, &["the action \"spin\" has yielded its thread after "]);
        assert_eq!(stuck.server.workers(fork).len(), fork);
        stuck.stop();
    }
}

/// Blocks the thread in this place; gives the response to the request that is sent.
fn block(place: &str, action: &str) -> JobResponse {
    let stuck = Stuck::start(&json!({ "timeout": 1, "shutdown_grace": 1 }), "1", place);
    stuck.block_once();
    send(&stuck.redis, 7, action, &json!({ "number": 7 }));
    let (id, response) = next_response(&stuck.redis);
    assert_eq!(id, 7);
    stuck.check_replaced(1);
    stuck.stop();
    response
}

#[test]
fn middleware_that_blocks_its_thread_gives_a_job_timeout() {
    for place in ["middleware", "pre"] {
        let response = block(place, "square");
        assert_eq!(response.actions, []);
        check_error(&response.errors, "JOB_TIMEOUT", "self");
    }
}

#[test]
fn what_blocks_its_thread_after_the_answer_does_not_keep_that() {
    check_square(7, &block("post", "square"));
    assert_eq!(block("task", "spawn").actions[0].errors, []);
}

#[test]
fn idle_actions_that_block_their_thread_end_the_worker() {
    let stuck = Stuck::start(&json!({ "timeout": 1, "shutdown_grace": 1 }), "1", "idle");
    stuck.block_once();
    stuck.server.wait_for(1, &["ERROR", "the hook perform_idle_actions is over its limit"]);
    stuck.check_replaced(1);
    stuck.stop();
}

#[test]
fn a_worker_whose_thread_is_free_again_within_the_grace_ends_at_once() {
    let stuck = Stuck::start(&json!({ "shutdown_grace": 600, "actions": { "block": 0.5 } }), "1", "");
    let start = Instant::now();
    send(&stuck.redis, 1, "wait", &json!({ "seconds": 600 }));
    stuck.server.wait_for(1, &["job request: "]);
    send(&stuck.redis, 2, "block", &json!({ "seconds": 2 }));
    for (id, response) in stuck.responses(2) {
        match id {
            1 => check_interrupted(&response, "wait", "worker_stuck"),
            _ => check_interrupted(&response, "block", "self"),
        }
    }
    stuck.check_replaced(1);
    assert!(start.elapsed() < PATIENCE);
    assert_eq!(stuck.server.wait_for(1, &["worker-1 demo", "teardown has run"]).len(), 1);
    stuck.stop();
}

/// The log tells of what a process was working on, however it ends: requests are logged before any of them is run.
#[test]
fn a_request_that_kills_its_worker_is_in_the_log() {
    let stuck = Stuck::start(&json!({}), "1", NO_HOOKS);
    let die = [(5, "die", json!({ "last": "words" }))];
    send_together(&stuck.redis, &squares(1..5).chain(die).chain(squares(6..9)).collect::<Vec<_>>());
    stuck.server.wait_for(1, &["WARNING main", "SIGABRT"]);
    let line = &stuck.server.wait_for(1, &["worker-1 demo 5 c0ffee (n/a): job request: "])[0];
    assert!(line.ends_with(r#""actions":[{"action":"die","body":{"last":"words"}}]}"#), "{line}");
    stuck.server.workers(2);
}

#[test]
fn a_process_without_a_parent_ends_with_70() {
    let (redis, directory) = (RedisServer::start(), TempDir::new().unwrap());
    let settings = directory.path().join("settings.json");
    fs::write(&settings, r#"{ "harakiri": { "shutdown_grace": 1, "actions": { "spin": 0.5 } } }"#).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_soa-server-stuck"));
    let mut server = Server::start_command(command.args(["--redis", &redis.url(), "--settings"]).arg(settings));
    send(&redis, 1, "spin", &json!({ "seconds": 600 }));
    check_interrupted(&next_response(&redis).1, "spin", "self");
    assert_eq!(server.exit_code(), Some(70));
}

#[test]
fn a_service_that_is_told_to_stop_answers_what_is_stuck() {
    let harakiri = json!({ "shutdown_grace": 1, "actions": { "block": 2 } });
    let mut stuck = Stuck::start(&harakiri, "1", "");
    send(&stuck.redis, 1, "wait", &json!({ "seconds": 600 }));
    stuck.server.wait_for(1, &["job request: "]);
    send(&stuck.redis, 2, "block", &json!({ "seconds": 600 }));
    stuck.server.wait_for(2, &["job request: "]);
    stuck.server.signal(Signal::TERM);
    for (id, response) in stuck.responses(2) {
        match id {
            1 => check_interrupted(&response, "wait", "worker_stuck"),
            _ => check_interrupted(&response, "block", "self"),
        }
    }
    assert_eq!(stuck.server.exit_code(), Some(1));
    stuck.server.wait_for(1, &["worker 1 ended (exit status: 70)"]);
}
