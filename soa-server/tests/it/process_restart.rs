//! Workers that are started anew, one after the other.

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use soa_client::{Client, RedisSettings};
use soa_fixtures::RedisServer;
use tempfile::TempDir;

use crate::process_support::{Server, check_serves, next_response, pid, send, wait_until_gone};

const BEGUN: &str = "starting the workers anew, one after the other";
const DONE: &str = "all workers have been started anew";
const GIVEN_UP: &str = "no more workers are started anew, the others stay";

/// Callers that call one call after the other until they are stopped.
struct Load {
    is_over: Arc<AtomicBool>,
    callers: JoinHandle<u64>,
}

impl Load {
    fn start(redis: &RedisServer, callers: u64) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let (url, over) = (redis.url(), Arc::clone(&is_over));
        let callers = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let mut settings = RedisSettings::from_url(&url).unwrap();
                settings.receive_timeout = crate::process_support::PATIENCE;
                let client = Client::builder().service("demo", settings).build().unwrap();
                let calls = (0..callers).map(|caller| call_until(&client, &over, caller));
                futures_util::future::join_all(calls).await.into_iter().sum()
            })
        });
        Self { is_over, callers }
    }

    /// Ends it; every call must have been answered. Gives how many there were.
    #[track_caller]
    fn end(self) -> u64 {
        self.is_over.store(true, Ordering::Relaxed);
        self.callers.join().unwrap()
    }
}

async fn call_until(client: &Client, is_over: &AtomicBool, caller: u64) -> u64 {
    let mut calls = 0;
    while !is_over.load(Ordering::Relaxed) {
        let number = caller * 1000 + calls % 1000;
        let answer = client.call_action("demo", "square", json!({ "number": number })).await.unwrap();
        assert_eq!(answer.body.decode::<serde_json::Value>().unwrap(), json!({ "square": number * number }));
        calls += 1;
    }
    calls
}

/// A settings file with these settings and the Redis of the test.
fn write_settings(path: &Path, redis: &str, database: u8, more: &str) {
    let (host, port) = redis.trim_start_matches("redis://").split('/').next().unwrap().split_once(':').unwrap();
    let backend = format!(r#"{{ "hosts": [["{host}", {port}]], "redis_db": {database} }}"#);
    let settings = format!(r#"{{ "transport": {{ "kwargs": {{ "backend_layer_kwargs": {backend} }} }} {more} }}"#);
    fs::write(path, settings).unwrap();
}

fn start_with(settings: &Path, arguments: &[&str]) -> Server {
    let mut command = Command::new(env!("CARGO_BIN_EXE_soa-server"));
    Server::start_command(command.arg("--settings").arg(settings).args(arguments))
}

fn runs(process: Pid) -> bool {
    kill_process(process, Signal::CONT).is_ok()
}

#[test]
fn no_request_is_lost_when_the_workers_are_started_anew() {
    let redis = RedisServer::start();
    let mut server = Server::start(&redis.url(), &["--fork", "3", "--log-level", "info"]);
    server.wait_for(1, &["all workers are ready"]);
    let load = Load::start(&redis, 16);
    for roll in 1..=3 {
        let old = server.workers(3 * roll).split_off(3 * (roll - 1));
        server.signal(Signal::HUP);
        server.wait_for(roll, &[DONE]);
        old.into_iter().for_each(wait_until_gone);
        let ends = server.wait_for(3 * roll, &["ended (exit status: 0)"]);
        assert_eq!(ends.len(), 3 * roll);
    }
    assert!(load.end() > 0);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    assert_eq!(server.workers(12).len(), 12);
}

#[test]
fn a_worker_goes_only_when_its_replacement_is_ready_and_the_next_after_that() {
    let redis = RedisServer::start();
    let mut server = Server::start(&redis.url(), &["--fork", "2"]);
    server.wait_for(1, &["all workers are ready"]);
    server.signal(Signal::HUP);
    server.wait_for(1, &[DONE]);
    let lines = server.lines().clone();
    let place = |parts: &[&str], count: usize| {
        let found = lines.iter().enumerate().filter(|(_, line)| parts.iter().all(|part| line.contains(part)));
        found.map(|(place, _)| place).nth(count - 1).unwrap_or_else(|| panic!("{parts:?}: {lines:?}"))
    };
    let steps = [
        place(&[BEGUN], 1),
        place(&["worker 1 started with pid"], 2),
        place(&["worker 1 is ready"], 2),
        place(&["worker 1 with pid", "has been replaced"], 1),
        place(&["worker 1 ended"], 1),
        place(&["worker 2 started with pid"], 2),
        place(&["worker 2 is ready"], 2),
        place(&["worker 2 with pid", "has been replaced"], 1),
        place(&["worker 2 ended"], 1),
    ];
    assert!(steps.is_sorted(), "{steps:?}");
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn workers_that_are_started_anew_read_the_settings_again_and_stay_when_they_are_wrong() {
    let redis = RedisServer::start();
    let directory = TempDir::new().unwrap();
    let settings = directory.path().join("settings.json");
    write_settings(&settings, &redis.url(), 0, "");
    let mut server = start_with(&settings, &["--fork", "2"]);
    server.wait_for(1, &["all workers are ready"]);

    fs::write(&settings, r#"{ "concurency": 1 }"#).unwrap();
    server.signal(Signal::HUP);
    let parts = ["ERROR main", "the new worker 1 ended (exit status: 2)", "concurency: unknown key", GIVEN_UP];
    let [line] = &server.wait_for(1, &parts)[..] else { panic!("it is told once") };
    assert!(
        line.contains("before it was ready: ")
            && line.contains("1 setting is wrong; concurency: ")
            && !line.contains("\\n"),
        "it is torn: {line}"
    );
    let old = server.workers(3);
    assert!(old[..2].iter().all(|worker| runs(*worker)));
    check_serves(&redis, 7);

    write_settings(&settings, &redis.url(), 1, "");
    server.signal(Signal::HUP);
    server.wait_for(1, &[DONE]);
    server.wait_for(2, &["service demo started", &format!("{}/1", redis.addr())]);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn workers_that_were_renewed_stay_when_a_later_one_fails() {
    let redis = RedisServer::start();
    let directory = TempDir::new().unwrap();
    let settings = directory.path().join("settings.json");
    write_settings(&settings, &redis.url(), 0, "");
    let mut server = start_with(&settings, &["--fork", "2"]);
    server.wait_for(1, &["all workers are ready"]);
    // While it is paused it is not gone, and the next one is not started.
    let [first, second] = server.workers(2)[..] else { panic!("more than two workers") };
    kill_process(first, Signal::STOP).unwrap();
    server.signal(Signal::HUP);
    server.wait_for(1, &["worker 1 with pid", "has been replaced"]);
    fs::write(&settings, "{").unwrap();
    kill_process(first, Signal::CONT).unwrap();
    server.wait_for(1, &["the new worker 2 ended (exit status: 2)", GIVEN_UP]);
    wait_until_gone(first);
    let workers = server.workers(4);
    assert!(runs(workers[2]) && runs(second));
    check_serves(&redis, 7);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn a_hangup_brings_back_a_worker_that_was_given_up() {
    let redis = RedisServer::start();
    let mut server = Server::start(&redis.url(), &["--fork", "2"]);
    for life in 1..=4 {
        let starts = server.wait_for(life, &["worker 1 started with pid "]);
        kill_process(pid(&starts[life - 1]), Signal::KILL).unwrap();
    }
    server.wait_for(1, &["worker 1 ended", "giving it up"]);
    server.signal(Signal::HUP);
    server.wait_for(1, &[DONE]);
    // It has a history of its own again.
    let back = server.wait_for(5, &["worker 1 started with pid "]).pop().unwrap();
    kill_process(pid(&back), Signal::KILL).unwrap();
    server.wait_for(6, &["worker 1 started with pid "]);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn requests_wait_for_a_service_that_is_started_anew_as_a_whole() {
    let redis = RedisServer::start();
    for number in 1..=3 {
        send(&redis, number, "square", &json!({ "number": number }));
        let mut server = Server::start(&redis.url(), &["--fork", "2"]);
        assert_eq!(next_response(&redis).0, number);
        server.signal(Signal::TERM);
        assert_eq!(server.exit_code(), Some(0));
    }
}

#[test]
fn a_replacement_that_does_not_become_ready_in_time_is_ended() {
    let redis = RedisServer::start();
    let directory = TempDir::new().unwrap();
    let settings = directory.path().join("settings.json");
    write_settings(&settings, &redis.url(), 0, "");
    let mut server = start_with(&settings, &["--fork", "2", "--start-timeout", "0.5"]);
    server.wait_for(1, &["all workers are ready"]);
    // Nobody listens there.
    write_settings(&settings, "redis://127.0.0.1:1", 0, "");
    server.signal(Signal::HUP);
    server.wait_for(1, &["the new worker 1 was not ready after 0.5 s (--start-timeout)", GIVEN_UP]);
    let workers = server.workers(3);
    wait_until_gone(workers[2]);
    assert!(workers[..2].iter().all(|worker| runs(*worker)));
    check_serves(&redis, 7);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn a_hangup_while_workers_are_started_anew_is_remembered_once() {
    let redis = RedisServer::start();
    let mut server = Server::start(&redis.url(), &["--fork", "2"]);
    server.wait_for(1, &["all workers are ready"]);
    // The first worker is paused, so it is not gone before the signals.
    let first = server.workers(2)[0];
    kill_process(first, Signal::STOP).unwrap();
    server.signal(Signal::HUP);
    server.wait_for(1, &[BEGUN]);
    for count in 1..=3 {
        server.signal(Signal::HUP);
        server.wait_for(count, &["another rolling restart follows the one under way"]);
    }
    kill_process(first, Signal::CONT).unwrap();
    server.wait_for(2, &[DONE]);
    check_serves(&redis, 7);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    assert_eq!(server.workers(6).len(), 6);
}

#[test]
fn a_worker_that_dies_while_its_replacement_starts_is_replaced_all_the_same() {
    let redis = RedisServer::start();
    let mut server = Server::start(&redis.url(), &["--fork", "2"]);
    server.wait_for(1, &["all workers are ready"]);
    // Without it nobody becomes ready.
    redis.stop();
    server.signal(Signal::HUP);
    server.wait_for(2, &["worker 1 started with pid "]);
    kill_process(server.workers(3)[0], Signal::KILL).unwrap();
    server.wait_for(1, &["worker 1 ended (signal: 9 (SIGKILL)): another one has its place"]);
    redis.restart();
    server.wait_for(1, &[DONE]);
    check_serves(&redis, 7);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    assert_eq!(server.workers(4).len(), 4);
}

#[test]
fn a_replaced_worker_that_does_not_finish_in_time_holds_nobody_up() {
    let redis = RedisServer::start();
    let directory = TempDir::new().unwrap();
    let settings = directory.path().join("settings.json");
    write_settings(&settings, &redis.url(), 0, r#", "harakiri": { "timeout": 1 }"#);
    let mut server = start_with(&settings, &["--fork", "2"]);
    server.wait_for(1, &["all workers are ready"]);
    send(&redis, 1, "sleep", &json!({ "seconds": 60.0 }));
    server.wait_for(1, &["job request: "]);
    server.signal(Signal::HUP);
    server.wait_for(1, &[DONE]);
    redis.command(&["FLUSHALL"]);
    check_serves(&redis, 7);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn workers_that_are_started_anew_run_the_program_that_stands_there_now() {
    let redis = RedisServer::start();
    let directory = TempDir::new().unwrap();
    let [one, two, current] = ["1", "2", "current"].map(|name| directory.path().join(name));
    for version in [&one, &two] {
        fs::create_dir(version).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_soa-server"), version.join("server")).unwrap();
    }
    symlink(&one, &current).unwrap();
    let mut command = Command::new(current.join("server"));
    let mut server = Server::start_command(command.args(["--fork", "2", "--redis", &redis.url()]));
    server.wait_for(1, &["all workers are ready"]);
    // A new version behind a link, then a new file in the place of the old one.
    fs::remove_file(&current).unwrap();
    symlink(&two, &current).unwrap();
    for roll in 1..=2 {
        server.signal(Signal::HUP);
        server.wait_for(roll, &[DONE]);
        for worker in &server.workers(2 * roll + 2)[2 * roll..] {
            let program = fs::read_link(format!("/proc/{worker}/exe")).unwrap();
            assert_eq!(program, fs::canonicalize(&two).unwrap().join("server"));
        }
        fs::copy(one.join("server"), two.join("new")).unwrap();
        fs::rename(two.join("new"), two.join("server")).unwrap();
    }
    // One that does not even start.
    fs::remove_file(two.join("server")).unwrap();
    server.signal(Signal::HUP);
    server.wait_for(1, &["the new worker 1 could not be started", GIVEN_UP]);
    check_serves(&redis, 7);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn a_hangup_does_not_touch_workers_and_single_processes() {
    let redis = RedisServer::start();
    let mut server = Server::start(&redis.url(), &[]);
    server.wait_for(1, &["service demo started"]);
    server.signal(Signal::HUP);
    server.wait_for(1, &["this process is the only worker and does not restart itself"]);
    check_serves(&redis, 7);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));

    let mut server = Server::start(&redis.url(), &["--fork", "2"]);
    server.wait_for(1, &["all workers are ready"]);
    for worker in server.workers(2) {
        kill_process(worker, Signal::HUP).unwrap();
        kill_process(worker, Signal::INT).unwrap();
    }
    send(&redis, 1, "sleep", &json!({ "seconds": 0.1 }));
    assert_eq!(next_response(&redis).0, 1);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    assert_eq!(server.workers(2).len(), 2);
}
