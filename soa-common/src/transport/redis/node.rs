//! One Redis master as all connections to it see it.

use std::{
    fmt::{self, Display},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use redis::{ConnectionInfo, RedisResult};
use tokio::{sync::Notify, time::Instant};

use super::{Master, RedisSettings};

/// How often a failure that goes on is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// One Redis master: how it is reached, and whether it is in order right now.
///
/// Shared by everything that pushes to and pops from the master, so that a failure is logged once, not once for each
/// connection: when it starts, every minute, and when it ends.
pub struct Node {
    master: Master,
    info: ConnectionInfo,
    connect_timeout: Duration,
    command_timeout: Option<Duration>,
    client_name: String,
    is_down: AtomicBool,
    outage: Mutex<Outage>,
    reached: Notify,
}

#[derive(Debug, Default)]
struct Outage {
    since: Option<Instant>,
    error: String,
    /// When the log last said so.
    logged: Option<Instant>,
    /// Whether Redis answers, but refuses: that it can be reached again says nothing then.
    is_refusal: bool,
}

impl Node {
    /// A master with the settings of its transport; `name` is for `CLIENT LIST` where the settings give none.
    ///
    /// # Errors
    /// An address that cannot be reached on this system.
    pub fn new(master: &Master, settings: &RedisSettings, name: &str) -> RedisResult<Self> {
        let name = settings.client_name.as_deref().unwrap_or(name);
        Ok(Self {
            master: master.clone(),
            info: master.connection_info()?,
            connect_timeout: settings.connect_timeout,
            command_timeout: settings.socket_timeout,
            // Redis allows no white space in the name.
            client_name: name.replace(|c: char| !c.is_ascii_graphic(), "-"),
            is_down: AtomicBool::new(false),
            outage: Mutex::default(),
            reached: Notify::new(),
        })
    }

    /// The master.
    pub fn master(&self) -> &Master {
        &self.master
    }

    /// What is wrong with the master; `None` when nothing is known to be.
    pub fn failure(&self) -> Option<String> {
        let outage = self.outage();
        outage.since.map(|_| outage.error.clone())
    }

    /// Whether something is known to be wrong with the master.
    pub(super) fn is_down(&self) -> bool {
        self.is_down.load(Ordering::Relaxed)
    }

    pub(super) fn info(&self) -> &ConnectionInfo {
        &self.info
    }

    pub(super) fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    pub(super) fn command_timeout(&self) -> Option<Duration> {
        self.command_timeout
    }

    pub(super) fn client_name(&self) -> &str {
        &self.client_name
    }

    /// Notes that something failed that a master in order would have done.
    pub(super) fn failed(&self, error: &dyn Display) {
        let now = Instant::now();
        let mut outage = self.outage();
        self.is_down.store(true, Ordering::Relaxed);
        outage.error = error.to_string();
        let since = *outage.since.get_or_insert(now);
        if outage.logged.is_some_and(|logged| now - logged < LOG_INTERVAL) {
            return;
        }
        if outage.logged.replace(now).is_some() {
            let seconds = (now - since).as_secs();
            tracing::warn!("Redis {} is still out of order, for {seconds} s: {error}", self.master);
        } else {
            tracing::warn!("Redis {} is out of order, trying again until it works: {error}", self.master);
        }
    }

    /// As [`failed`](Self::failed), where Redis answered with an error.
    pub(super) fn refused(&self, error: &dyn Display) {
        self.failed(error);
        self.outage().is_refusal = true;
    }

    /// Waits until a connection has been made, unless one was made already.
    pub(super) async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Notes that a connection was made: the end of an outage, unless Redis could be reached all the time.
    pub(super) fn connected(&self) {
        self.reached.notify_one();
        if self.is_down() && !self.outage().is_refusal {
            self.works();
        }
    }

    /// Notes that a command succeeded.
    pub(super) fn works(&self) {
        if !self.is_down.load(Ordering::Relaxed) {
            return;
        }
        let mut outage = self.outage();
        self.is_down.store(false, Ordering::Relaxed);
        if let Some(since) = std::mem::take(&mut *outage).since {
            tracing::info!("Redis {} works again after {:.1} s", self.master, since.elapsed().as_secs_f64());
        }
    }

    fn outage(&self) -> MutexGuard<'_, Outage> {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Node {
    /// Without the login.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({})", self.master)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> Node {
        let master: Master = "redis://127.0.0.1:1".parse().unwrap();
        Node::new(&master, &RedisSettings::default(), "test").unwrap()
    }

    #[test]
    fn every_outage_is_logged_at_its_start_and_once_a_minute() {
        let node = node();
        let logged = |node: &Node| node.outage().logged;
        for _ in 0..2 {
            node.failed(&"gone");
            let start = logged(&node);
            assert!(start.is_some(), "the start is logged");
            node.failed(&"gone");
            assert_eq!(logged(&node), start, "not again within a minute");
            node.connected();
            assert_eq!(node.failure(), None, "the next outage is another one");
        }
    }

    #[test]
    fn a_refusal_does_not_end_with_a_connection() {
        let node = node();
        node.refused(&"LOADING");
        node.connected();
        assert_eq!(node.failure().as_deref(), Some("LOADING"));
        node.works();
        node.failed(&"gone");
        node.connected();
        assert_eq!(node.failure(), None);
    }
}
