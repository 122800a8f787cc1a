//! What befalls server processes: workers and parents that are killed, and Redis that comes and goes.

use std::{
    collections::BTreeSet,
    os::unix::process::CommandExt,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Signal, kill_process, kill_process_group};
use serde_json::json;
use soa_fixtures::RedisServer;

use crate::process_support::{PATIENCE, Server, check_serves, next_response, pid, send, wait_until_gone};

#[test]
fn a_killed_worker_is_started_again() {
    let redis = RedisServer::start();
    let mut server = Server::start(&redis.url(), &["--fork", "2"]);
    for worker in server.workers(2) {
        kill_process(worker, Signal::KILL).unwrap();
        wait_until_gone(worker);
    }
    server.wait_for(2, &["WARNING main", "signal: 9", "starting it again"]);
    server.workers(4);
    for number in 0..10 {
        check_serves(&redis, number);
    }
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn a_worker_that_was_told_to_stop_by_somebody_else_is_started_again() {
    let redis = RedisServer::start();
    let mut server = Server::start(&redis.url(), &["--fork", "2"]);
    server.wait_for(2, &["service demo started"]);
    kill_process(server.workers(2)[0], Signal::TERM).unwrap();
    server.wait_for(1, &["exit status: 0", "starting it again"]);
    server.workers(3);
    check_serves(&redis, 3);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn nothing_is_started_again_when_the_whole_process_group_is_told_to_stop() {
    let redis = RedisServer::start();
    // What the parent sees first is a matter of luck.
    for _ in 0..5 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_soa-server"));
        command.args(["--redis", &redis.url(), "--fork", "4"]).process_group(0);
        let mut server = Server::start_command(&mut command);
        server.wait_for(4, &["service demo started"]);
        let workers = server.workers(4);
        // All workers have ended when the parent gets to its own signal.
        server.signal(Signal::STOP);
        kill_process_group(server.pid(), Signal::TERM).unwrap();
        server.wait_for(4, &[" demo -- -- (n/a): stopped"]);
        for worker in workers {
            wait_until_gone(worker);
        }
        server.signal(Signal::CONT);
        assert_eq!(server.exit_code(), Some(0));
        let lines = server.lines().join("\n");
        assert!(!lines.contains("starting it again"), "{lines}");
    }
}

#[test]
fn workers_that_end_too_often_are_given_up() {
    let redis = RedisServer::start();
    let mut server = Server::start(&redis.url(), &["--fork", "2"]);
    for (number, signal) in [(1, Signal::KILL), (2, Signal::TERM)] {
        for life in 1..=4 {
            let starts = server.wait_for(life, &[&format!("worker {number} started with pid ")]);
            server.wait_for(life, &[&format!(" worker-{number} "), "service demo started"]);
            kill_process(pid(starts.last().unwrap()), signal).unwrap();
        }
    }
    // Whatever their exit code.
    server.wait_for(1, &["ERROR main", "worker 1 ended (signal: 9 (SIGKILL)) too often: giving it up"]);
    server.wait_for(1, &["ERROR main", "worker 2 ended (exit status: 0) too often: giving it up"]);
    assert_eq!(server.exit_code(), Some(3));
}

#[test]
fn without_respawn_the_parent_ends_with_its_last_worker() {
    let redis = RedisServer::start();
    let mut server = Server::start(&redis.url(), &["--fork", "2", "--no-respawn"]);
    for worker in server.workers(2) {
        kill_process(worker, Signal::KILL).unwrap();
    }
    assert_eq!(server.exit_code(), Some(3));
}

#[test]
fn no_worker_outlives_its_parent() {
    let redis = RedisServer::start();
    let server = Server::start(&redis.url(), &["--fork", "3"]);
    server.wait_for(3, &["service demo started"]);
    // One of them is in the middle of something long.
    send(&redis, 1, "sleep", &json!({ "seconds": 60.0 }));
    server.wait_for(1, &["job request: "]);
    let wait_for_takers = |expected| {
        let deadline = Instant::now() + PATIENCE;
        while redis.command(&["CLIENT", "LIST"]).text().matches(" flags=b ").count() != expected {
            assert!(Instant::now() < deadline, "not {expected} wait for requests");
            thread::sleep(Duration::from_millis(5));
        }
    };
    // One that is just about to would be missed below.
    wait_for_takers(3);
    server.signal(Signal::KILL);
    server.wait_for(3, &["the parent process has died: finishing what runs"]);
    // When nobody waits for requests any more, nobody takes one.
    wait_for_takers(0);
    send(&redis, 2, "square", &json!({ "number": 2 }));
    for worker in server.workers(3) {
        wait_until_gone(worker);
    }
    assert_eq!(redis.command(&["LLEN", "pysoa:service.demo"]).int(), 1);
}

#[test]
fn redis_may_come_after_the_server() {
    let redis = RedisServer::start();
    redis.stop();
    let mut server = Server::start(&redis.url(), &["--fork", "2"]);
    server.wait_for(2, &["WARNING", "is out of order"]);
    redis.restart();
    check_serves(&redis, 7);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn redis_may_restart_while_requests_run() {
    let redis = RedisServer::builder().appendonly(true).start();
    let mut server = Server::start(&redis.url(), &["--fork", "2"]);
    for round in 0..3 {
        let ids: BTreeSet<u64> = (0..20).map(|number| round * 100 + number).collect();
        for id in &ids {
            send(&redis, *id, "sleep", &json!({ "seconds": 0.3 }));
        }
        server.wait_for((round as usize + 1) * 20, &["job request: "]);
        redis.restart();
        let answered: BTreeSet<u64> = ids.iter().map(|_| next_response(&redis).0).collect();
        assert_eq!(answered, ids);
    }
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn a_server_without_redis_can_be_stopped() {
    let redis = RedisServer::start();
    for arguments in [&[][..], &["--fork", "2"]] {
        redis.restart();
        let mut server = Server::start(&redis.url(), arguments);
        check_serves(&redis, 7);
        redis.kill();
        server.wait_for(1, &["WARNING", "is out of order"]);
        server.signal(Signal::TERM);
        assert_eq!(server.exit_code(), Some(0));
    }
}

#[test]
fn a_server_whose_redis_is_frozen_can_be_stopped() {
    let redis = RedisServer::start();
    let mut server = Server::start(&redis.url(), &[]);
    check_serves(&redis, 7);
    // Now nothing is on its way any more.
    server.wait_for(1, &["job response: "]);
    redis.pause();
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    redis.resume();
}
