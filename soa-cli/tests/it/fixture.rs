//! Services for the command to call.

use std::thread::{self, JoinHandle};

use soa_common::{
    Map, Value, json,
    transport::redis::{RedisServerTransport, RedisSettings},
};
use soa_fixtures::{PythonService, RedisServer};
use soa_server::{ActionError, ServerSettings, Service, serve};
use tokio::sync::oneshot;

use crate::soa::{Run, soa};

/// The original's service `peer` on a Redis of its own.
pub(crate) struct Fixture {
    pub(crate) redis: RedisServer,
    _service: PythonService,
}

/// A service of ours on a Redis of its own, in this process.
pub(crate) struct Ours {
    redis: RedisServer,
    name: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Fixture {
    pub(crate) fn start() -> Self {
        let redis = RedisServer::start();
        let service = PythonService::builder("peer").redis(redis.port()).start();
        Self { redis, _service: service }
    }

    /// Runs `soa command peer arguments…`.
    pub(crate) fn run(&self, command: &str, arguments: &[&str]) -> Run {
        soa(&[&[command, "peer"], arguments, &["--redis", &self.redis.url()]].concat())
    }
}

impl Ours {
    pub(crate) fn start(service: Service) -> Self {
        let redis = RedisServer::start();
        let settings = RedisSettings::from_url(&redis.url()).unwrap();
        let name = service.name().to_owned();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let transport = RedisServerTransport::new(service.name(), settings).unwrap();
            let settings = ServerSettings::default();
            runtime.block_on(serve(service, transport, &settings, async { drop(stopped.await) })).unwrap();
        });
        Self { redis, name, stop: Some(stop), thread: Some(thread) }
    }

    /// A service `recorded` whose only action answers this JSON for people, whatever it is asked.
    pub(crate) fn answering(action: &str, body: &str) -> Self {
        let Value::Map(body) = json::from_json(serde_json::from_str(body).unwrap()).unwrap() else {
            panic!("a body is a map");
        };
        let answer = move |_: Map| {
            let body = body.clone();
            async move { Ok::<_, ActionError>(body) }
        };
        Self::start(Service::builder("recorded").action(action, answer).build().unwrap())
    }

    /// Runs `soa command name arguments…`.
    pub(crate) fn run(&self, command: &str, arguments: &[&str]) -> Run {
        soa(&[&[command, &self.name], arguments, &["--redis", &self.url()]].concat())
    }

    pub(crate) fn url(&self) -> String {
        self.redis.url()
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        drop(self.stop.take());
        // A service that failed has made the test fail already.
        drop(self.thread.take().map(JoinHandle::join));
    }
}
