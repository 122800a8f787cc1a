//! Calls that nobody waits for any more: nothing stays of them, at the client, in Redis or at the service.

use std::{
    future::IntoFuture,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use serde_json::{Value as Json, json};
use soa_client::{CallError, Client, RedisSettings};
use soa_common::{
    Map,
    transport::redis::{RedisClientStats, RedisClientTransport, RedisServerTransport},
};
use soa_fixtures::{RedisServer, Reply};
use soa_server::{ActionContext, ActionError, ServerSettings, Service, serve};
use tokio::{
    runtime::Handle,
    select,
    sync::{oneshot, watch},
    task::JoinHandle,
    time::{Instant, sleep},
};

use crate::process_support::PATIENCE;

/// How many calls are under way at once.
const AT_ONCE: usize = 100;

/// What the actions of the service share with the test.
struct App {
    running: AtomicUsize,
    is_open: watch::Sender<bool>,
}

impl App {
    fn running(&self) -> usize {
        self.running.load(Ordering::Relaxed)
    }

    /// Lets all actions end that wait, and waits for their end.
    async fn open(&self) {
        self.is_open.send_replace(true);
        until("all actions have ended", || self.running() == 0).await;
        self.is_open.send_replace(false);
    }
}

/// An action that runs, until this is dropped.
struct Running(Arc<App>);

impl Running {
    fn begin(app: &Arc<App>) -> Self {
        app.running.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(app))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Answers when the gate is open.
async fn wait(ctx: ActionContext<Arc<App>>, _: Map) -> Result<(), ActionError> {
    let _running = Running::begin(ctx.state());
    ctx.state().is_open.subscribe().wait_for(|is_open| *is_open).await?;
    Ok(())
}

/// Calls a service that does not answer.
async fn call_on(ctx: ActionContext<Arc<App>>, _: Map) -> Result<(), ActionError> {
    let _running = Running::begin(ctx.state());
    ctx.client().call_action("nobody", "act", json!({})).timeout(PATIENCE).await?;
    Ok(())
}

async fn echo(body: Map) -> Result<Map, ActionError> {
    Ok(body)
}

/// A service, a client of it and the Redis between them, all on one runtime.
struct Stand {
    redis: RedisServer,
    app: Arc<App>,
    transport: RedisClientTransport,
    client: Client,
    /// What the actions of the service call with.
    onward: RedisClientTransport,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Stand {
    async fn new(cancels: bool) -> Self {
        let redis = RedisServer::start();
        let transport = |service| RedisClientTransport::new(service, RedisSettings::from_url(&redis.url()).unwrap());
        let (transport, onward) = (transport("test").unwrap(), transport("nobody").unwrap());
        let app = Arc::new(App { running: AtomicUsize::default(), is_open: watch::Sender::new(false) });
        let service = Service::builder("test")
            .state(Arc::clone(&app))
            .client(Client::builder().transport("nobody", onward.clone()).build().unwrap())
            .action("wait", wait)
            .action("call_on", call_on)
            .action("echo", echo)
            .build()
            .unwrap();
        let mut settings = ServerSettings::default();
        (settings.concurrency, settings.cancel_at_deadline) = (2 * AT_ONCE, cancels);
        let mut backend = RedisSettings::server();
        backend.masters = RedisSettings::from_url(&redis.url()).unwrap().masters;
        let server = RedisServerTransport::new("test", backend).unwrap();
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            serve(service, server, &settings, stopped).await.unwrap();
        });
        let client = Client::builder().transport("test", transport.clone()).build().unwrap();
        let stand = Self { redis, app, transport, client, onward, stop, served };
        stand.check_serves(0).await;
        stand
    }

    async fn check_serves(&self, number: u64) {
        let answer = self.client.call::<Json>("test", "echo", json!({ "number": number })).await.unwrap();
        assert_eq!(answer, json!({ "number": number }));
    }

    fn stats(&self) -> RedisClientStats {
        self.transport.connections().stats()
    }

    /// How many connections Redis has.
    fn connections(&self) -> usize {
        self.redis.command(&["CLIENT", "LIST"]).text().lines().count()
    }

    /// Begins calls of each kind and gives all of them up.
    async fn abandon(&self) {
        let call = |action: &str| self.client.call_action("test", action, json!({})).timeout(PATIENCE);
        // Dropped while they run.
        let calls = join_all((0..AT_ONCE).map(|_| call("wait").into_future()));
        self.drop_when_waiting(calls, AT_ONCE).await;
        self.app.open().await;
        // Dropped half-way: some of the jobs have been answered.
        let jobs = |_| {
            let actions = (0..10).map(|number| (["wait", "echo"][number % 2], json!({})));
            self.client.call_actions_parallel("test", actions).timeout(PATIENCE).into_future()
        };
        self.drop_when_waiting(join_all((0..AT_ONCE / 10).map(jobs)), AT_ONCE / 2).await;
        self.app.open().await;
        // Out of time.
        let calls = (0..AT_ONCE).map(|_| call("wait").timeout(Duration::from_millis(30)).into_future());
        for result in join_all(calls).await {
            check_gave_up(result);
        }
        assert_eq!(self.stats().calls, 0);
        self.app.open().await;
    }

    /// Drops calls when only those are left that wait for the gate.
    async fn drop_when_waiting<T>(&self, calls: impl Future<Output = T>, count: usize) {
        let are_waiting = || self.app.running() == count && self.stats().calls == count;
        select! {
            _ = calls => panic!("the calls have ended"),
            () = until("the calls wait", are_waiting) => {}
        }
        assert_eq!(self.stats().calls, 0);
    }
}

/// How long each list stays, in seconds; negative would be for ever.
fn lives(redis: &RedisServer) -> Vec<i64> {
    let Reply::Array(keys) = redis.command(&["KEYS", "*"]) else { panic!("no list of keys") };
    keys.iter().map(|key| redis.command(&[b"TTL", key.bytes()]).int()).collect()
}

/// A call ended because its time was over, while it was sent or while it waited.
#[track_caller]
fn check_gave_up<T: std::fmt::Debug>(result: Result<T, CallError>) {
    let error = result.unwrap_err();
    assert!(matches!(error, CallError::Transport(_)), "{error}");
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

/// Waits until something is so.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "it never came to be that {what}");
        sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn ten_thousand_abandoned_calls_leave_nothing() {
    let stand = Stand::new(false).await;
    let idle = tasks();
    stand.abandon().await;
    let (connections, lanes) = (stand.connections(), stand.stats().lanes);
    for round in 1..40 {
        stand.abandon().await;
        // What comes late is nobody's answer.
        stand.check_serves(round).await;
    }
    until("all tasks have ended", || tasks() <= idle).await;
    assert!(stand.connections() <= connections, "{} after {connections}", stand.connections());
    assert!(stand.stats().lanes <= lanes, "{} after {lanes}", stand.stats().lanes);
    assert!(stand.stats().dropped > 0);
    until("no lane is popped", || stand.stats().lanes == 0).await;
    let lives = lives(&stand.redis);
    assert!(lives.iter().all(|life| (0..=70).contains(life)), "{lives:?}");
    stand.stop.send(()).unwrap();
    stand.served.await.unwrap();
}

#[tokio::test]
async fn a_service_keeps_nothing_for_callers_that_have_gone() {
    for cancels in [true, false] {
        let Stand { redis, app, transport, client, onward, stop, served } = Stand::new(cancels).await;
        let idle = tasks();
        let calls = (0..AT_ONCE).map(|number| {
            let action = ["wait", "call_on"][number % 2];
            client.call_action("test", action, json!({})).timeout(Duration::from_secs(1)).into_future()
        });
        for result in join_all(calls).await {
            check_gave_up(result);
        }
        drop((client, transport));
        // What an action calls has no more time than the action itself.
        let waiting = if cancels { 0 } else { AT_ONCE / 2 };
        until("no action calls on", || app.running() == waiting && onward.connections().stats().calls == 0).await;
        app.open().await;
        until("all tasks have ended", || tasks() <= idle).await;
        let lives = lives(&redis);
        assert!(lives.iter().all(|life| (0..=70).contains(life)), "{lives:?}");
        stop.send(()).unwrap();
        served.await.unwrap();
    }
}
