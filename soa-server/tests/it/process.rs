//! Whole server processes: serving, stopping, and the command line.

use std::process::Command;

use rustix::process::{Signal, kill_process};
use serde_json::json;
use soa_fixtures::RedisServer;
use tempfile::TempDir;

use crate::process_support::{Server, check_serves, next_response, send, wait_until_gone};

#[test]
fn one_worker_serves_and_stops_cleanly() {
    let redis = RedisServer::start();
    let alone = [&[][..], &["-f", "0"], &["--fork", "1"]];
    for (signal, arguments) in [Signal::TERM, Signal::INT].into_iter().zip(alone.into_iter().cycle()).take(6) {
        let mut server = Server::start(&redis.url(), arguments);
        check_serves(&redis, 7);
        server.wait_for(1, &[" main ", "service demo started", "PySOA 1.4.9", &redis.addr().to_string()]);
        server.signal(signal);
        assert_eq!(server.exit_code(), Some(0));
        // It comes from a thread that knows no request.
        server.wait_for(1, &[" main demo -- -- (n/a): stop signal: finishing what runs"]);
    }
}

#[test]
fn built_in_actions_answer_over_redis() {
    let redis = RedisServer::start();
    let _server = Server::start(&redis.url(), &[]);
    send(&redis, 1, "status", &json!({}));
    let (_, response) = next_response(&redis);
    let status: serde_json::Value = response.actions[0].body.decode().unwrap();
    assert_eq!((&status["version"], &status["pysoa"]), (&json!(env!("CARGO_PKG_VERSION")), &json!("1.4.9")));
    assert_eq!(status["healthcheck"], json!({"errors": [], "warnings": [], "diagnostics": {}}));
    send(&redis, 2, "introspect", &json!({}));
    let (_, response) = next_response(&redis);
    let answer: serde_json::Value = response.actions[0].body.decode().unwrap();
    assert_eq!(answer["action_names"], json!(["echo", "introspect", "sleep", "square", "status"]));
    assert_eq!(answer["actions"]["square"]["documentation"], "Squares a number.");
}

#[test]
fn lines_of_the_log_carry_their_request_and_no_secret() {
    let redis = RedisServer::start();
    let server = Server::start(&redis.url(), &[]);
    send(&redis, 417, "echo", &json!({ "colour": "red", "password": "hunter2" }));
    let (_, response) = next_response(&redis);
    assert_eq!(response.actions[0].body.get("password").unwrap().as_str(), Some("hunter2"));
    let fields = " main demo 417 c0ffee (n/a): ";
    let [request, response] = ["job request: ", "job response: "].map(|what| server.wait_for(1, &[fields, what]));
    let (_, took) = response[0].rsplit_once(" took_ms=").unwrap();
    assert!(took.parse::<f64>().unwrap() >= 0.0, "{took}");
    for line in [&request[0], &response[0]] {
        assert!(line.contains("red") && line.contains("**********") && !line.contains("hunter2"), "{line}");
        assert!(!line.contains('\u{1b}'), "{line:?}");
    }
}

#[test]
fn masters_come_from_the_command_line_the_settings_and_the_environment_in_this_order() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("hosts.json");
    let hosts =
        r#"{ "transport": { "kwargs": { "backend_layer_kwargs": { "hosts": ["localhost:2"], "redis_db": 7 } } } }"#;
    std::fs::write(&file, hosts).unwrap();
    let file = ["--settings", file.to_str().unwrap()];
    let flag = ["--redis", "redis://:hunter2@localhost:1,redis://localhost:3/1"];
    for (arguments, masters) in [
        ([&flag[..], &file].concat(), "redis://localhost:1/7, redis://localhost:3/1"),
        (file.to_vec(), "redis://localhost:2/7"),
        (flag.to_vec(), "redis://localhost:1/0, redis://localhost:3/1"),
        (Vec::new(), "redis://localhost:4/0"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_soa-server"));
        let mut server = Server::start_command(command.env("SOA_REDIS_URL", "redis://localhost:4").args(arguments));
        server.wait_for(1, &["service demo started", &format!("Redis at {masters}")]);
        server.signal(Signal::TERM);
        assert_eq!(server.exit_code(), Some(0));
    }
}

#[test]
fn four_workers_serve_and_stop_cleanly() {
    let redis = RedisServer::start();
    let mut server = Server::start(&redis.url(), &["--fork", "4"]);
    for number in 1..=4 {
        server.wait_for(1, &[&format!(" worker-{number} "), "service demo started"]);
    }
    for number in 0..20 {
        check_serves(&redis, number);
    }
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    // The parent serves nothing.
    assert_eq!(server.wait_for(4, &["service demo started"]).len(), 4);
    for worker in server.workers(4) {
        wait_until_gone(worker);
    }
}

#[test]
fn more_workers_than_the_processors_bear_are_not_started() {
    let redis = RedisServer::start();
    let mut server = Server::start(&redis.url(), &["--fork-processes", "1000"]);
    let line = server.wait_for(1, &["WARNING main", "--fork 1000 is more than 5 workers for each of"]);
    let most: usize = line[0].rsplit(' ').next().unwrap().parse().unwrap();
    server.workers(most);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    assert_eq!(server.workers(most).len(), most);
}

#[test]
fn a_stop_signal_lets_a_running_request_finish() {
    let redis = RedisServer::start();
    for arguments in [&[][..], &["--fork", "2"]] {
        let mut server = Server::start(&redis.url(), arguments);
        send(&redis, 1, "sleep", &json!({ "seconds": 1.0 }));
        server.wait_for(1, &["job request: "]);
        server.signal(Signal::TERM);
        let (request_id, response) = next_response(&redis);
        assert_eq!((request_id, &*response.errors, &*response.actions[0].errors), (1, &[][..], &[][..]));
        assert_eq!(server.exit_code(), Some(0));
    }
}

#[test]
fn the_same_signal_again_ends_by_force() {
    let redis = RedisServer::start();
    for (arguments, told) in
        [(&[][..], "main demo -- -- (n/a): second stop signal"), (&["--fork", "2"], "told to end at once (SIGQUIT)")]
    {
        let mut server = Server::start(&redis.url(), arguments);
        send(&redis, 1, "sleep", &json!({ "seconds": 60.0 }));
        server.wait_for(1, &["job request: "]);
        server.signal(Signal::INT);
        server.wait_for(1, &[" main ", "stop signal"]);
        server.signal(Signal::INT);
        assert_eq!(server.exit_code(), Some(1));
        server.wait_for(1, &[&format!("{told}: ending with requests unfinished: 1")]);
        server.wait_for(1, &["main demo -- -- (n/a): second stop signal: ending"]);
        redis.command(&["FLUSHALL"]);
    }
}

#[test]
fn a_worker_that_is_told_to_end_at_once_says_so() {
    let redis = RedisServer::start();
    let mut server = Server::start(&redis.url(), &["--fork", "2"]);
    server.wait_for(1, &["all workers are ready"]);
    kill_process(server.workers(2)[0], Signal::QUIT).unwrap();
    server.wait_for(1, &["worker-1", "told to end at once (SIGQUIT): ending with requests unfinished: 0"]);
    server.wait_for(1, &["worker 1 ended (exit status: 1): starting it again"]);
    assert!(!server.lines().iter().any(|line| line.contains("second stop signal")));
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn the_parent_names_its_service_once_a_worker_has_told_it() {
    let redis = RedisServer::start();
    let mut server = Server::start(&redis.url(), &["--fork", "2"]);
    server.wait_for(1, &[" main demo -- -- (n/a): all workers are ready"]);
    server.wait_for(2, &[" main unknown -- -- (n/a): worker ", "started with pid"]);
    server.signal(Signal::TERM);
    server.wait_for(1, &[" main demo -- -- (n/a): stop signal: waiting for workers to end: 2"]);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn interrupt_and_terminate_together_are_one_request_to_stop() {
    let redis = RedisServer::start();
    for arguments in [&[][..], &["--fork", "2"]] {
        let mut server = Server::start(&redis.url(), arguments);
        send(&redis, 1, "sleep", &json!({ "seconds": 1.0 }));
        server.wait_for(1, &["job request: "]);
        // A terminal's Ctrl-C reaches every process of the group, while a supervisor sends its own signal.
        let workers = if arguments.is_empty() { Vec::new() } else { server.workers(2) };
        for process in workers.into_iter().chain([server.pid()]) {
            kill_process(process, Signal::INT).unwrap();
        }
        server.signal(Signal::TERM);
        assert_eq!(next_response(&redis).0, 1);
        assert_eq!(server.exit_code(), Some(0));
    }
}

#[test]
fn all_processes_told_to_stop_at_once_let_a_running_request_finish() {
    let redis = RedisServer::start();
    let mut server = Server::start(&redis.url(), &["--fork", "2"]);
    server.wait_for(1, &["all workers are ready"]);
    send(&redis, 1, "sleep", &json!({ "seconds": 1.0 }));
    server.wait_for(1, &["job request: "]);
    // As a supervisor does that tells a whole control group; the parent's own signal to its workers comes after it.
    for worker in server.workers(2) {
        kill_process(worker, Signal::TERM).unwrap();
    }
    server.wait_for(2, &["stop signal: finishing what runs"]);
    server.signal(Signal::TERM);
    assert_eq!(next_response(&redis).0, 1);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn draining_has_a_limit() {
    let redis = RedisServer::start();
    let directory = TempDir::new().unwrap();
    let settings = directory.path().join("settings.json");
    std::fs::write(&settings, r#"{ "harakiri": { "timeout": 1, "actions": { "sleep": 0 } } }"#).unwrap();
    for fork in ["1", "2"] {
        let mut server = Server::start(&redis.url(), &["--settings", settings.to_str().unwrap(), "--fork", fork]);
        send(&redis, 1, "sleep", &json!({ "seconds": 60.0 }));
        server.wait_for(1, &["job request: "]);
        server.signal(Signal::TERM);
        assert_eq!(server.exit_code(), Some(1));
        server.wait_for(1, &[" demo -- -- (n/a): requests not finished within 1 s of the request to stop: 1"]);
        // Callers of what was dropped once heard nothing.
        let (id, response) = next_response(&redis);
        let error = &response.actions[0].errors[0];
        let reason = error.variables.as_ref().and_then(|variables| variables.as_map()?.get("reason")?.as_str());
        assert_eq!((id, &*error.code, reason), (1, "ACTION_TIMEOUT", Some("worker_stopping")));
    }
}

#[test]
fn requests_have_as_many_threads_as_the_settings_say() {
    let redis = RedisServer::start();
    let directory = TempDir::new().unwrap();
    let settings = directory.path().join("settings.json");
    for threads in [1, 3] {
        std::fs::write(&settings, json!({ "runtime": { "threads": threads } }).to_string()).unwrap();
        let server = Server::start(&redis.url(), &["--settings", settings.to_str().unwrap()]);
        check_serves(&redis, 7);
        let tasks = std::fs::read_dir(format!("/proc/{}/task", server.pid())).unwrap();
        let names = tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).unwrap());
        // With one it is the main thread.
        let expected = if threads == 1 { 0 } else { threads };
        assert_eq!(names.filter(|name| name.starts_with("tokio-")).count(), expected);
    }
}

/// Runs the program to its end and compares its exit code, and what it prints where.
fn check_output(arguments: &[&str], code: i32, stdout: &[&str], stderr: &[&str]) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_soa-server")).env_remove("SOA_REDIS_URL").args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
    for (expected, found) in [(stdout, output.stdout), (stderr, output.stderr)] {
        let found = String::from_utf8(found).unwrap();
        assert_eq!(found.is_empty(), expected.is_empty(), "{arguments:?}: {found}");
        for part in expected {
            assert!(found.contains(part), "{arguments:?}: {found}");
        }
    }
}

#[test]
fn the_command_line_explains_itself() {
    check_output(&["--help"], 0, &["Usage: soa-server", "Examples:", "--fork 4", "Exit codes:", "URL[,URL…]"], &[]);
    check_output(&["--version"], 0, &["soa-server (soa-server 0.1.0, PySOA 1.4.9)"], &[]);
}

#[test]
fn wrong_usage_and_wrong_settings_end_with_2() {
    let directory = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    check_output(
        &["--fork", "many"],
        2,
        &[],
        &["invalid value 'many' for '--fork <N>': allowed is an integer of 0 or more"],
    );
    check_output(
        &["--fork", "-1"],
        2,
        &[],
        &["invalid value '-1' for '--fork <N>': allowed is an integer of 0 or more"],
    );
    check_output(&["--frok", "4"], 2, &[], &["--frok", "--fork"]);
    check_output(&["--redis", "http://u:hunter2@a"], 2, &[], &["error: --redis: found \"http://***@a\"; allowed is"]);
    check_output(&["--settings", "nowhere.json"], 2, &[], &["error: nowhere.json: cannot be read: "]);
    let wrong = file("wrong.json", r#"{ "concurency": 8, "harakiri": { "timeout": -1 } }"#);
    let faults = [
        "wrong.json: 2 settings are wrong\n",
        "\n  concurency: unknown key; allowed are: ",
        "(did you mean concurrency?)\n",
        "\n  harakiri.timeout: found -1; allowed is an integer of 0 or more (seconds, 0 = off)\n",
    ];
    for arguments in [&["--settings", &wrong][..], &["-s", &wrong, "--fork", "2"], &["-s", &wrong, "--check-settings"]]
    {
        check_output(arguments, 2, &[], &faults);
    }
    let class = file("class.json", r#"{ "middleware": [{ "path": "my_app.middleware:Audit" }] }"#);
    let fault = "\n  middleware.0.path: \"my_app.middleware:Audit\" is not registered; registered are: none\n";
    check_output(&["-s", &class], 2, &[], &[fault]);
    let route = file(
        "route.json",
        r#"{ "client_routing": { "users": { "transport": { "path": "stub", "kwargs": { "action_map": {} } } } } }"#,
    );
    check_output(&["-s", &route], 2, &[], &["client_routing.users.transport.path: found \"stub\"; allowed is redis"]);
    let right = file("right.yaml", "concurrency: 8\nclient_routing: {users: {}}\n");
    check_output(&["--settings", &right, "--check-settings"], 0, &["the settings are right\n"], &[]);
}
