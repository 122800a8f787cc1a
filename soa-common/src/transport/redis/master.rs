//! Where one Redis master is and how to log in to it.

use std::{fmt, path::PathBuf, str::FromStr};

use redis::{
    ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo, RedisResult,
    io::tcp::{TcpSettings, socket2::TcpKeepalive},
};

use super::defaults::{Keepalive, Login, MasterDefaults};

/// The port Redis listens on when nobody says otherwise.
const DEFAULT_PORT: u16 = 6379;

/// One Redis master: its address, its database and who logs in.
///
/// It is written as `redis://[user:password@]host[:port][/db]`, `unix:///path[?db=…&user=…&pass=…]`, `host:port` or
/// `host`, and made from any of them with [`str::parse`]. Neither [`Display`](fmt::Display) nor [`Debug`] shows the
/// login.
///
/// ```
/// use soa_common::transport::redis::Master;
///
/// let master: Master = "redis://app:secret@cache-1:6380/2".parse()?;
/// assert_eq!(master.to_string(), "redis://cache-1:6380/2");
/// # Ok::<(), soa_common::transport::redis::MasterError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Master {
    address: Address,
    port: Option<u16>,
    db: Option<u32>,
    login: Option<Login>,
    keepalive: Option<Keepalive>,
}

#[derive(Clone, PartialEq, Eq)]
enum Address {
    Tcp(String),
    Unix(PathBuf),
}

/// Why a text names no Redis master. The text is shown without its login.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found {shown:?}; allowed is {allowed}")]
pub struct MasterError {
    shown: String,
    allowed: &'static str,
}

impl Master {
    /// A master reached over TCP: database 0, no login.
    pub fn tcp(host: impl Into<String>, port: u16) -> Self {
        Self { port: Some(port), ..Self::at(Address::Tcp(host.into())) }
    }

    /// A master reached over a Unix socket: database 0, no login.
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self::at(Address::Unix(path.into()))
    }

    /// What the `redis` crate needs to connect. Nagle's algorithm is off: requests are small and waited for.
    ///
    /// # Errors
    ///
    /// An address the `redis` crate cannot reach on this system.
    pub fn connection_info(&self) -> RedisResult<ConnectionInfo> {
        let addr = match &self.address {
            Address::Tcp(host) => ConnectionAddr::Tcp(host.clone(), self.port.unwrap_or(DEFAULT_PORT)),
            Address::Unix(path) => ConnectionAddr::Unix(path.clone()),
        };
        let mut login = RedisConnectionInfo::default().set_db(self.db.unwrap_or(0).into());
        if let Some(Login { username, password }) = &self.login {
            login = login.set_password(password);
            if let Some(username) = username {
                login = login.set_username(username);
            }
        }
        let mut tcp = TcpSettings::default().set_nodelay(true);
        if let Some(Keepalive { idle, interval, retries }) = self.keepalive {
            let mut probes = TcpKeepalive::new().with_time(idle);
            if let Some(interval) = interval {
                probes = probes.with_interval(interval);
            }
            if let Some(retries) = retries {
                probes = probes.with_retries(retries);
            }
            tcp = tcp.set_keepalive(probes);
        }
        Ok(addr.into_connection_info()?.set_redis_settings(login).set_tcp_settings(tcp))
    }

    /// Fills in what the text of this master left open.
    pub(crate) fn filled(mut self, defaults: &MasterDefaults) -> Self {
        self.port = self.port.or(defaults.port);
        self.db = self.db.or(defaults.db);
        self.login = self.login.or_else(|| defaults.login.clone());
        self.keepalive = defaults.keepalive;
        self
    }

    /// Whether this is a host and nothing else.
    pub(crate) fn is_bare(&self) -> bool {
        matches!(self.address, Address::Tcp(_)) && self.port.is_none() && self.db.is_none() && self.login.is_none()
    }

    fn at(address: Address) -> Self {
        Self { address, port: None, db: None, login: None, keepalive: Some(Keepalive::default()) }
    }

    fn from_url(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "a URL like redis://[user:password@]host[:port][/db] or unix:///path[?db=…&user=…&pass=…]";
        if text.starts_with("rediss:") {
            return Err("a URL that starts with redis:// or unix:// (TLS is not available yet)");
        }
        let url = redis::parse_redis_url(text).ok_or(FORM)?;
        let unix = match url.scheme() {
            "redis" => false,
            "unix" => true,
            _ => return Err(FORM),
        };
        if url.fragment().is_some() {
            return Err("a URL without #");
        }
        if unix && url.query_pairs().any(|(key, _)| !["db", "user", "pass"].contains(&&*key)) {
            return Err("a unix:// URL with no other options than db, user and pass");
        }
        if !unix && url.query().is_some() {
            return Err("a redis:// URL without options: the database is written /db");
        }
        if url.host_str().is_some_and(|host| host.contains(',')) {
            return Err("one URL, or several with a comma between them, each with its own redis://");
        }
        if url.port() == Some(0) {
            return Err("a port from 1 to 65535");
        }
        let db = match url.path().trim_matches('/') {
            _ if unix => url.query_pairs().find(|(key, _)| key == "db").map(|(_, db)| db.into_owned()),
            "" => None,
            db => Some(db.to_owned()),
        };
        let db = db
            .map(|db| db.parse().map_err(|_| "a database number of 0 or more, and nothing else, after the address"))
            .transpose()?;

        let port = url.port();
        let info = url.into_connection_info().map_err(|_| FORM)?;
        let login = info.redis_settings();
        let login = match (login.username(), login.password()) {
            (username, Some(password)) => Some(Login { username: username.map(Into::into), password: password.into() }),
            (Some(_), None) => {
                return Err("a user together with a password (a password alone: redis://:password@host)");
            }
            (None, None) => None,
        };
        let address = match info.addr() {
            ConnectionAddr::Tcp(host, _) => Address::Tcp(host.clone()),
            ConnectionAddr::Unix(path) => Address::Unix(path.clone()),
            _ => return Err(FORM),
        };
        Ok(Self { port, db, login, ..Self::at(address) })
    }

    fn from_host(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "host, host:port or a URL (redis://…, unix://…)";
        if text.contains('@') {
            return Err(FORM);
        }
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, rest)) => (host, Some(rest.strip_prefix(':').ok_or(FORM)?)),
            // Two colons and no bracket: an IPv6 address without a port.
            None => match text.split_once(':') {
                Some((host, port)) if !port.contains(':') => (host, Some(port)),
                _ => (text, None),
            },
        };
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control() || "/,?#[]".contains(c)) {
            return Err(FORM);
        }
        let port = port.map(|port| match port.parse() {
            Ok(0) | Err(_) => Err("a port from 1 to 65535"),
            Ok(port) => Ok(port),
        });
        Ok(Self { port: port.transpose()?, ..Self::at(Address::Tcp(host.into())) })
    }
}

impl FromStr for Master {
    type Err = MasterError;

    fn from_str(text: &str) -> Result<Self, MasterError> {
        let made = if text.contains("://") { Self::from_url(text) } else { Self::from_host(text) };
        made.map_err(|allowed| MasterError { shown: without_login(text), allowed })
    }
}

impl fmt::Display for Master {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (port, db) = (self.port.unwrap_or(DEFAULT_PORT), self.db.unwrap_or(0));
        match &self.address {
            Address::Tcp(host) if host.contains(':') => write!(f, "redis://[{host}]:{port}/{db}"),
            Address::Tcp(host) => write!(f, "redis://{host}:{port}/{db}"),
            Address::Unix(path) => write!(f, "unix://{}?db={db}", path.display()),
        }
    }
}

impl fmt::Debug for Master {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Master({self})")
    }
}

impl MasterError {
    /// The text that was refused, without its login.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// What would have been accepted.
    pub fn allowed(&self) -> &str {
        self.allowed
    }
}

/// The text without user, password and options, however broken it is.
pub(crate) fn without_login(text: &str) -> String {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), text),
    };
    match rest.rsplit_once('@') {
        Some((_, rest)) => format!("{scheme}***@{}", without_options(rest)),
        None => format!("{scheme}{}", without_options(rest)),
    }
}

fn without_options(text: &str) -> String {
    match text.split_once('?') {
        Some((text, _)) => format!("{text}?***"),
        None => text.into(),
    }
}
