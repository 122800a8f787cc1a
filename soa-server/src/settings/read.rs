//! Reading server settings, key by key.

use std::time::Duration;

use soa_client::ClientSettings;
use soa_common::{
    settings::{ClassConfig, MapNode, Node, Side, TransportClass},
    transport::redis::RedisSettings,
};
use tracing::Level;

use super::{DEFAULT_TASK_MIDDLEWARE, ServerSettings, TransportSettings, logging};
use crate::Harakiri;

/// The longest time in seconds that settings may name.
const LONGEST: u64 = u32::MAX as u64;

const LEVELS: [(&str, Level); 5] = [
    ("DEBUG", Level::DEBUG),
    ("INFO", Level::INFO),
    ("WARNING", Level::WARN),
    ("ERROR", Level::ERROR),
    ("CRITICAL", Level::ERROR),
];

impl ServerSettings {
    /// Reads the settings over the defaults.
    pub(super) fn read(node: &Node<'_>) -> Self {
        let mut settings = Self::default();
        node.map(|map| {
            map.read("transport", &mut settings.transport, transport);
            map.read("middleware", &mut settings.middleware, ClassConfig::read_list);
            map.read("coroutine_middleware", &mut settings.coroutine_middleware, coroutine_middleware);
            map.read("client_routing", &mut settings.client_routing, ClientSettings::read_services);
            if let Some(harakiri) = map.get("harakiri") {
                harakiri.map(|map| read_harakiri(map, &mut settings.harakiri));
            }
            map.read("request_log_success_level", &mut settings.request_log_success_level, |node| node.choose(&LEVELS));
            map.read("request_log_error_level", &mut settings.request_log_error_level, |node| node.choose(&LEVELS));
            map.read("heartbeat_file", &mut settings.heartbeat_file, |node| {
                node.or_null(|node| node.text().map(str::to_owned))
            });
            map.read("extra_fields_to_redact", &mut settings.extra_fields_to_redact, |node| {
                Some(node.list()?.iter().filter_map(|field| field.text().map(str::to_owned)).collect())
            });
            map.read("concurrency", &mut settings.concurrency, |node| count(node, 65_536));
            if let Some(runtime) = map.get("runtime") {
                runtime.map(|map| map.read("threads", &mut settings.runtime_threads, |node| count(node, 1024)));
            }
            map.read("expose_tracebacks", &mut settings.expose_tracebacks, Node::bool);
            map.read("cancel_at_deadline", &mut settings.cancel_at_deadline, Node::bool);
            read_later(map, &mut settings);
        });
        settings
    }
}

/// What is checked and kept, and has no effect yet.
fn read_later(map: &MapNode<'_>, settings: &mut ServerSettings) {
    if let Some(logging) = map.get("logging") {
        logging::check(&logging);
    }
    if let Some(metrics) = map.get("metrics") {
        metrics.check_metrics();
    }
    map.read("dead_letters", &mut settings.dead_letters, |node| {
        let length = node.integer(0..=LONGEST, "an integer of 0 or more (0 = off)")?;
        unless_default(node, &length, &0, "undecodable messages are not kept");
        length.try_into().ok()
    });
}

fn read_harakiri(map: &MapNode<'_>, harakiri: &mut Harakiri) {
    map.read("timeout", &mut harakiri.timeout, |node| {
        let seconds = node.integer(0..=LONGEST, "an integer of 0 or more (seconds, 0 = off)")?;
        Some((seconds > 0).then(|| Duration::from_secs(seconds)))
    });
    map.read("shutdown_grace", &mut harakiri.shutdown_grace, |node| {
        Some(Duration::from_secs(node.integer(1..=LONGEST, "an integer above 0 (seconds)")?))
    });
    map.read("actions", &mut harakiri.actions, |node| {
        let entries = node.entries()?.into_iter();
        Some(entries.filter_map(|(name, node)| Some((name.to_owned(), action_timeout(&node)?))).collect())
    });
}

fn action_timeout(node: &Node<'_>) -> Option<Option<Duration>> {
    let allowed = |seconds: f64| (0.0..=LONGEST as f64).contains(&seconds);
    let seconds = node.number(allowed, "a number of 0 or more (seconds, 0 = off)")?;
    Some((seconds > 0.0).then(|| Duration::from_secs_f64(seconds)))
}

fn unless_default<T: PartialEq>(node: &Node<'_>, value: &T, default: &T, why: &str) {
    if value != default {
        node.warn(&format!("has no effect yet: {why}"));
    }
}

fn count(node: &Node<'_>, most: u64) -> Option<usize> {
    node.integer(1..=most, &format!("an integer from 1 to {most}"))?.try_into().ok()
}

fn coroutine_middleware(node: &Node<'_>) -> Option<Vec<ClassConfig>> {
    let classes = ClassConfig::read_list(node)?;
    // Otherwise it stays: messages count the classes as the settings do.
    Some(if classes.iter().all(|class| class.is(DEFAULT_TASK_MIDDLEWARE)) { Vec::new() } else { classes })
}

fn transport(node: &Node<'_>) -> Option<TransportSettings> {
    node.transport(Side::Server, |class, _, kwargs| match (class, kwargs) {
        (TransportClass::Redis, Some(kwargs)) => {
            RedisSettings::read(&kwargs, Side::Server).map(TransportSettings::Redis)
        }
        (TransportClass::Redis, None) => Some(TransportSettings::default()),
        (TransportClass::Local, kwargs) => {
            kwargs.map(|kwargs| kwargs.map(|_| ()));
            Some(TransportSettings::Local)
        }
        // No name of a server's transport means this one.
        (TransportClass::Stub, _) => None,
    })
}
