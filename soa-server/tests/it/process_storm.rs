//! Kills and rolling restarts under load: every call ends, with its answer or with its time.

use std::{
    fs,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Signal, kill_process};
use serde_json::json;
use soa_client::{CallError, Client, RedisSettings, TransportErrorKind};
use soa_fixtures::RedisServer;
use tempfile::TempDir;

use crate::process_support::{Server, check_serves, pid};

const WORKERS: usize = 4;
const CALLERS: u64 = 8;

/// A worker may end three times in 15 seconds without being given up; a rolling restart begins a new count.
const KILLS_PER_ROLL: usize = 3;
const ROLLS: usize = 17;

const _: () = assert!(WORKERS * KILLS_PER_ROLL * ROLLS >= 200);

/// How long a caller waits.
const TIMEOUT: Duration = Duration::from_millis(500);

/// How calls ended.
#[derive(Default)]
struct Outcomes {
    answered: u64,
    timed_out: u64,
}

/// Calls one call after the other until it is over.
async fn call(client: &Client, is_over: &AtomicBool, caller: u64) -> Outcomes {
    let mut outcomes = Outcomes::default();
    while !is_over.load(Ordering::Relaxed) {
        let number = caller * 1000 + outcomes.answered % 1000;
        let start = Instant::now();
        match client.call_action("demo", "square", json!({ "number": number })).await {
            Ok(answer) => {
                assert_eq!(answer.body.decode::<serde_json::Value>().unwrap(), json!({ "square": number * number }));
                outcomes.answered += 1;
            }
            // A worker that is killed takes with it what it has popped.
            Err(CallError::Transport(error)) if error.kind() == TransportErrorKind::MessageReceiveTimeout => {
                assert!(start.elapsed() >= TIMEOUT, "{error} too early");
                outcomes.timed_out += 1;
            }
            Err(error) => panic!("a call ended with {error}"),
        }
    }
    outcomes
}

fn load(redis: &str, is_over: &AtomicBool) -> Outcomes {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut settings = RedisSettings::from_url(redis).unwrap();
        settings.receive_timeout = TIMEOUT;
        let client = Client::builder().service("demo", settings).build().unwrap();
        let calls = (0..CALLERS).map(|caller| call(&client, is_over, caller));
        futures_util::future::join_all(calls).await.into_iter().fold(Outcomes::default(), |sum, one| Outcomes {
            answered: sum.answered + one.answered,
            timed_out: sum.timed_out + one.timed_out,
        })
    })
}

#[test]
fn calls_end_with_an_answer_or_their_time_whatever_befalls_the_workers() {
    let redis = RedisServer::start();
    let directory = TempDir::new().unwrap();
    let settings = directory.path().join("settings.json");
    // The log of requests would be long.
    fs::write(&settings, r#"{ "request_log_success_level": "DEBUG" }"#).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_soa-server"));
    command.args(["--redis", &redis.url(), "--fork", &WORKERS.to_string(), "--settings"]).arg(&settings);
    let mut server = Server::start_command(&mut command);
    server.wait_for(1, &["all workers are ready"]);
    let is_over = Arc::new(AtomicBool::new(false));
    let (url, over) = (redis.url(), Arc::clone(&is_over));
    let callers = thread::spawn(move || load(&url, &over));
    let mut lives = 1;
    for roll in 1..=ROLLS {
        for _ in 0..KILLS_PER_ROLL {
            for number in 1..=WORKERS {
                let starts = server.wait_for(lives, &[&format!("worker {number} started with pid ")]);
                kill_process(pid(&starts[lives - 1]), Signal::KILL).unwrap();
                server.wait_for(lives + 1, &[&format!("worker {number} is ready")]);
            }
            lives += 1;
        }
        server.signal(Signal::HUP);
        server.wait_for(roll, &["all workers have been started anew"]);
        lives += 1;
    }
    // Calls that were lost last are waited for, too.
    is_over.store(true, Ordering::Relaxed);
    let outcomes = callers.join().unwrap();
    assert!(outcomes.answered > 0, "{} calls, and none answered", outcomes.timed_out);
    for number in 0..20 {
        check_serves(&redis, number);
    }
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
}
