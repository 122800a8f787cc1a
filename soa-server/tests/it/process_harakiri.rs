//! Actions of server processes that run for too long.

use std::{fs, path::PathBuf};

use rustix::process::Signal;
use serde_json::{Value as Json, json};
use soa_common::JobResponse;
use soa_fixtures::RedisServer;
use tempfile::TempDir;

use crate::process_support::{Server, check_serves, next_response, send};

fn settings(harakiri: &Json) -> (TempDir, PathBuf) {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("settings.json");
    fs::write(&path, json!({ "harakiri": harakiri }).to_string()).unwrap();
    (directory, path)
}

#[track_caller]
fn check_interrupted(response: &JobResponse) {
    assert_eq!(response.errors, []);
    let [action] = &response.actions[..] else { panic!("{response:?}") };
    let [error] = &action.errors[..] else { panic!("{response:?}") };
    assert_eq!(error.code, "ACTION_TIMEOUT");
    assert_eq!(error.message, "The action \"sleep\" ran for too long and had to be interrupted.");
    assert!(!error.is_caller_error);
}

#[test]
fn an_action_over_its_limit_is_answered_and_its_worker_lives_on() {
    let redis = RedisServer::start();
    for harakiri in [json!({ "timeout": 1 }), json!({ "actions": { "sleep": 0.5, "none": 1 } })] {
        let (_directory, settings) = settings(&harakiri);
        for fork in ["1", "2"] {
            let mut server = Server::start(&redis.url(), &["--settings", settings.to_str().unwrap(), "--fork", fork]);
            for id in 1..=20 {
                send(&redis, id, "sleep", &json!({ "seconds": if id % 2 == 0 { 60.0 } else { 0.1 } }));
            }
            for _ in 1..=20 {
                let (id, response) = next_response(&redis);
                match id % 2 {
                    0 => check_interrupted(&response),
                    _ => assert_eq!(response.actions[0].errors, [], "{id}"),
                }
            }
            check_serves(&redis, 5);
            server.wait_for(10, &[" ERROR ", " c0ffee sleep: the action \"sleep\" was interrupted after "]);
            server.signal(Signal::TERM);
            assert_eq!(server.exit_code(), Some(0));
            let lines = server.lines();
            let starts = lines.iter().filter(|line| line.contains("service demo started")).count();
            assert_eq!(starts.to_string(), fork, "a worker was started again");
            let unknown = "harakiri.actions.none: the service demo has no action of this name";
            assert_eq!(lines.iter().any(|line| line.contains(unknown)), harakiri.get("actions").is_some());
        }
    }
}

#[test]
fn a_stopping_worker_answers_what_exceeds_its_limit() {
    let redis = RedisServer::start();
    let (_directory, settings) = settings(&json!({ "timeout": 1 }));
    for fork in ["1", "2"] {
        let mut server = Server::start(&redis.url(), &["--settings", settings.to_str().unwrap(), "--fork", fork]);
        send(&redis, 1, "sleep", &json!({ "seconds": 60.0 }));
        server.wait_for(1, &["job request: "]);
        server.signal(Signal::TERM);
        check_interrupted(&next_response(&redis).1);
        assert_eq!(server.exit_code(), Some(0));
    }
}
