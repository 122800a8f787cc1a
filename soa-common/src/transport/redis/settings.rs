//! What a Redis transport can be told.

use std::time::Duration;

use super::{
    defaults::MasterDefaults,
    master::{Master, MasterError},
};
use crate::{
    frame::ProtocolVersion,
    serializer::Serializer,
    settings::{REDIS_URL, SettingsError},
};

/// The longest time that is reckoned with, a hundred years: longer ones are more than clocks and Redis can count.
pub(super) const LONGEST_TIME: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// The settings of a Redis transport, on either side.
///
/// [`server`](Self::server) and [`client`](Self::client) hold the defaults; change the fields that differ. The two
/// sides differ only in the sizes of messages. Meaning and rules of every setting: `docs/protocol.md`, section 8.
///
/// ```
/// use soa_common::transport::redis::RedisSettings;
///
/// let mut settings = RedisSettings::from_url("redis://cache-1,redis://cache-2:6380/1")?;
/// settings.queue_capacity = 500;
/// assert_eq!(settings.masters[1].to_string(), "redis://cache-2:6380/1");
/// # Ok::<(), soa_common::transport::redis::MasterError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RedisSettings {
    /// The masters in ring order, at least one. Both sides must name the same ones in the same order. Default: the
    /// one on this machine, port 6379.
    pub masters: Vec<Master>,
    /// How long a message, and the list it lies in, may wait for a reader. Default: 60 seconds.
    pub message_expiry: Duration,
    /// The length of a list at which it is full and refuses another message. Default: 10,000.
    pub queue_capacity: usize,
    /// How often a push to a full list is tried again, within the deadline of the call. Default: 10.
    pub queue_full_retries: u32,
    /// On a client: how long to wait for an answer. On a server: how long one pop may block. Default: 5 seconds.
    pub receive_timeout: Duration,
    /// The largest message that is sent, in bytes. Default: 256,000 on a server, 102,400 on a client.
    pub maximum_message_size: usize,
    /// A message larger than this many bytes is logged as a warning; 0 turns this off. Default: as
    /// [`maximum_message_size`](Self::maximum_message_size).
    pub log_messages_larger_than: usize,
    /// A server cuts answers larger than this many bytes into pieces. Off by default; at least
    /// [`MINIMUM_CHUNK`](Self::MINIMUM_CHUNK), and [`maximum_message_size`](Self::maximum_message_size) at least five
    /// times as much.
    pub chunk_messages_larger_than: Option<usize>,
    /// The frame version a client speaks; a server answers in the one it was asked in. Default: 3.
    pub protocol_version: ProtocolVersion,
    /// The serializer of requests, and of frames that name none or an unknown one. Default: MessagePack.
    pub serializer: Serializer,
    /// How long a new connection may take. Default: 5 seconds.
    pub connect_timeout: Duration,
    /// How long a command may take; a blocking pop has its own time on top. Default: no limit.
    pub socket_timeout: Option<Duration>,
    /// The name of the connections in `CLIENT LIST`. Default: one made from the service and the worker.
    pub client_name: Option<String>,
    /// Whether somebody named the masters: the environment then has no say.
    pub(crate) hosts_named: bool,
    /// What goes for masters that leave it open, wherever they are named.
    pub(crate) master_defaults: MasterDefaults,
}

impl RedisSettings {
    /// The smallest size, in bytes, that [`chunk_messages_larger_than`](Self::chunk_messages_larger_than) may have.
    pub const MINIMUM_CHUNK: usize = 102_400;

    /// The defaults of a server.
    pub fn server() -> Self {
        Self { maximum_message_size: 256_000, log_messages_larger_than: 256_000, ..Self::client() }
    }

    /// The defaults of a client.
    pub fn client() -> Self {
        Self {
            masters: vec![Master::tcp("localhost", 6379)],
            message_expiry: Duration::from_secs(60),
            queue_capacity: 10_000,
            queue_full_retries: 10,
            receive_timeout: Duration::from_secs(5),
            maximum_message_size: 102_400,
            log_messages_larger_than: 102_400,
            chunk_messages_larger_than: None,
            protocol_version: ProtocolVersion::V3,
            serializer: Serializer::Msgpack,
            connect_timeout: Duration::from_secs(5),
            socket_timeout: None,
            client_name: None,
            hosts_named: false,
            master_defaults: MasterDefaults::default(),
        }
    }

    /// The defaults of a client with the masters of one URL, or of several with commas between them, in ring order.
    ///
    /// # Errors
    ///
    /// The first URL that names no master, shown without its login.
    pub fn from_url(urls: &str) -> Result<Self, MasterError> {
        Ok(Self { masters: Self::masters_from_url(urls)?, hosts_named: true, ..Self::client() })
    }

    /// Takes the masters of the URLs in the environment ([`redis_url`](crate::settings::redis_url)), unless settings or
    /// code have named some.
    ///
    /// # Errors
    ///
    /// The first URL that names no master, shown without its login.
    pub fn apply_redis_url(&mut self, urls: Option<&str>) -> Result<(), SettingsError> {
        if let (Some(urls), false) = (urls, self.hosts_named) {
            let masters = Self::masters_from_url(urls);
            self.masters = masters.map_err(|error| SettingsError::unreadable(REDIS_URL, error.to_string()))?;
            self.fill_masters();
        }
        Ok(())
    }

    /// Takes the masters of one URL, or of several with commas between them, in place of those that were named before.
    ///
    /// # Errors
    ///
    /// The first URL that names no master, shown without its login.
    pub fn set_masters(&mut self, urls: &str) -> Result<(), MasterError> {
        self.masters = Self::masters_from_url(urls)?;
        self.hosts_named = true;
        self.fill_masters();
        Ok(())
    }

    /// Fills in what the masters leave open.
    pub(crate) fn fill_masters(&mut self) {
        for master in &mut self.masters {
            *master = master.clone().filled(&self.master_defaults);
        }
    }

    /// The same with no time longer than [`LONGEST_TIME`].
    pub(super) fn bounded(mut self) -> Self {
        self.message_expiry = self.message_expiry.min(LONGEST_TIME);
        self.receive_timeout = self.receive_timeout.min(LONGEST_TIME);
        self.socket_timeout = self.socket_timeout.map(|timeout| timeout.min(LONGEST_TIME));
        self
    }

    /// The masters of one URL, or of several with commas between them, in ring order.
    ///
    /// # Errors
    ///
    /// The first URL that names no master, shown without its login.
    pub fn masters_from_url(urls: &str) -> Result<Vec<Master>, MasterError> {
        split_urls(urls).into_iter().map(|url| url.trim().parse()).collect()
    }
}

impl Default for RedisSettings {
    /// The defaults of a client.
    fn default() -> Self {
        Self::client()
    }
}

/// Cuts at the commas before a scheme: a comma elsewhere, such as in a password, stays.
fn split_urls(urls: &str) -> Vec<&str> {
    let mut cut = Vec::new();
    let mut start = 0;
    for (comma, _) in urls.match_indices(',') {
        let next = urls[comma + 1..].trim_start();
        if ["redis://", "rediss://", "unix://"].iter().any(|scheme| next.starts_with(scheme)) {
            cut.push(&urls[start..comma]);
            start = comma + 1;
        }
    }
    cut.push(&urls[start..]);
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The masters of `urls`, or the error, as text.
    fn check(urls: &str, expected: &str) {
        let made = match RedisSettings::masters_from_url(urls) {
            Ok(masters) => masters.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            Err(error) => error.to_string(),
        };
        assert_eq!(made, expected, "{urls}");
    }

    #[test]
    fn urls_name_masters_in_ring_order() {
        check("redis://a", "redis://a:6379/0");
        check("redis://a,redis://b:1/2", "redis://a:6379/0 redis://b:1/2");
        check("redis://a, unix:///run/r.sock?db=3", "redis://a:6379/0 unix:///run/r.sock?db=3");
        check("redis://:p,w@a", "redis://a:6379/0");
        check("redis://[::1]:7/", "redis://[::1]:7/0");
        check("a:7", "redis://a:7/0");
        check("::1", "redis://[::1]:6379/0");
        check("[::1]:7", "redis://[::1]:7/0");
    }

    #[test]
    fn what_names_no_master_is_refused_without_its_login() {
        let form = "a URL like redis://[user:password@]host[:port][/db] or unix:///path[?db=…&user=…&pass=…]";
        let host = "host, host:port or a URL (redis://…, unix://…)";
        check("", &format!("found \"\"; allowed is {host}"));
        check("redis://u:secret@a:port", &format!("found \"redis://***@a:port\"; allowed is {form}"));
        check("redis://u:se/cr@et@a", &format!("found \"redis://***@a\"; allowed is {form}"));
        check("http://u:secret@a", &format!("found \"http://***@a\"; allowed is {form}"));
        check("u:secret@a", &format!("found \"***@a\"; allowed is {host}"));
        check("redis://", &format!("found \"redis://\"; allowed is {form}"));
        check("redis://a:0", "found \"redis://a:0\"; allowed is a port from 1 to 65535");
        check("a:70000", "found \"a:70000\"; allowed is a port from 1 to 65535");
        check(
            "redis://a/-1",
            "found \"redis://a/-1\"; allowed is a database number of 0 or more, and nothing else, after the address",
        );
        check(
            "redis://u@a",
            "found \"redis://***@a\"; allowed is a user together with a password (a password alone: redis://:password@host)",
        );
        check(
            "redis://a?db=1",
            "found \"redis://a?***\"; allowed is a redis:// URL without options: the database is written /db",
        );
        check(
            "redis://a,b",
            "found \"redis://a,b\"; allowed is one URL, or several with a comma between them, each with its own redis://",
        );
        check(
            "rediss://:secret@a",
            "found \"rediss://***@a\"; allowed is a URL that starts with redis:// or unix:// (TLS is not available yet)",
        );
        check(
            "unix:///r?passw=secret",
            "found \"unix:///r?***\"; allowed is a unix:// URL with no other options than db, user and pass",
        );
    }

    #[test]
    fn a_login_reaches_the_connection_and_no_text() {
        let mut settings = RedisSettings::from_url("redis://app:s%40cret@a:7/2").unwrap();
        settings.masters.push("unix:///r.sock?user=app&pass=s%40cret".parse().unwrap());
        for master in &settings.masters {
            let info = master.connection_info().unwrap();
            assert_eq!(info.redis_settings().username(), Some("app"));
            assert_eq!(info.redis_settings().password(), Some("s@cret"));
        }
        let shown = format!("{settings:?} {}", settings.masters[1]);
        assert!(!shown.contains("cret"), "{shown}");
    }
}
