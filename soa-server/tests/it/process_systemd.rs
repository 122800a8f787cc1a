//! What systemd hears of a service.

use std::{
    fs,
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixDatagram},
    },
    process::{self, Command},
};

use rustix::process::Signal;
use soa_fixtures::RedisServer;
use tempfile::TempDir;

use crate::process_support::{PATIENCE, Server, check_serves};

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
    systemd.check(&["READY=1"]);
    check_serves(redis, 7);
    server.signal(Signal::HUP);
    let message = systemd.next();
    let time = message.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap_or_else(|| panic!("{message:?}"));
    assert!(time.parse::<u64>().unwrap() > 0);
    systemd.check(&["READY=1"]);
    server.signal(Signal::TERM);
    systemd.check(&["STOPPING=1"]);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn systemd_hears_of_start_reload_and_stop() {
    let redis = RedisServer::start();
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("notify");
    let systemd = Systemd::bind(&SocketAddr::from_pathname(&path).unwrap());
    for arguments in [&[][..], &["--fork", "2"]] {
        check_life(&redis, &systemd, path.to_str().unwrap(), arguments);
    }
    let name = format!("soa-test-{}", process::id());
    let systemd = Systemd::bind(&SocketAddr::from_abstract_name(&name).unwrap());
    check_life(&redis, &systemd, &format!("@{name}"), &[]);
}

#[test]
fn a_service_is_ready_when_its_last_worker_is() {
    let redis = RedisServer::start();
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("notify");
    let systemd = Systemd::bind(&SocketAddr::from_pathname(&path).unwrap());
    redis.stop();
    let mut server = start(&redis, path.to_str().unwrap(), &["--fork", "2"], &[]);
    server.wait_for(2, &["WARNING", "is out of order"]);
    assert!(server.lines().iter().all(|line| !line.contains("is ready")));
    redis.restart();
    systemd.check(&["READY=1"]);
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
fn the_watchdog_is_told_while_the_service_lives() {
    let redis = RedisServer::start();
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("notify");
    let systemd = Systemd::bind(&SocketAddr::from_pathname(&path).unwrap());
    for arguments in [&[][..], &["--fork", "2"]] {
        let mut server = start(&redis, path.to_str().unwrap(), arguments, &[("WATCHDOG_USEC", "100000")]);
        let heard: Vec<String> = (0..10).map(|_| systemd.next()).collect();
        assert!(heard.iter().filter(|message| *message == "WATCHDOG=1").count() >= 8, "{heard:?}");
        server.signal(Signal::TERM);
        while systemd.next() != "STOPPING=1" {}
        assert_eq!(server.exit_code(), Some(0));
        // Nobody is left who says anything; what came before the end is read here.
        systemd.0.set_nonblocking(true).unwrap();
        while systemd.0.recv(&mut [0; 64]).is_ok() {}
        systemd.0.set_nonblocking(false).unwrap();
    }
    // Meant for another process.
    let more = [("WATCHDOG_USEC", "1000"), ("WATCHDOG_PID", "1")];
    let mut server = start(&redis, path.to_str().unwrap(), &[], &more);
    systemd.check(&["READY=1"]);
    server.signal(Signal::TERM);
    systemd.check(&["STOPPING=1"]);
    assert_eq!(server.exit_code(), Some(0));
}
