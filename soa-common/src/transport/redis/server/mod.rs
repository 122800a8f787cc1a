//! The server's side: takes requests off the lists of a service and pushes the responses.

use std::{
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use futures_util::{
    FutureExt,
    future::{BoxFuture, select_all},
};
use redis::RedisError;
use tokio::{
    sync::{Mutex, Notify, Semaphore},
    time::Instant,
};

use super::{
    Interrupt, Node, Popper, RedisSettings,
    keys::{ServiceNameError, check_service_name, request_key},
    pop::UnderWay,
};
use crate::{
    Error, InvalidMessage, JobResponse, codes,
    transport::{Received, Rescue, ServerTransport, TransportError},
};

mod decode;
mod intake;
mod outlet;
mod rescue;
mod respond;
mod stats;

pub use decode::RedisReply;
pub use stats::RedisServerStats;

use decode::{Decoded, Decoder};
use intake::Intake;
use outlet::Outlet;
use rescue::RedisRescue;
use stats::{Counters, Unreadable};

/// The longest pause between attempts to reach a master.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How many answers to requests that cannot be read may be on their way at once; beyond them there is no answer.
const ERROR_RESPONSES: usize = 64;

/// The transport of a service that pops its requests from Redis.
///
/// It connects when the first request is waited for, and never gives up: while a master is out of order the others go
/// on, the log says so once a minute, and [`receive`](ServerTransport::receive) does not fail. Responses wait for such a
/// master until they expire; with several masters no more than its share of the jobs that run at once, and at once fail
/// those beyond.
///
/// What cannot be read is answered with the job error `INVALID` where the address of the caller can be made out, and
/// otherwise counted and left out (`docs/protocol.md`, section 9).
#[derive(Debug)]
pub struct RedisServerTransport {
    shared: Arc<Shared>,
    intake: Mutex<Intake>,
    interrupts: Vec<Interrupt>,
    under_way: Vec<UnderWay>,
    /// How many requests the receive under way may give.
    free: AtomicUsize,
    is_stopped: AtomicBool,
    /// That one of these two has changed.
    changed: Notify,
}

/// What answering needs.
#[derive(Debug)]
struct Shared {
    service: String,
    settings: RedisSettings,
    /// One for each master, in ring order.
    outlets: Vec<Outlet>,
    /// How many jobs the server runs at once, as far as it has asked for requests.
    places: Arc<AtomicUsize>,
    counters: Arc<Counters>,
    /// The places of answers to requests that cannot be read.
    error_responses: Arc<Semaphore>,
}

/// Why there cannot be a transport with these settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedisTransportError {
    /// The service cannot have this name.
    #[error(transparent)]
    ServiceName(#[from] ServiceNameError),
    /// The settings name no master.
    #[error("the settings name no Redis master")]
    NoMaster,
    /// A master that cannot be reached on this system.
    #[error("this Redis master cannot be used: {0}")]
    Master(#[from] RedisError),
}

impl RedisServerTransport {
    /// A transport for the requests to a service. Nothing is connected yet.
    ///
    /// # Errors
    /// A name that no service can have, and settings without a master that can be reached from this system.
    pub fn new(service: &str, settings: RedisSettings) -> Result<Self, RedisTransportError> {
        check_service_name(service)?;
        let settings = settings.bounded();
        let nodes = nodes(service, &settings)?;
        if nodes.is_empty() {
            return Err(RedisTransportError::NoMaster);
        }
        let poppers: Vec<_> = nodes.iter().map(|node| Popper::new(Arc::clone(node), LONGEST_PAUSE)).collect();
        let interrupts = poppers.iter().map(Popper::interrupter).collect();
        let under_way = poppers.iter().map(Popper::under_way).collect();
        let intake = Intake::new(request_key(service), settings.receive_timeout, poppers);
        let shared = Shared {
            service: service.to_owned(),
            settings,
            outlets: nodes.into_iter().map(Outlet::new).collect(),
            places: Arc::default(),
            counters: Arc::default(),
            error_responses: Arc::new(Semaphore::new(ERROR_RESPONSES)),
        };
        Ok(Self {
            shared: Arc::new(shared),
            intake: Mutex::new(intake),
            interrupts,
            under_way,
            free: AtomicUsize::new(0),
            is_stopped: AtomicBool::new(false),
            changed: Notify::new(),
        })
    }

    /// What came and went so far.
    #[must_use]
    pub fn stats(&self) -> RedisServerStats {
        self.shared.counters.stats()
    }

    /// Waits until a first master can be reached, while [`receive`](ServerTransport::receive) connects to them. To be
    /// awaited once.
    pub fn connected(&self) -> impl Future<Output = ()> + Send + use<> {
        let nodes: Vec<_> = self.shared.outlets.iter().map(|outlet| Arc::clone(outlet.node())).collect();
        async move {
            let reached = nodes.iter().map(|node| node.reached().boxed());
            select_all(reached).await;
        }
    }

    async fn receive_some(&self, free: usize) -> Vec<Received<RedisReply>> {
        self.shared.places.fetch_max(free, Ordering::Relaxed);
        let mut intake = self.intake.lock().await;
        self.free.store(free, Ordering::Relaxed);
        let limit = Instant::now() + self.shared.settings.receive_timeout;
        loop {
            let frames = intake.receive(&self.free, limit, &self.is_stopped, &self.changed).await;
            // From here to the return nothing waits: a call that is dropped loses no request.
            if frames.is_empty() {
                return Vec::new();
            }
            let received = self.shared.decode(frames);
            // However much comes that cannot be read, the caller gets its turn at the limit.
            if !received.is_empty() || Instant::now() >= limit {
                return received;
            }
        }
    }
}

impl ServerTransport for RedisServerTransport {
    type Reply = RedisReply;

    fn receive(&self, free: usize) -> BoxFuture<'_, Result<Vec<Received<RedisReply>>, TransportError>> {
        self.receive_some(free).map(Ok).boxed()
    }

    fn freed(&self, free: usize) -> bool {
        // What one master may give is asked of it already.
        let heeds = self.shared.outlets.len() > 1;
        if heeds {
            self.free.store(free, Ordering::Relaxed);
            self.changed.notify_one();
        }
        heeds
    }

    fn stop(&self) {
        self.is_stopped.store(true, Ordering::Release);
        self.changed.notify_one();
        self.interrupts.iter().for_each(Interrupt::interrupt);
    }

    fn respond<'a>(
        &'a self,
        reply: &'a RedisReply,
        response: &'a JobResponse,
    ) -> BoxFuture<'a, Result<(), TransportError>> {
        self.shared.respond(reply, response).boxed()
    }

    fn rescue(&self) -> Option<Box<dyn Rescue<RedisReply>>> {
        let apart = self.shared.apart()?;
        let key = request_key(&apart.service);
        Some(Box::new(RedisRescue::new(Arc::clone(&self.shared), Arc::new(apart), key, self.under_way.clone())))
    }
}

/// The masters of a service, in ring order.
fn nodes(service: &str, settings: &RedisSettings) -> Result<Vec<Arc<Node>>, RedisError> {
    let name = format!("soa-server-{service}-{}", process::id());
    settings.masters.iter().map(|master| Ok(Arc::new(Node::new(master, settings, &name)?))).collect()
}

impl Shared {
    /// The same with connections of its own, to be used on another runtime.
    fn apart(&self) -> Option<Self> {
        // They were made once before.
        let nodes = nodes(&self.service, &self.settings).ok()?;
        Some(Self {
            service: self.service.clone(),
            settings: self.settings.clone(),
            outlets: nodes.into_iter().map(Outlet::new).collect(),
            places: Arc::clone(&self.places),
            counters: Arc::clone(&self.counters),
            error_responses: Arc::clone(&self.error_responses),
        })
    }

    /// Reads what was popped. What cannot be read is answered or left out.
    fn decode(self: &Arc<Self>, frames: Vec<Bytes>) -> Vec<Received<RedisReply>> {
        let decoder = Decoder {
            service: &self.service,
            serializer: self.settings.serializer,
            now: unix_now(),
            popped: Instant::now(),
        };
        let counters = &self.counters;
        let add = |counter: &AtomicU64, number| {
            counter.fetch_add(number, Ordering::Relaxed);
        };
        let mut received = Vec::with_capacity(frames.len());
        for frame in frames {
            match decoder.decode(&frame) {
                Decoded::Request(request) => received.push(request),
                Decoded::Expired => add(&counters.expired, 1),
                Decoded::Undecodable(error, reply) => {
                    add(if reply.is_some() { &counters.undecodable } else { &counters.unanswerable }, 1);
                    counters.warn(&Unreadable { service: &self.service, error: &error, frame: &frame });
                    if let Some(reply) = reply {
                        self.refuse(reply, &error);
                    }
                }
            }
        }
        add(&counters.received, received.len() as u64);
        received
    }

    /// Answers a request that cannot be read.
    fn refuse(self: &Arc<Self>, reply: RedisReply, error: &InvalidMessage) {
        let Ok(place) = Arc::clone(&self.error_responses).try_acquire_owned() else {
            return;
        };
        let response =
            JobResponse::failed(vec![Error::new(codes::INVALID, format!("The request cannot be read: {error}"))]);
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            let _place = place;
            if let Err(error) = shared.respond(&reply, &response).await {
                // The log tells of the request, and of a master that is out of order, at times; a sender of nonsense
                // does not fill it.
                tracing::debug!("the answer to a request that cannot be read was not sent: {error}");
            }
        });
    }
}

/// The time in Unix seconds.
fn unix_now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
