//! Actions that spin while others are called: each call ends once, and in time.

use std::{
    collections::HashMap,
    fs,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::json;
use soa_common::JobResponse;
use soa_fixtures::RedisServer;
use tempfile::TempDir;

use crate::process_support::{PATIENCE, Server, check_serves, next_response, responses_left, send};

const WORKERS: usize = 2;

/// A worker may end three times in 15 seconds without being given up; a rolling restart begins a new count.
const SPINS_PER_ROLL: u64 = 3;
const ROLLS: u64 = 3;

/// How many calls are in flight.
const CALLS: u64 = 24;

/// What spins has ids from here on.
const SPINS: u64 = 1_000_000;

/// The limit of what spins (0.5 s) and what the others may have to wait beyond it (0.5 s), many times over: the machine
/// may be busy. What spins would go on for much longer.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

#[derive(Debug, Default)]
struct Outcomes {
    answered: u64,
    interrupted: u64,
    longest: Duration,
}

/// Has always some calls in flight until it is over; then waits for those that are left.
fn load(redis: &RedisServer, is_over: &AtomicBool, spins: &mpsc::Sender<u64>) -> Outcomes {
    let mut outcomes = Outcomes::default();
    let mut in_flight = HashMap::new();
    let mut next = 0;
    let mut call = |in_flight: &mut HashMap<u64, Instant>| {
        next += 1;
        in_flight.insert(next, Instant::now());
        match next % 4 {
            0 => send(redis, next, "wait", &json!({ "seconds": 0.05 })),
            _ => send(redis, next, "square", &json!({ "number": next })),
        }
    };
    (0..CALLS).for_each(|_| call(&mut in_flight));
    while !in_flight.is_empty() {
        let (id, response) = next_response(redis);
        if id > SPINS {
            assert_eq!(reason(&response), Some("self".to_owned()), "{response:?}");
            spins.send(id).unwrap();
            continue;
        }
        let sent = in_flight.remove(&id).unwrap_or_else(|| panic!("{id} was answered twice"));
        outcomes.longest = outcomes.longest.max(sent.elapsed());
        match reason(&response) {
            Some(reason) => {
                assert_eq!(reason, "worker_stuck", "{response:?}");
                outcomes.interrupted += 1;
            }
            None => {
                assert_eq!(response.errors, []);
                assert_eq!(response.actions[0].errors, []);
                let square = (id % 4 != 0).then(|| (id * id).into());
                assert_eq!(response.actions[0].body.get("square"), square);
                outcomes.answered += 1;
            }
        }
        if !is_over.load(Ordering::Relaxed) {
            call(&mut in_flight);
        }
    }
    outcomes
}

/// Why the watchdog has interrupted what this is the response to.
fn reason(response: &JobResponse) -> Option<String> {
    let errors = response.actions.iter().flat_map(|action| &action.errors).chain(&response.errors);
    let error = errors.into_iter().next()?;
    assert!(["ACTION_TIMEOUT", "JOB_TIMEOUT"].contains(&&*error.code), "{error:?}");
    Some(error.variables.as_ref()?.as_map()?.get("reason")?.as_str()?.to_owned())
}

#[test]
fn nobody_else_waits_for_long_while_actions_spin() {
    let redis = Arc::new(RedisServer::start());
    let directory = TempDir::new().unwrap();
    let settings = directory.path().join("settings.json");
    let harakiri = json!({ "timeout": 30, "shutdown_grace": 1, "actions": { "spin": 0.5 } });
    // The log of requests would be long.
    let settings_of =
        json!({ "harakiri": harakiri, "request_log_success_level": "DEBUG", "request_log_error_level": "DEBUG" });
    fs::write(&settings, settings_of.to_string()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_soa-server-stuck"));
    command.args(["--redis", &redis.url(), "--fork", &WORKERS.to_string(), "--settings"]).arg(&settings);
    let mut server = Server::start_command(&mut command);
    server.wait_for(1, &["all workers are ready"]);
    let is_over = Arc::new(AtomicBool::new(false));
    let (spin, spun) = mpsc::channel();
    let (callers_redis, over) = (Arc::clone(&redis), Arc::clone(&is_over));
    let callers = thread::spawn(move || load(&callers_redis, &over, &spin));
    for roll in 0..ROLLS {
        for spins in 1..=SPINS_PER_ROLL {
            let spins = roll * SPINS_PER_ROLL + spins;
            send(&redis, SPINS + spins, "spin", &json!({ "seconds": 600 }));
            assert_eq!(spun.recv_timeout(PATIENCE).unwrap(), SPINS + spins);
            server.wait_for(spins as usize, &["exit status: 70", "starting it again"]);
            let started = WORKERS * (roll as usize + 1) + spins as usize;
            server.wait_for(started, &["worker ", " is ready"]);
        }
        server.signal(Signal::HUP);
        server.wait_for(roll as usize + 1, &["all workers have been started anew"]);
    }
    is_over.store(true, Ordering::Relaxed);
    let outcomes = callers.join().unwrap();
    assert!(outcomes.answered > 0 && outcomes.longest < LONGEST_WAIT, "{outcomes:?}");
    assert_eq!(responses_left(&redis), 0);
    check_serves(&redis, 7);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
}
