//! The list of Redis masters.

use serde_json::Value;

use crate::settings::{Node, fault::quoted};
use crate::transport::redis::{Master, MasterDefaults};

/// The masters in ring order; an empty list names none, as in the original.
pub(super) fn masters(node: &Node<'_>) -> Option<Vec<Master>> {
    let masters: Vec<Master> = node.list()?.iter().filter_map(host).collect();
    (!masters.is_empty()).then_some(masters)
}

pub(super) fn port(node: &Node<'_>) -> Option<u16> {
    node.integer(1..=u16::MAX.into(), "an integer from 1 to 65535")?.try_into().ok()
}

fn host(node: &Node<'_>) -> Option<Master> {
    match node.value() {
        Value::String(text) => master(node, text),
        Value::Array(_) => pair(node),
        _ => {
            node.wrong_kind("a text or a list of host and port");
            None
        }
    }
}

/// `[host, port]`, as the original's tuples are written.
fn pair(node: &Node<'_>) -> Option<Master> {
    let list = node.list()?;
    let [host, number] = &list[..] else {
        node.fault(format!("found a list of {}", list.len()), "allowed is a list of host and port");
        return None;
    };
    let (master, port) = (master(host, host.text()?), port(number));
    let (master, port) = (master?, port?);
    if !master.is_bare() {
        host.fault("found more than a host", "allowed is a host alone beside a port");
        return None;
    }
    Some(master.filled(&MasterDefaults { port: Some(port), ..MasterDefaults::default() }))
}

fn master(node: &Node<'_>, text: &str) -> Option<Master> {
    let parsed = text.parse::<Master>();
    if let Err(error) = &parsed {
        node.fault(format!("found {}", quoted(error.shown())), format!("allowed is {}", error.allowed()));
    }
    parsed.ok()
}
