//! What systemd hears of a service.

use std::{
    fs,
    io::{self, Read},
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixDatagram},
    },
    path::Path,
    process::{self, Child, Command, Stdio},
    thread,
    time::Instant,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, Signal, kill_process},
};
use serde_json::json;
use soa_fixtures::RedisServer;
use tempfile::TempDir;

use crate::process_support::{PATIENCE, Server, check_serves, next_response, send};

const STOPPING: &str = "STOPPING=1\nSTATUS=Stopping: finishing what runs";

/// The place of systemd.
struct Systemd(UnixDatagram);

impl Systemd {
    fn bind(address: &SocketAddr) -> Self {
        let socket = UnixDatagram::bind_addr(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(socket)
    }

    #[track_caller]
    fn next(&self) -> String {
        let mut message = [0; 1024];
        let length = self.0.recv(&mut message).unwrap();
        String::from_utf8(message[..length].to_vec()).unwrap()
    }

    /// At a path in this directory.
    fn bind_in(directory: &Path, name: &str) -> (Self, String) {
        let path = directory.join(name);
        (Self::bind(&SocketAddr::from_pathname(&path).unwrap()), path.to_str().unwrap().to_owned())
    }

    /// Waits until the watchdog was told so often.
    #[track_caller]
    fn wait_for_life(&self, times: usize) {
        for _ in 0..times {
            while self.next() != "WATCHDOG=1" {}
        }
    }

    /// Takes what has come; gives how much that was.
    fn drain(&self) -> usize {
        self.0.set_nonblocking(true).unwrap();
        let mut count = 0;
        while self.0.recv(&mut [0; 64]).is_ok() {
            count += 1;
        }
        self.0.set_nonblocking(false).unwrap();
        count
    }

    /// The next messages, in which a watchdog has no place.
    #[track_caller]
    fn check(&self, expected: &[&str]) {
        for expected in expected {
            let message = self.next();
            assert!(message.starts_with(expected), "{message:?} in place of {expected:?}");
        }
    }
}

fn start(redis: &RedisServer, socket: &str, arguments: &[&str], more: &[(&str, &str)]) -> Server {
    let mut command = Command::new(env!("CARGO_BIN_EXE_soa-server"));
    command.args(["--redis", &redis.url()]).args(arguments).env("NOTIFY_SOCKET", socket);
    Server::start_command(command.envs(more.iter().copied()))
}

/// Begins, is reloaded and ends, and says each.
fn check_life(redis: &RedisServer, systemd: &Systemd, socket: &str, arguments: &[&str]) {
    let mut server = start(redis, socket, arguments, &[]);
    let workers = if arguments.is_empty() { "1 worker" } else { "2 workers" };
    let ready = format!("READY=1\nSTATUS=Ready: {workers}");
    assert_eq!(systemd.next(), format!("STATUS=Starting: {workers}"));
    assert_eq!(systemd.next(), ready);
    check_serves(redis, 7);
    server.signal(Signal::HUP);
    let message = systemd.next();
    let time = message.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap_or_else(|| panic!("{message:?}"));
    let time = time.strip_suffix("\nSTATUS=Reloading").unwrap_or_else(|| panic!("{message:?}"));
    assert!(time.parse::<u64>().unwrap() > 0);
    assert_eq!(systemd.next(), ready);
    server.signal(Signal::TERM);
    assert_eq!(systemd.next(), STOPPING);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn systemd_hears_of_start_reload_and_stop() {
    let redis = RedisServer::start();
    let directory = TempDir::new().unwrap();
    let (systemd, socket) = Systemd::bind_in(directory.path(), "notify");
    for arguments in [&[][..], &["--fork", "2"]] {
        check_life(&redis, &systemd, &socket, arguments);
    }
    let name = format!("soa-test-{}", process::id());
    let systemd = Systemd::bind(&SocketAddr::from_abstract_name(&name).unwrap());
    check_life(&redis, &systemd, &format!("@{name}"), &[]);
}

#[test]
fn a_service_is_ready_when_its_last_worker_is() {
    let redis = RedisServer::start();
    let directory = TempDir::new().unwrap();
    let (systemd, socket) = Systemd::bind_in(directory.path(), "notify");
    redis.stop();
    let mut server = start(&redis, &socket, &["--fork", "2"], &[]);
    server.wait_for(2, &["WARNING", "is out of order"]);
    assert!(server.lines().iter().all(|line| !line.contains("is ready")));
    redis.restart();
    systemd.check(&["STATUS=Starting", "READY=1"]);
    server.wait_for(2, &["worker ", " is ready"]);
    // Workers do not speak to systemd.
    for worker in server.workers(2) {
        let environment = fs::read(format!("/proc/{worker}/environ")).unwrap();
        assert!(!String::from_utf8_lossy(&environment).contains("NOTIFY_SOCKET"));
    }
    server.signal(Signal::TERM);
    systemd.check(&["STOPPING=1"]);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn a_worker_that_was_given_up_is_told() {
    let redis = RedisServer::start();
    let directory = TempDir::new().unwrap();
    let (systemd, socket) = Systemd::bind_in(directory.path(), "notify");
    let mut server = start(&redis, &socket, &["--fork", "2", "--no-respawn"], &[]);
    systemd.check(&["STATUS=Starting", "READY=1"]);
    kill_process(server.workers(2)[0], Signal::KILL).unwrap();
    assert_eq!(systemd.next(), "STATUS=Ready: 1 worker; given up: 1");
    server.signal(Signal::TERM);
    systemd.check(&["STOPPING=1"]);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn a_socket_that_nobody_reads_is_told_once() {
    let redis = RedisServer::start();
    let directory = TempDir::new().unwrap();
    let socket = directory.path().join("notify");
    for arguments in [&[][..], &["--fork", "2"]] {
        // What another service tells is the clock: this one has told its own watchdog as often meanwhile.
        let (clock, clock_socket) = Systemd::bind_in(directory.path(), &format!("clock-{}", arguments.len()));
        let other = RedisServer::start();
        let more = [("WATCHDOG_USEC", "100000")];
        let mut server = start(&redis, socket.to_str().unwrap(), arguments, &more);
        check_serves(&redis, 7);
        let _well = start(&other, &clock_socket, &[], &more);
        clock.wait_for_life(5);
        server.signal(Signal::TERM);
        assert_eq!(server.exit_code(), Some(0));
        assert_eq!(server.wait_for(1, &["systemd does not hear of this service at", "notify: "]).len(), 1);
    }
}

#[test]
fn the_watchdog_is_told_while_the_service_lives() {
    let redis = RedisServer::start();
    let directory = TempDir::new().unwrap();
    let (systemd, socket) = Systemd::bind_in(directory.path(), "notify");
    for arguments in [&[][..], &["--fork", "2"]] {
        let mut server = start(&redis, &socket, arguments, &[("WATCHDOG_USEC", "100000")]);
        let heard: Vec<String> = (0..10).map(|_| systemd.next()).collect();
        assert!(heard.iter().filter(|message| *message == "WATCHDOG=1").count() >= 8, "{heard:?}");
        server.signal(Signal::TERM);
        while systemd.next() != STOPPING {}
        assert_eq!(server.exit_code(), Some(0));
        // Nobody is left who says anything; what came before the end is read here.
        systemd.drain();
    }
    // Meant for another process.
    let more = [("WATCHDOG_USEC", "1000"), ("WATCHDOG_PID", "1")];
    let mut server = start(&redis, &socket, &[], &more);
    systemd.check(&["STATUS=Starting", "READY=1"]);
    server.signal(Signal::TERM);
    systemd.check(&["STOPPING=1"]);
    assert_eq!(server.exit_code(), Some(0));
}

/// A server whose log goes into a pipe, killed when dropped.
struct Piped(Child);

impl Drop for Piped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until a pipe is full.
#[track_caller]
fn wait_until_full(pipe: &io::PipeWriter) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut pipe = [PollFd::new(pipe, PollFlags::OUT)];
        if poll(&mut pipe, Some(&Timespec::default())).unwrap() == 0 {
            return;
        }
        assert!(Instant::now() < deadline, "nobody fills the pipe");
        thread::yield_now();
    }
}

/// Starts a server, blocks the thread of its requests until `check` is done, and waits for it to be well again.
fn with_stuck(redis: &RedisServer, systemd: (&Systemd, &str), arguments: &[&str], check: impl FnOnce()) {
    let (mut read, written) = io::pipe().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_soa-server"));
    command.args(["--redis", &redis.url()]).args(arguments);
    command.env("NOTIFY_SOCKET", systemd.1).env("WATCHDOG_USEC", "100000");
    command.stdin(Stdio::null()).stderr(written.try_clone().unwrap());
    let mut server = Piped(command.spawn().unwrap());
    drop(command);
    while !systemd.0.next().starts_with("READY=1") {}
    systemd.0.wait_for_life(2);
    // This does not fit into the pipe, so its thread waits in the middle of a line.
    send(redis, 1, "echo", &json!({ "text": "a".repeat(200_000) }));
    wait_until_full(&written);
    systemd.0.drain();
    check();

    drop(written);
    let log = thread::spawn(move || read.read_to_end(&mut Vec::new()));
    assert_eq!(next_response(redis).0, 1);
    systemd.0.wait_for_life(2);
    kill_process(Pid::from_child(&server.0), Signal::TERM).unwrap();
    assert_eq!(server.0.wait().unwrap().code(), Some(0));
    log.join().unwrap().unwrap();
    systemd.0.drain();
}

#[test]
fn the_watchdog_is_told_nothing_while_the_thread_of_the_requests_is_blocked() {
    let (redis, other) = (RedisServer::start(), RedisServer::start());
    let directory = TempDir::new().unwrap();
    let (systemd, socket) = Systemd::bind_in(directory.path(), "notify");
    // What another service tells is the clock.
    let (clock, clock_socket) = Systemd::bind_in(directory.path(), "clock");
    let mut well = start(&other, &clock_socket, &[], &[("WATCHDOG_USEC", "100000")]);
    with_stuck(&redis, (&systemd, &socket), &[], || {
        clock.drain();
        clock.wait_for_life(10);
        assert_eq!(systemd.drain(), 0);
    });
    // The parent of workers speaks for itself.
    with_stuck(&redis, (&systemd, &socket), &["--fork", "2"], || systemd.wait_for_life(10));
    well.signal(Signal::TERM);
    assert_eq!(well.exit_code(), Some(0));
}
