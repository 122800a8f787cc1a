//! What masters have in common: who logs in, and how a dead connection is noticed.

use std::{fmt, time::Duration};

/// A user, if there is one, and a password. No text shows them.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) username: Option<String>,
    pub(crate) password: String,
}

/// What goes for every master whose text leaves it open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MasterDefaults {
    pub(crate) port: Option<u16>,
    pub(crate) db: Option<u32>,
    pub(crate) login: Option<Login>,
    pub(crate) keepalive: Option<Keepalive>,
}

/// How the system finds out that the other end of an idle connection is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keepalive {
    /// How long a connection is idle before it is probed.
    pub(crate) idle: Duration,
    /// The time between two probes; none: as the system does it.
    pub(crate) interval: Option<Duration>,
    /// How many probes may fail; none: as the system does it.
    pub(crate) retries: Option<u32>,
}

impl Default for MasterDefaults {
    fn default() -> Self {
        Self { port: None, db: None, login: None, keepalive: Some(Keepalive::default()) }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Default for Keepalive {
    fn default() -> Self {
        Self { idle: Duration::from_secs(60), interval: None, retries: None }
    }
}
