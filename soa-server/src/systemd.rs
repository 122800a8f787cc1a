//! What systemd wants to hear of a service (`sd_notify(3)`): little datagrams to the socket that it names.
//!
//! Only the process that systemd started speaks. It takes the variables from its workers.

use std::{
    env,
    ffi::{OsStr, OsString},
    io,
    os::unix::{
        ffi::OsStrExt,
        net::{SocketAddr, UnixDatagram},
    },
    process,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};
use tokio::time::{Interval, MissedTickBehavior, interval};
use tracing::warn;

const SOCKET: &str = "NOTIFY_SOCKET";
const WATCHDOG: &str = "WATCHDOG_USEC";
const WATCHDOG_PID: &str = "WATCHDOG_PID";

/// Whether the last message could not be sent: the watchdog's would repeat the warning for ever.
static IS_FAILING: AtomicBool = AtomicBool::new(false);

/// The variables of the environment that are for one process only.
pub(crate) const VARIABLES: [&str; 3] = [SOCKET, WATCHDOG, WATCHDOG_PID];

/// The service starts so many workers; [`ready`] says when they answer requests.
pub(crate) fn starting(workers: usize) {
    tell(&format!("STATUS=Starting: {}", counted(workers)));
}

/// The service answers requests, or has been reloaded. It has so many workers.
pub(crate) fn ready(workers: usize) {
    tell(&format!("READY=1\nSTATUS=Ready: {}", counted(workers)));
}

/// The service goes on with so many workers: the others were given up.
pub(crate) fn degraded(workers: usize, given_up: usize) {
    tell(&format!("STATUS=Ready: {}; given up: {given_up}", counted(workers)));
}

/// The service is being reloaded; [`ready`] says when that is done.
pub(crate) fn reloading() {
    let now = clock_gettime(ClockId::Monotonic);
    // By this time systemd knows which reload is meant.
    let microseconds = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1_000;
    tell(&format!("RELOADING=1\nMONOTONIC_USEC={microseconds}\nSTATUS=Reloading"));
}

/// The service takes no new requests.
pub(crate) fn stopping() {
    tell("STOPPING=1\nSTATUS=Stopping: finishing what runs");
}

/// The service is not stuck.
pub(crate) fn alive() {
    tell("WATCHDOG=1");
}

/// Ticks when systemd is to hear that the service is not stuck, if it wants to: twice in the time after which it ends the
/// service. To be called within a runtime.
pub(crate) fn watchdog_clock() -> Option<Interval> {
    let number = |name| env::var(name).ok()?.parse::<u64>().ok();
    let is_ours = number(WATCHDOG_PID).is_none_or(|pid| pid == u64::from(process::id()));
    let limit = number(WATCHDOG).filter(|limit| is_ours && *limit > 0)?;
    let mut clock = interval(Duration::from_micros(limit) / 2);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    Some(clock)
}

fn tell(what: &str) {
    let Some(socket) = env::var_os(SOCKET).filter(|socket| !socket.is_empty()) else { return };
    let sent = send(&socket, what);
    let was_failing = IS_FAILING.swap(sent.is_err(), Ordering::Relaxed);
    if let (Err(error), false) = (sent, was_failing) {
        warn!("systemd does not hear of this service at {}: {error}", socket.display());
    }
}

fn counted(workers: usize) -> String {
    format!("{workers} worker{}", if workers == 1 { "" } else { "s" })
}

fn send(socket: &OsString, what: &str) -> io::Result<()> {
    let sender = UnixDatagram::unbound()?;
    // A service must not wait for who does not read.
    sender.set_nonblocking(true)?;
    sender.send_to_addr(what.as_bytes(), &address(socket)?).map(drop)
}

/// A socket in the file system, or with an `@` in front one that only has a name.
fn address(socket: &OsStr) -> io::Result<SocketAddr> {
    match socket.as_bytes() {
        [b'@', name @ ..] => abstract_address(name),
        _ => SocketAddr::from_pathname(socket),
    }
}

#[cfg(target_os = "linux")]
fn abstract_address(name: &[u8]) -> io::Result<SocketAddr> {
    use std::os::linux::net::SocketAddrExt;
    SocketAddr::from_abstract_name(name)
}

#[cfg(not(target_os = "linux"))]
fn abstract_address(_: &[u8]) -> io::Result<SocketAddr> {
    Err(io::ErrorKind::Unsupported.into())
}
