//! The arguments of a Redis connection, by the names redis-py gives them.

use std::time::Duration;

use serde_json::Value;

use super::{
    super::{MapNode, Node},
    LARGEST,
};
use crate::transport::redis::{Keepalive, Login, RedisSettings};

/// Reads `connection_kwargs` or what stands for them into the settings.
pub(super) fn read(node: &Node<'_>, settings: &mut RedisSettings) {
    node.map(|map| {
        let masters = &mut settings.master_defaults;
        masters.login = login(map);
        // A database beside `connection_kwargs` is stronger.
        let db = map.get("db").and_then(|node| database(&node));
        masters.db = masters.db.or(db);
        let mut keepalive = Keepalive::default();
        if let Some(node) = map.get("socket_keepalive_options") {
            read_keepalive(&node, &mut keepalive);
        }
        let off = map.get("socket_keepalive").is_some_and(|node| node.bool() == Some(false));
        masters.keepalive = (!off).then_some(keepalive);

        map.read("socket_connect_timeout", &mut settings.connect_timeout, |node| node.or_null(seconds)?);
        map.read("socket_timeout", &mut settings.socket_timeout, |node| node.or_null(seconds));
        map.read("client_name", &mut settings.client_name, |node| node.or_null(client_name));
        read_tls(map);
        read_refused(map);
        read_ignored(map);
    });
}

pub(super) fn database(node: &Node<'_>) -> Option<u32> {
    node.integer(0..=i32::MAX as u64, "an integer of 0 or more")?.try_into().ok()
}

fn login(map: &MapNode<'_>) -> Option<Login> {
    let text = |node: &Node<'_>| node.or_null(|node| node.text().map(str::to_owned));
    let (username, password) = (map.get("username"), map.get("password").map(|node| text(&node)));
    let user = username.as_ref().and_then(text).flatten();
    match (user, password) {
        (username, Some(Some(Some(password)))) => Some(Login { username, password }),
        (Some(_), None | Some(Some(None))) => {
            username?.fault("found without a password", "allowed is a user together with a password");
            None
        }
        _ => None,
    }
}

fn seconds(node: &Node<'_>) -> Option<Duration> {
    let most = LARGEST as f64;
    let number = node.number(|number| number > 0.0 && number <= most, "a number above 0 (seconds) or null")?;
    Some(Duration::from_secs_f64(number))
}

fn client_name(node: &Node<'_>) -> Option<String> {
    let name = node.text()?;
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_graphic()) {
        node.refuse("allowed is a text of printable ASCII without spaces");
        return None;
    }
    Some(name.into())
}

/// Keys are numbers of Linux (`TCP_KEEPIDLE` is 4) or names; the ranges are those of Linux.
fn read_keepalive(node: &Node<'_>, keepalive: &mut Keepalive) {
    let integer = |node: &Node<'_>, most: u16| {
        let number = node.integer(1..=most.into(), &format!("an integer from 1 to {most}"))?;
        u32::try_from(number).ok()
    };
    let time = |node: &Node<'_>| integer(node, 32_767).map(|number| Duration::from_secs(number.into()));
    for (key, node) in node.entries().unwrap_or_default() {
        match key {
            "4" | "TCP_KEEPIDLE" => keepalive.idle = time(&node).unwrap_or(keepalive.idle),
            "5" | "TCP_KEEPINTVL" => keepalive.interval = time(&node),
            "6" | "TCP_KEEPCNT" => keepalive.retries = integer(&node, 127),
            _ => {
                let names = "4 (TCP_KEEPIDLE), 5 (TCP_KEEPINTVL), 6 (TCP_KEEPCNT)";
                node.fault("unknown key", format!("allowed are: {names}"));
            }
        }
    }
}

/// TLS is refused where it would be used; what only describes it is checked and waits.
fn read_tls(map: &MapNode<'_>) {
    if let Some(node) = map.get("ssl")
        && node.bool() == Some(true)
    {
        node.refuse("allowed is false (TLS is not available yet)");
    }
    for key in ["ssl_ca_certs", "ssl_certfile", "ssl_keyfile"] {
        if let Some(node) = map.get(key)
            && let Some(Some(_)) = node.or_null(Node::text)
        {
            node.warn("has no effect yet: TLS is not available");
        }
    }
    if let Some(node) = map.get("ssl_cert_reqs") {
        node.or_null(|node| node.choose(&[("none", ()), ("optional", ()), ("required", ())]));
    }
    map.get("ssl_check_hostname").map(|node| node.bool());
}

fn read_refused(map: &MapNode<'_>) {
    for (key, instead) in [
        ("host", "allowed is only in hosts"),
        ("port", "allowed is only in hosts, or as redis_port"),
        ("unix_socket_path", "allowed is only in hosts, as unix://<path>"),
    ] {
        if let Some(node) = map.get(key) {
            node.fault("found here", instead);
        }
    }
    for key in ["encoding", "charset"] {
        if let Some(node) = map.get(key)
            && let Some(name) = node.text()
            && !["utf-8", "utf8", "utf_8"].contains(&&*name.to_lowercase())
        {
            node.refuse("allowed is utf-8 (messages are bytes)");
        }
    }
    if let Some(node) = map.get("decode_responses")
        && node.bool() == Some(true)
    {
        node.refuse("allowed is false (messages are bytes)");
    }
    for key in ["connection_class", "connection_pool", "parser_class"] {
        read_object(map, key);
    }
    for key in ["single_connection_client", "socket_read_size", "socket_type"] {
        read_object(map, key);
    }
}

/// An object of Python is refused, plain tuning has no meaning here.
fn read_object(map: &MapNode<'_>, key: &'static str) {
    let Some(node) = map.get(key) else { return };
    match node.value() {
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => node.warn("has no effect here: it tunes redis-py"),
        _ => node.wrong_kind("a number, a bool or null (objects of Python have no meaning here)"),
    }
}

fn read_ignored(map: &MapNode<'_>) {
    let text = |node: &Node<'_>| node.text().is_some();
    let yes = |node: &Node<'_>| node.bool() == Some(true);
    let count = |node: &Node<'_>| node.integer(0..=LARGEST, "an integer of 0 or more").is_some_and(|count| count > 0);
    let time = |node: &Node<'_>| {
        node.number(|seconds| seconds >= 0.0, "a number of 0 or more (seconds)").is_some_and(|seconds| seconds > 0.0)
    };
    let most =
        |node: &Node<'_>| node.or_null(|node| node.integer(1..=LARGEST, "an integer above 0")).flatten().is_some();
    /// Whether a value of the right kind differs from the default.
    type Differs<'a> = &'a dyn Fn(&Node<'_>) -> bool;
    let ignored: [(&'static str, Differs<'_>, &str); 8] = [
        ("check_connection", &yes, "has no effect here: it belongs to Sentinel"),
        ("encoding_errors", &text, "has no effect here: messages are bytes"),
        ("errors", &text, "has no effect here: messages are bytes"),
        ("health_check_interval", &time, "has no effect yet: idle connections are not pinged"),
        ("is_master", &yes, "has no effect here: it belongs to Sentinel"),
        ("max_connections", &most, "has no effect here: the number of connections is fixed"),
        ("min_other_sentinels", &count, "has no effect here: it belongs to Sentinel"),
        ("retry_on_timeout", &yes, "has no effect here: a push is never repeated blindly"),
    ];
    for (key, differs, why) in ignored {
        if let Some(node) = map.get(key)
            && differs(&node)
        {
            node.warn(why);
        }
    }
}
