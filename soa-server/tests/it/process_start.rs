//! Signals to processes that are still starting.

use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
};

use rustix::process::Signal;
use soa_fixtures::RedisServer;
use tempfile::TempDir;

use crate::process_support::{Server, check_serves};

const PROGRAM: &str = env!("CARGO_BIN_EXE_soa-server");

/// Settings that a process waits for: a pipe in their place, and the settings that are to follow.
fn awaited_settings(directory: &Path) -> String {
    let path = directory.join("settings.json");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_hangup_while_the_settings_are_read_waits() {
    let redis = RedisServer::start();
    for (arguments, told) in [
        (&[][..], "SIGHUP: this process is the only worker"),
        (&["--fork", "2"], "SIGHUP: starting the workers anew, one after the other"),
    ] {
        let directory = TempDir::new().unwrap();
        let settings = awaited_settings(directory.path());
        let mut server = Server::start(&redis.url(), &[arguments, &["--settings", &settings]].concat());
        // Opened as soon as the other end is.
        let mut pipe = File::options().write(true).open(&settings).unwrap();
        server.signal(Signal::HUP);
        fs::write(directory.path().join("next"), "{}").unwrap();
        fs::rename(directory.path().join("next"), &settings).unwrap();
        pipe.write_all(b"{}").unwrap();
        drop(pipe);
        check_serves(&redis, 7);
        server.wait_for(1, &[told]);
        server.signal(Signal::TERM);
        assert_eq!(server.exit_code(), Some(0));
    }
}

#[test]
fn a_hangup_reaches_no_worker_too_early() {
    let redis = RedisServer::start();
    let directory = TempDir::new().unwrap();
    let program = directory.path().join("server");
    fs::copy(PROGRAM, &program).unwrap();
    let mut server = Server::start_command(Command::new(&program).args(["--fork", "2", "--redis", &redis.url()]));
    server.wait_for(1, &["all workers are ready"]);
    // The worker gets the signal before it is this program at all.
    let script = format!("#!/bin/sh\nkill -HUP $$\nexec '{PROGRAM}' \"$@\"\n");
    fs::remove_file(&program).unwrap();
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    server.signal(Signal::HUP);
    server.wait_for(1, &["all workers have been started anew"]);
    check_serves(&redis, 7);
    // It waits no more in a worker that runs: what a worker starts does not inherit that.
    for worker in &server.workers(4)[2..] {
        let status = fs::read_to_string(format!("/proc/{worker}/status")).unwrap();
        let blocked = status.lines().find_map(|line| line.strip_prefix("SigBlk:\t")).unwrap();
        assert_eq!(u64::from_str_radix(blocked, 16).unwrap() & 1, 0);
    }
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
}
