//! What the options of a call become in the headers of its job (`docs/protocol.md`, sections 4 and 6).

use std::{sync::LazyLock, time::Duration};

use soa_common::{Body, Context, Control, Map, Value};

/// The options of a call that travel with its job.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) switches: Vec<i64>,
    pub(crate) correlation_id: Option<String>,
    pub(crate) context: Map,
    pub(crate) control_extra: Map,
    pub(crate) continue_on_error: bool,
    pub(crate) suppress_response: bool,
    pub(crate) timeout: Option<Duration>,
}

impl Options {
    /// The context header: the client's base, then what belongs to this call, keys in the order of the original.
    pub(crate) fn context<Id: AsRef<str>>(&self, base: &Map, new_correlation_id: impl FnOnce() -> Id) -> Context {
        if base.is_empty() && self.says_nothing() {
            return Context::of_new_chain(new_correlation_id().as_ref());
        }
        let mut context = base.clone();
        if let Some(id) = &self.correlation_id {
            context.insert("correlation_id", id.as_str());
        } else if context.get("correlation_id").is_none() {
            context.insert("correlation_id", new_correlation_id().as_ref());
        }
        let mut extra = self.context.clone();
        let inherited = context.get("switches").cloned().into_iter().chain(extra.remove("switches"));
        let switches = unique_switches(inherited, &self.switches);
        context.insert("switches", switches);
        merge(&mut context, extra);
        // The key would end a worker of the original.
        context.remove("request_id");
        context.into()
    }

    /// Whether nothing is to be added to the context.
    fn says_nothing(&self) -> bool {
        self.context.is_empty() && self.switches.is_empty() && self.correlation_id.is_none()
    }

    /// The control header, with the time in which the response has to come where the service is told.
    pub(crate) fn control(&self, timeout: Option<Duration>) -> Control {
        /// What most calls say, encoded once.
        static DEFAULT: LazyLock<Control> = LazyLock::new(|| encoded(Options::default().control_map(None)).into());
        match self.continue_on_error || self.suppress_response || timeout.is_some() || !self.control_extra.is_empty() {
            true => self.control_map(timeout).into(),
            false => DEFAULT.clone(),
        }
    }

    fn control_map(&self, timeout: Option<Duration>) -> Map {
        let mut control =
            Map::from([("continue_on_error", self.continue_on_error), ("suppress_response", self.suppress_response)]);
        merge(&mut control, self.control_extra.clone());
        if let Some(timeout) = timeout
            && self.control_extra.get("timeout").is_none()
        {
            control.insert("timeout", seconds(timeout));
        }
        control
    }
}

/// A body that is not encoded again for each message it is part of.
fn encoded(map: Map) -> Body {
    let map = Body::from(map);
    Body::from_msgpack(map.to_msgpack()).unwrap_or(map)
}

/// Puts entries over those with the same keys.
pub(crate) fn merge(map: &mut Map, entries: Map) {
    for (key, value) in entries {
        match key {
            Value::Text(key) => drop(map.insert(key, value)),
            key => map.push(key, value),
        }
    }
}

/// The union in order of appearance. What is no switch stays, so that the service can say so.
fn unique_switches(inherited: impl Iterator<Item = Value>, switches: &[i64]) -> Vec<Value> {
    let inherited = inherited.flat_map(|value| match value {
        Value::List(switches) => switches,
        other => vec![other],
    });
    let mut unique = Vec::new();
    for switch in inherited.chain(switches.iter().copied().map(Value::from)) {
        if !unique.contains(&switch) {
            unique.push(switch);
        }
    }
    unique
}

/// A number of seconds, an integer when it is a whole one.
fn seconds(timeout: Duration) -> Value {
    match timeout.subsec_nanos() {
        0 => timeout.as_secs().into(),
        _ => timeout.as_secs_f64().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_timeout_is_an_integer() {
        for (timeout, expected) in [(2_000, Value::from(2)), (1_500, 1.5.into()), (250, 0.25.into())] {
            assert_eq!(seconds(Duration::from_millis(timeout)), expected);
        }
    }
}
