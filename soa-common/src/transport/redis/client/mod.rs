//! The client's side of the Redis transport (`docs/protocol.md`, section 6).
//!
//! Many calls share one connection that pushes and one that pops for each master. Responses come on *lanes*, reply lists
//! of which one pop covers as many as there are, and reach their calls by request id.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use redis::RedisError;
use tokio::time::Instant;

use super::{
    Node, RedisSettings, keys,
    push::{Activity, MOMENT},
};
use crate::{
    JobResponse,
    transport::{ClientRequest, ClientTransport, PendingResponse, TransportError},
};

mod chunks;
mod lanes;
mod mailbox;
mod peek;

mod call;
mod link;
mod request;
mod send;
mod waiter;

use lanes::ServiceId;
use link::Link;
use mailbox::Mailbox;
pub use mailbox::RedisClientStats;

/// The connections of a client to its Redis masters, which the transports to several services share.
///
/// Cheap to clone and to make: connections are opened by the first call on each master, inside its runtime, and closed
/// when the last clone, transport and outstanding call is gone. A call that comes when the runtime of an earlier one has
/// ended opens new ones.
#[derive(Clone, Debug)]
pub struct RedisConnections(Arc<Handle>);

/// The transport of a client to one service over Redis lists.
///
/// ```no_run
/// use soa_common::transport::redis::{RedisClientTransport, RedisSettings};
///
/// let square = RedisClientTransport::new("square", RedisSettings::from_url("redis://cache-1")?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RedisClientTransport {
    connections: RedisConnections,
    service: ServiceId,
    name: Arc<str>,
    /// The list that requests are pushed to.
    queue: Bytes,
}

/// Where in the order of the masters requests begin at the moment.
struct Stay {
    number: usize,
    /// How many began there, and since when.
    requests: usize,
    since: Instant,
}

/// Where in the order of the masters a request begins, and how many it has tried.
struct Turn {
    first: usize,
    tried: usize,
}

/// Why a transport cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedisClientError {
    /// The settings name no master.
    #[error("the settings of the Redis transport name no master: name one or more")]
    NoMaster,
    /// A master cannot be reached on this system, whatever its state.
    #[error("the Redis master {master} cannot be used: {source}")]
    Master {
        /// The master, without its login.
        master: String,
        /// What is wrong with it.
        source: RedisError,
    },
    /// No service can have this name.
    #[error(transparent)]
    ServiceName(#[from] keys::ServiceNameError),
}

/// Ends the tasks when the last user of the connections is gone.
#[derive(Debug)]
struct Handle(Arc<Shared>);

/// What calls and readers share.
struct Shared {
    settings: RedisSettings,
    client: Arc<str>,
    mailbox: Mutex<Mailbox>,
    /// One for each master.
    links: Vec<Link>,
    /// The masters in the order in which requests go to them, again and again.
    order: Vec<usize>,
    stay: Mutex<Stay>,
}

impl RedisConnections {
    /// Connections with these settings, none of which is open yet.
    ///
    /// # Errors
    /// Settings without a usable master.
    pub fn new(settings: RedisSettings) -> Result<Self, RedisClientError> {
        if settings.masters.is_empty() {
            return Err(RedisClientError::NoMaster);
        }
        let settings = settings.bounded();
        let name = format!("soa-client-{}", std::process::id());
        let links = settings.masters.iter().map(|master| match Node::new(master, &settings, &name) {
            Ok(node) => Ok(Link::new(Arc::new(node))),
            Err(source) => Err(RedisClientError::Master { master: master.to_string(), source }),
        });
        let links = links.collect::<Result<Vec<_>, _>>()?;
        let client: Arc<str> = uuid::Uuid::new_v4().simple().to_string().into();
        let mut order: Vec<_> = (0..links.len()).collect();
        fastrand::shuffle(&mut order);
        let mailbox = Mutex::new(Mailbox::new(&client, links.len()));
        let stay = Mutex::new(Stay { number: 0, requests: 0, since: Instant::now() });
        let shared = Shared { settings, client, mailbox, links, order, stay };
        Ok(Self(Arc::new(Handle(Arc::new(shared)))))
    }

    /// A transport to a service over these connections.
    ///
    /// # Errors
    /// A name that no service can have.
    pub fn transport(&self, service: &str) -> Result<RedisClientTransport, RedisClientError> {
        keys::check_service_name(service)?;
        Ok(RedisClientTransport {
            connections: self.clone(),
            service: self.shared().mailbox().service(service),
            name: service.into(),
            queue: keys::request_key(service),
        })
    }

    /// What the connections hold at the moment.
    #[must_use]
    pub fn stats(&self) -> RedisClientStats {
        self.shared().mailbox().stats()
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.0.0
    }
}

impl RedisClientTransport {
    /// A transport to one service with connections of its own.
    ///
    /// # Errors
    /// A name that no service can have, and settings without a usable master.
    pub fn new(service: &str, settings: RedisSettings) -> Result<Self, RedisClientError> {
        RedisConnections::new(settings)?.transport(service)
    }

    /// The connections of this transport, for transports to other services to share.
    #[must_use]
    pub fn connections(&self) -> &RedisConnections {
        &self.connections
    }
}

impl ClientTransport for RedisClientTransport {
    fn send(&self, request: ClientRequest) -> BoxFuture<'_, Result<PendingResponse, TransportError>> {
        Box::pin(self.send_request(request))
    }

    fn call(
        self: Arc<Self>,
        request: ClientRequest,
    ) -> BoxFuture<'static, Result<Option<JobResponse>, TransportError>> {
        self.call_service(request)
    }

    fn receive_timeout(&self) -> Duration {
        self.connections.shared().settings.receive_timeout
    }
}

/// The most requests that go to one master in a row.
const MOST_IN_A_ROW: usize = 512;

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.links.iter().for_each(Link::stop);
    }
}

impl Shared {
    fn mailbox(&self) -> MutexGuard<'_, Mailbox> {
        // What a panic could have left half done is dropped with its call.
        self.mailbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The turn of the next request. Where the service takes many at once, those of a moment go to one master that is at
    /// work for such: each master costs commands of its own, on both sides. PySOA takes one request at a time and looks
    /// at the masters in turn, waiting a while at an empty one.
    fn turn(&self, service: ServiceId) -> Turn {
        let masters = self.order.len();
        if masters == 1 {
            return Turn { first: 0, tried: 0 };
        }
        let mut stay = self.stay.lock().unwrap_or_else(PoisonError::into_inner);
        let master = self.order[stay.number % masters];
        let link = &self.links[master];
        let stays = stay.requests < MOST_IN_A_ROW
            && stay.since.elapsed() < MOMENT
            && !link.node.is_down()
            && match link.pusher.activity() {
                Activity::Idle => self.mailbox().lanes(master).has_calls(),
                Activity::Busy => true,
                Activity::Slow => false,
            }
            && self.mailbox().is_ours(service);
        if !stays {
            *stay = Stay { number: stay.number.wrapping_add(1), requests: 0, since: Instant::now() };
        }
        stay.requests += 1;
        Turn { first: stay.number, tried: 0 }
    }

    /// The master that a request is to try next: first those that are not down and take what they are sent, then those
    /// that are not down. When all are, they are tried in turn.
    fn next_master(self: &Arc<Self>, turn: &mut Turn) -> usize {
        let masters = self.order.len();
        loop {
            let master = self.order[turn.first.wrapping_add(turn.tried) % masters];
            let round = turn.tried / masters;
            turn.tried += 1;
            // With one master there is no choice.
            let is_slow = || masters > 1 && self.links[master].pusher.activity() == Activity::Slow;
            if round > 1 || (self.is_up(master) && (round == 1 || !is_slow())) {
                return master;
            }
        }
    }

    /// Whether a master is not known to be down. For one that is, its reader finds out whether it still is.
    fn is_up(self: &Arc<Self>, master: usize) -> bool {
        let is_down = self.links[master].node.is_down();
        if is_down {
            let wake = self.mailbox().lanes(master).rouse();
            self.wake(master, wake);
        }
        !is_down
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("settings", &self.settings).finish_non_exhaustive()
    }
}
