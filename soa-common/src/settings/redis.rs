//! The kwargs of the Redis transports.

mod connection;
mod hosts;

use std::time::Duration;

use super::{BuiltIn, MapNode, Node, Side};
use crate::{frame::ProtocolVersion, serializer::Serializer, transport::redis::RedisSettings};

/// The largest count, size or time in seconds that settings may name: far beyond any use, and no sum overflows.
const LARGEST: u64 = u32::MAX as u64;

const COUNT: &str = "an integer above 0";
const SECONDS: &str = "an integer above 0 (seconds)";

const SERIALIZERS: &[BuiltIn<Serializer>] = &[
    BuiltIn {
        name: "json",
        aliases: &[
            ("pysoa.common.serializer.json_serializer:JSONSerializer", None),
            ("pysoa.common.serializer:JSONSerializer", None),
        ],
        meaning: Serializer::Json,
    },
    BuiltIn {
        name: "msgpack",
        aliases: &[
            ("pysoa.common.serializer.msgpack_serializer:MsgpackSerializer", None),
            ("pysoa.common.serializer:MsgpackSerializer", None),
        ],
        meaning: Serializer::Msgpack,
    },
];

impl RedisSettings {
    /// Reads the kwargs of a Redis transport class over the defaults of its side.
    pub fn read(node: &Node<'_>, side: Side) -> Option<Self> {
        node.map(|kwargs| {
            let mut settings = match side {
                Side::Server => Self::server(),
                Side::Client => Self::client(),
            };
            let size = |node: &Node<'_>| count(node, 1, "an integer above 0 (bytes)");
            kwargs.read("maximum_message_size_in_bytes", &mut settings.maximum_message_size, size);
            let log = |node: &Node<'_>| count(node, 0, "an integer of 0 or more (bytes, 0 = off)");
            kwargs.read("log_messages_larger_than_bytes", &mut settings.log_messages_larger_than, log);
            read_chunks(kwargs, side, &mut settings);

            kwargs.read("message_expiry_in_seconds", &mut settings.message_expiry, seconds);
            kwargs.read("queue_capacity", &mut settings.queue_capacity, |node| count(node, 1, COUNT));
            kwargs.read("queue_full_retries", &mut settings.queue_full_retries, |node| {
                node.integer(0..=LARGEST, "an integer of 0 or more")?.try_into().ok()
            });
            kwargs.read("receive_timeout_in_seconds", &mut settings.receive_timeout, |node| {
                if side == Side::Server && node.value() == 0 {
                    node.warn("has no effect here: a pop blocks for 5 seconds at most, and then again");
                    return None;
                }
                seconds(node)
            });
            kwargs.read("default_serializer_config", &mut settings.serializer, serializer);
            read_version(kwargs, side, &mut settings);
            read_backend(kwargs, &mut settings);
            settings
        })
    }
}

fn count(node: &Node<'_>, least: u64, rule: &str) -> Option<usize> {
    node.integer(least..=LARGEST, rule)?.try_into().ok()
}

fn seconds(node: &Node<'_>) -> Option<Duration> {
    node.integer(1..=LARGEST, SECONDS).map(Duration::from_secs)
}

fn serializer(node: &Node<'_>) -> Option<Serializer> {
    node.map(|class| {
        class.get("object");
        class.get("kwargs").map(|kwargs| kwargs.map(|_| ()));
        BuiltIn::find(&class.need("path", "the name of a serializer")?, SERIALIZERS, Side::Client)
    })?
}

fn read_chunks(kwargs: &MapNode<'_>, side: Side, settings: &mut RedisSettings) {
    let Some(node) = kwargs.get("chunk_messages_larger_than_bytes") else { return };
    if side == Side::Client {
        return node.fault("found on a client", "allowed is only on a server");
    }
    if node.value().as_i64().is_some_and(|size| size < 0) {
        return;
    }
    let least = RedisSettings::MINIMUM_CHUNK;
    let rule = format!("{least} or more, or a negative number for off");
    let Some(chunk) = count(&node, least as u64, &rule) else { return };
    settings.chunk_messages_larger_than = Some(chunk);
    let (maximum, needed) = (settings.maximum_message_size, chunk.saturating_mul(5));
    if maximum < needed {
        let allowed = format!("allowed is at least 5 times chunk_messages_larger_than_bytes ({needed})");
        kwargs.fault("maximum_message_size_in_bytes", format!("found {maximum}"), allowed);
    }
}

fn read_version(kwargs: &MapNode<'_>, side: Side, settings: &mut RedisSettings) {
    let Some(node) = kwargs.get("protocol_version") else { return };
    if side == Side::Server {
        return node
            .fault("found on a server", "allowed is only on a client: a server answers in the version of the request");
    }
    match node.value().as_u64() {
        Some(1) => settings.protocol_version = ProtocolVersion::V1,
        Some(2) => settings.protocol_version = ProtocolVersion::V2,
        Some(3) => settings.protocol_version = ProtocolVersion::V3,
        _ if !node.value().is_i64() && !node.value().is_u64() => node.wrong_kind("an integer"),
        _ => node.refuse("allowed are: 1, 2, 3"),
    }
}

/// The masters, and how to talk to them.
fn read_backend(kwargs: &MapNode<'_>, settings: &mut RedisSettings) {
    const KINDS: [(&str, bool); 2] = [("redis.sentinel", true), ("redis.standard", false)];
    let written = kwargs.get("backend_type");
    let kind = written.as_ref().map(|node| (node, node.choose(&KINDS)));
    if let Some((node, Some(true))) = kind {
        node.refuse("allowed is redis.standard (Sentinel is not available yet)");
    }
    let Some(node) = kwargs.get("backend_layer_kwargs") else { return };
    node.map(|layer| {
        let sentinel = ["sentinel_services", "sentinel_kwargs", "sentinel_failover_retries"].map(|key| layer.get(key));
        for node in sentinel.iter().flatten() {
            match kind {
                Some((_, Some(false))) => {
                    node.fault("found with redis.standard", "allowed is only with redis.sentinel");
                }
                Some(_) => {}
                None => {
                    let what = "allowed are: redis.sentinel, redis.standard, where Sentinel is configured";
                    kwargs.fault("backend_type", "missing", what);
                    break;
                }
            }
        }
        let database = layer.get("redis_db").and_then(|node| connection::database(&node));
        settings.master_defaults.db = database;
        settings.master_defaults.port = layer.get("redis_port").and_then(|node| hosts::port(&node));
        if let Some(node) = layer.get("connection_kwargs") {
            connection::read(&node, settings);
        }
        if let Some(masters) = layer.get("hosts").and_then(|node| hosts::masters(&node)) {
            settings.hosts_named = true;
            settings.masters = masters;
        }
        settings.fill_masters();
    });
}
