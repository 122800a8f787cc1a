//! The Redis transport against real servers.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use soa_common::transport::redis::{Node, Popper, Push, Pusher, RedisSettings};
use tokio::time::Instant;

mod pop;
mod push;

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
    let frames = vec![frame.into()];
    Push {
        key: Bytes::from_static(key.as_bytes()),
        frames,
        ttl: 60,
        capacity: 1_000,
        deadline: Instant::now() + LONG,
        retries: 10,
    }
}

/// A number as a frame.
fn numbered(number: usize) -> Bytes {
    number.to_string().into()
}
