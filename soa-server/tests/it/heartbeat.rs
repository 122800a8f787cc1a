//! The heartbeat files of real workers.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use soa_fixtures::RedisServer;
use tempfile::TempDir;

use crate::process_support::{PATIENCE, Server, check_serves, send, wait_until_gone};

/// Writes settings with this heartbeat file in the directory. A worker without requests turns every second.
fn settings(directory: &TempDir, file: &str) -> String {
    settings_with(directory, file, 1)
}

fn settings_with(directory: &TempDir, file: &str, receive_timeout: u64) -> String {
    let path = directory.path().join("settings.json");
    let settings = json!({
        "heartbeat_file": directory.path().join(file),
        "transport": { "kwargs": { "receive_timeout_in_seconds": receive_timeout } },
    });
    fs::write(&path, settings.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Waits until the file holds another time than this, and gives it.
#[track_caller]
fn next_beat(path: &Path, last: f64) -> f64 {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(time) = fs::read_to_string(path).ok().and_then(|text| text.parse::<f64>().ok())
            && time != last
        {
            return time;
        }
        assert!(Instant::now() < deadline, "{} holds no new time", path.display());
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_idle_worker_beats_until_it_stops() {
    let (redis, directory) = (RedisServer::start(), TempDir::new().unwrap());
    let settings = settings(&directory, "{{pid}}-{{fid}}");
    let mut server = Server::start(&redis.url(), &["--settings", &settings]);
    check_serves(&redis, 7);
    let path = directory.path().join(format!("{}-1", server.pid()));
    let first = next_beat(&path, 0.0);
    let second = next_beat(&path, first);
    assert!(second - first >= 2.5, "{first} {second}");
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    assert!(!path.exists());
}

#[test]
fn a_worker_with_requests_beats() {
    let (redis, directory) = (RedisServer::start(), TempDir::new().unwrap());
    let settings = settings_with(&directory, "{{fid}}", 300);
    let _server = Server::start(&redis.url(), &["--settings", &settings]);
    let path = directory.path().join("1");
    let first = next_beat(&path, 0.0);
    let deadline = Instant::now() + PATIENCE;
    while fs::read_to_string(&path).unwrap().parse() == Ok(first) {
        check_serves(&redis, 7);
        assert!(Instant::now() < deadline, "{} holds no new time", path.display());
    }
}

#[test]
fn each_worker_beats_and_the_next_of_its_number_goes_on() {
    let (redis, directory) = (RedisServer::start(), TempDir::new().unwrap());
    let settings = settings(&directory, "{{fid}}");
    let mut server = Server::start(&redis.url(), &["--settings", &settings, "--fork", "2"]);
    let paths = ["1", "2"].map(|number| directory.path().join(number));
    let times = [next_beat(&paths[0], 0.0), next_beat(&paths[1], 0.0)];
    let killed: Pid = server.workers(2)[0];
    kill_process(killed, Signal::KILL).unwrap();
    wait_until_gone(killed);
    server.workers(3);
    for (path, last) in paths.iter().zip(times) {
        next_beat(path, last);
    }
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    assert!(paths.iter().all(|path| !path.exists()));
}

#[test]
fn the_parent_removes_what_a_killed_worker_has_left() {
    let (redis, directory) = (RedisServer::start(), TempDir::new().unwrap());
    let settings = settings(&directory, "beat-{{pid}}-{{fid}}");
    let mut server = Server::start(&redis.url(), &["--settings", &settings, "--fork", "2"]);
    server.wait_for(1, &["all workers are ready"]);
    let workers = server.workers(2);
    let path = |index: usize, pid: Pid| directory.path().join(format!("beat-{pid}-{}", index + 1));
    let paths: Vec<_> = workers.iter().enumerate().map(|(index, pid)| path(index, *pid)).collect();
    assert!(paths.iter().all(|path| path.exists()));
    // The one cannot remove anything, the other one ends by itself.
    kill_process(workers[0], Signal::KILL).unwrap();
    kill_process(workers[1], Signal::QUIT).unwrap();
    server.wait_for(2, &["starting it again"]);
    assert!(paths.iter().all(|path| !path.exists()));
    // Also at the end, when nothing follows.
    server.wait_for(4, &["heartbeat file: "]);
    let last = server.workers(4);
    send(&redis, 1, "sleep", &json!({ "seconds": 60.0 }));
    server.wait_for(1, &["job request: "]);
    for worker in &last[2..] {
        kill_process(*worker, Signal::STOP).unwrap();
    }
    server.signal(Signal::TERM);
    server.wait_for(1, &["stop signal"]);
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(1));
    let left: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["settings.json"]);
}

#[test]
fn a_worker_that_was_replaced_leaves_the_file_to_the_next() {
    let (redis, directory) = (RedisServer::start(), TempDir::new().unwrap());
    let settings = settings(&directory, "{{fid}}");
    let server = Server::start(&redis.url(), &["--settings", &settings, "--fork", "2"]);
    server.wait_for(1, &["all workers are ready"]);
    server.signal(Signal::HUP);
    // The files have to be there at once: the next write may be seconds away.
    server.wait_for(2, &["ended (exit status: 0)"]);
    for number in ["1", "2"] {
        let path = directory.path().join(number);
        let time = fs::read_to_string(&path).unwrap();
        next_beat(&path, time.parse().unwrap());
    }
}

#[test]
fn a_file_that_cannot_be_written_ends_the_start() {
    let (redis, directory) = (RedisServer::start(), TempDir::new().unwrap());
    let settings = settings(&directory, "nowhere/{{fid}}");
    for fork in ["1", "2"] {
        let mut server = Server::start(&redis.url(), &["--settings", &settings, "--fork", fork]);
        assert_eq!(server.exit_code(), Some(2));
        server
            .wait_for(1, &["error: the heartbeat file cannot be written: ", "nowhere/1\": No such file or directory"]);
    }
}
