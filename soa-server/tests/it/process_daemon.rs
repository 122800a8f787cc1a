//! Services in the background.

use std::{
    fs::{self, File},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use soa_fixtures::RedisServer;
use tempfile::TempDir;

use crate::process_support::{PATIENCE, check_serves, wait_until_gone};

/// A daemon, killed when dropped.
struct Daemon(Pid);

impl Daemon {
    /// What the start of it printed, and the daemon.
    #[track_caller]
    fn of(output: &Output) -> Self {
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{output:?}");
        let pid =
            printed.strip_prefix("PID=").and_then(|pid| pid.strip_suffix('\n')).unwrap_or_else(|| panic!("{output:?}"));
        Self(Pid::from_raw(pid.parse().unwrap()).unwrap())
    }

    /// The fields of its state behind the name: state, parent, group, session, terminal…
    fn state(&self) -> Vec<String> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0)).unwrap();
        stat.rsplit_once(") ").unwrap().1.split(' ').map(str::to_owned).collect()
    }

    fn stream(&self, number: u8) -> String {
        fs::read_link(format!("/proc/{}/fd/{number}", self.0)).unwrap().to_str().unwrap().to_owned()
    }

    fn stop(self) {
        kill_process(self.0, Signal::TERM).unwrap();
        wait_until_gone(self.0);
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = kill_process(self.0, Signal::KILL);
    }
}

fn command(redis: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_soa-server"));
    command.args(["--redis", redis]).args(arguments);
    command
}

#[test]
fn a_daemon_serves_without_anything_of_who_started_it() {
    let redis = RedisServer::start();
    for arguments in [&["--daemon"][..], &["-d", "--fork", "2"]] {
        // Its end is waited for on both pipes.
        let output = command(&redis.url(), arguments).output().unwrap();
        let daemon = Daemon::of(&output);
        let warning = "warning: the log of the daemon is lost; for a file: 2>>FILE\n";
        assert_eq!(String::from_utf8_lossy(&output.stderr), warning);
        check_serves(&redis, 7);
        let state = daemon.state();
        assert_eq!(
            (state[3].as_str(), state[4].as_str()),
            (daemon.0.to_string().as_str(), "0"),
            "session and terminal"
        );
        for number in 0..3 {
            assert_eq!(daemon.stream(number), "/dev/null");
        }
        let directory = fs::read_link(format!("/proc/{}/cwd", daemon.0)).unwrap();
        assert_eq!(directory, std::env::current_dir().unwrap());
        daemon.stop();
    }
}

#[test]
fn the_log_of_a_daemon_goes_to_its_file() {
    let redis = RedisServer::start();
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("log");
    let mut command = command(&redis.url(), &["--daemon", "--fork", "2"]);
    let output = command.stderr(File::options().create(true).append(true).open(&path).unwrap()).output().unwrap();
    let daemon = Daemon::of(&output);
    check_serves(&redis, 7);
    daemon.stop();
    let log = fs::read_to_string(&path).unwrap();
    for part in ["all workers are ready", " worker-1 demo ", " worker-2 demo ", "job response: ", "stop signal"] {
        assert!(log.contains(part), "{part:?} in {log}");
    }
    assert!(!log.contains("the log of the daemon"), "{log}");
}

#[test]
fn a_daemon_that_is_not_ready_in_time_is_ended() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("log");
    // Nobody listens there.
    let mut command = command("redis://127.0.0.1:1", &["--daemon", "--start-timeout", "0.5"]);
    let status = command.stderr(File::options().create(true).append(true).open(&path).unwrap()).status().unwrap();
    assert_eq!(status.code(), Some(1));
    let log = fs::read_to_string(&path).unwrap();
    let (_, pid) = log.split_once(", pid ").unwrap_or_else(|| panic!("{log}"));
    let pid = pid.split(',').next().unwrap().parse().unwrap();
    wait_until_gone(Pid::from_raw(pid).unwrap());
    assert!(log.contains("stop signal: finishing what runs"), "{log}");
}

#[test]
fn a_daemon_that_is_not_ready_ends_with_who_starts_it() {
    for (signal, fork) in [(Signal::INT, "1"), (Signal::TERM, "1"), (Signal::INT, "2"), (Signal::TERM, "2")] {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("log");
        // Nobody listens there.
        let mut command = command("redis://127.0.0.1:1", &["--daemon", "--fork", fork, "--start-timeout", "3600"]);
        let log = File::options().create(true).append(true).open(&path).unwrap();
        let launcher = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let mut launcher = Launcher(launcher);
        let deadline = Instant::now() + PATIENCE;
        let daemon = loop {
            // The process that is its own session, and its workers: all of them are the launcher's descendants until
            // that ends.
            let log = fs::read_to_string(&path).unwrap();
            if log.matches("is out of order").count() >= fork.parse().unwrap() {
                break children(launcher.0.id());
            }
            assert!(Instant::now() < deadline, "{log}");
            thread::sleep(Duration::from_millis(5));
        };
        let workers: Vec<u32> = daemon.iter().flat_map(|daemon| children(*daemon)).collect();
        assert_eq!((daemon.len(), workers.len()), (1, if fork == "1" { 0 } else { 2 }));
        kill_process(Pid::from_child(&launcher.0), signal).unwrap();
        let status = launcher.0.wait().unwrap();
        let log = fs::read_to_string(&path).unwrap();
        assert_eq!(status.code(), Some(1), "{log}");
        assert!(log.contains("error: interrupted before the daemon was ready: it was ended"), "{log}");
        for process in daemon.into_iter().chain(workers) {
            wait_until_gone(Pid::from_raw(process.cast_signed()).unwrap());
        }
    }
}

/// What starts a daemon, killed when dropped.
struct Launcher(Child);

impl Drop for Launcher {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The processes that a process has started.
fn children(process: u32) -> Vec<u32> {
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap();
    children.split_whitespace().map(|child| child.parse().unwrap()).collect()
}

/// The daemon does not come up: what is said, and the exit code.
fn check_failure(redis: &str, arguments: &[&str], code: i32, parts: &[&str]) {
    let output = command(redis, arguments).arg("--daemon").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), &*output.stdout), (Some(code), &b""[..]), "{arguments:?}: {said}");
    for part in parts {
        assert!(said.contains(part), "{arguments:?}: {said}");
    }
}

#[test]
fn a_daemon_that_does_not_come_up_says_why() {
    let redis = RedisServer::start();
    let directory = TempDir::new().unwrap();
    let settings = directory.path().join("settings.json");
    let arguments = ["--settings", settings.to_str().unwrap()];
    fs::write(&settings, r#"{ "concurency": 1 }"#).unwrap();
    check_failure(&redis.url(), &arguments, 2, &["error: ", "concurency: unknown key"]);
    // This is found out by the daemon itself.
    fs::write(&settings, r#"{ "heartbeat_file": "/nowhere/file" }"#).unwrap();
    for fork in ["1", "2"] {
        let why = ["error: the heartbeat file cannot be written", "/nowhere/file"];
        check_failure(&redis.url(), &[&arguments[..], &["--fork", fork]].concat(), 2, &why);
    }
    // Nobody listens there.
    for fork in ["1", "2"] {
        let why = ["error: the daemon was not ready after 0.5 s (--start-timeout)"];
        check_failure("redis://127.0.0.1:1", &["--start-timeout", "0.5", "--fork", fork], 1, &why);
    }
}
