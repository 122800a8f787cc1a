//! Which lines the log of a server process has.

use std::fs;

use rustix::process::Signal;
use serde_json::json;
use soa_fixtures::RedisServer;
use tempfile::TempDir;

use crate::process_support::{Server, check_serves, next_response, send};

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
