//! The Redis transport against real servers.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use soa_common::transport::redis::{Node, Popper, Push, Pusher, RedisSettings};
use soa_fixtures::RedisServer;
use tokio::time::Instant;

mod failure;
mod hostile;
mod intake;
mod keys;
mod pop;
mod push;
mod rescue;
mod server;

/// The time that nothing in a test should take.
const LONG: Duration = Duration::from_secs(20);

fn node(url: &str) -> Arc<Node> {
    let settings = RedisSettings::from_url(url).unwrap();
    Arc::new(Node::new(&settings.masters[0], &settings, "soa-test").unwrap())
}

fn pusher(url: &str) -> Pusher {
    Pusher::new(node(url))
}

fn popper(url: &str) -> Popper {
    Popper::new(node(url), Duration::from_millis(100))
}

fn message(key: &'static str, frame: impl Into<Bytes>) -> Push {
    let deadline = Instant::now() + LONG;
    Push {
        key: key.into(),
        frames: vec![frame.into().into()],
        ttl: 60,
        capacity: 1_000,
        deadline,
        retries: 10,
        waiting: None,
    }
}

/// A number as a frame.
fn numbered(number: usize) -> Bytes {
    number.to_string().into()
}

/// What is in a list.
fn list(redis: &RedisServer, key: &str) -> Vec<Vec<u8>> {
    redis.command(&["LRANGE", key, "0", "-1"]).items().iter().map(|item| item.bytes().to_vec()).collect()
}
