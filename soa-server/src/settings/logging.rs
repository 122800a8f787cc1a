//! `logging`: its outline is checked, and it has no effect yet.

use serde_json::{Value, json};
use soa_common::settings::Node;

/// Checks the outline of a `dictConfig` dict, and warns when it is not what the original logs by default.
pub(super) fn check(node: &Node<'_>) {
    node.map(|map| {
        map.get("version").map(|node| node.integer(1..=1, "1"));
        for key in ["filters", "formatters", "handlers", "loggers"] {
            for (_, entry) in map.get(key).and_then(|node| node.entries()).unwrap_or_default() {
                entry.entries();
            }
        }
        map.get("root").map(|node| node.entries());
        if let Some(incremental) = map.get("incremental")
            && incremental.bool() == Some(true)
        {
            incremental.refuse("allowed is false");
        }
        map.get("disable_existing_loggers").map(|node| node.bool());
        if !says_nothing_new(node.value(), &original()) {
            node.warn("has no effect yet: loggers and handlers are fixed");
        }
    });
}

/// Whether every value in `given` is that of `default`.
fn says_nothing_new(given: &Value, default: &Value) -> bool {
    match (given, default) {
        (Value::Object(given), Value::Object(default)) => {
            given.iter().all(|(key, value)| default.get(key).is_some_and(|default| says_nothing_new(value, default)))
        }
        _ => given == default,
    }
}

/// The original's default.
fn original() -> Value {
    json!({
        "version": 1,
        "formatters": {
            "console": { "format": "%(asctime)s %(levelname)7s %(correlation_id)s %(request_id)s: %(message)s" },
            "syslog": {
                "format": "%(service_name)s_service: %(name)s %(levelname)s %(module)s %(process)d correlation_id \
                           %(correlation_id)s request_id %(request_id)s %(message)s"
            },
        },
        "filters": { "pysoa_logging_context_filter": { "()": "pysoa.common.logging.PySOALogContextFilter" } },
        "handlers": {
            "console": {
                "level": "INFO",
                "class": "logging.StreamHandler",
                "formatter": "console",
                "filters": ["pysoa_logging_context_filter"],
            },
            "syslog": {
                "level": "INFO",
                "class": "pysoa.common.logging.SyslogHandler",
                "facility": 23,
                "address": ["localhost", 514],
                "formatter": "syslog",
                "filters": ["pysoa_logging_context_filter"],
            },
        },
        "loggers": {},
        "root": { "handlers": ["console"], "level": "INFO" },
        "disable_existing_loggers": false,
    })
}
