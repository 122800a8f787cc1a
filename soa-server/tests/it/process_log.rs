//! Which lines the log of a server process has.

use std::fs;

use rustix::process::Signal;
use serde_json::json;
use soa_fixtures::RedisServer;
use tempfile::TempDir;

use crate::process_support::{Server, check_serves, next_response, send, send_together};

#[test]
fn lines_below_the_level_are_left_out() {
    let redis = RedisServer::start();
    for arguments in [&["--log-level", "error"][..], &["--log-level", "WARNING", "--fork", "2"]] {
        let mut server = Server::start(&redis.url(), arguments);
        check_serves(&redis, 7);
        server.signal(Signal::TERM);
        assert_eq!(server.exit_code(), Some(0));
        assert_eq!(*server.lines(), [""; 0]);
    }
}

#[test]
fn requests_are_logged_as_the_settings_say() {
    let redis = RedisServer::start();
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("settings.json");
    let settings = json!({
        "request_log_success_level": "DEBUG",
        "request_log_error_level": "WARNING",
        "extra_fields_to_redact": ["colour"],
    });
    fs::write(&path, settings.to_string()).unwrap();
    let mut server = Server::start(&redis.url(), &["--settings", path.to_str().unwrap()]);
    check_serves(&redis, 7);
    send(&redis, 8, "square", &json!({ "number": "many", "colour": "red" }));
    assert_eq!(next_response(&redis).1.actions[0].errors.len(), 2);
    for what in ["job request: ", "job response: "] {
        server.wait_for(1, &[" WARNING main demo 8 c0ffee (n/a): ", what]);
    }
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    let lines = server.lines();
    assert_eq!(lines.iter().filter(|line| line.contains("job re")).count(), 2, "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("\"red\"")), "{lines:?}");
}

/// Lines of requests and responses are written several at a time, by several processes into one pipe.
#[test]
fn lines_that_are_written_together_are_whole_and_in_order() {
    let redis = RedisServer::start();
    let mut server = Server::start(&redis.url(), &["--fork", "2"]);
    server.wait_for(1, &["all workers are ready"]);
    let count = 400;
    let body = |id: u64| json!({ "number": id, "padding": "x".repeat(id as usize * 7) });
    for first in (0..count).step_by(40) {
        send_together(&redis, &(first..first + 40).map(|id| (id, "echo", body(id))).collect::<Vec<_>>());
    }
    (0..count).for_each(|_| drop(next_response(&redis)));
    // Without more to write they do not wait for anything.
    server.wait_for(count as usize, &["job response: "]);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    let lines = server.lines();
    for id in 0..count {
        let own = format!(" demo {id} c0ffee (n/a): job re");
        let own: Vec<_> = lines.iter().filter(|line| line.contains(&own)).collect();
        let [request, response] = own[..] else { panic!("{own:?}") };
        assert!(request.contains(": job request: {") && request.ends_with(&format!("{}}}]}}", body(id))), "{request}");
        assert!(response.contains(": job response: {") && response.contains(" took_ms="), "{response}");
    }
}
