//! `metrics`: checked, and without effect as long as nothing is measured.

use super::{BuiltIn, ClassConfig, MapNode, Node, Side};

#[derive(Clone, Copy, PartialEq)]
enum Recorder {
    None,
    /// Its kwargs are a prefix and the configuration of its publishers.
    Default,
    /// A publisher of our own, named directly.
    Publisher,
}

const RECORDERS: &[BuiltIn<Recorder>] = &[
    BuiltIn { name: "dogstatsd", aliases: &[], meaning: Recorder::Publisher },
    BuiltIn { name: "log", aliases: &[], meaning: Recorder::Publisher },
    BuiltIn {
        name: "none",
        aliases: &[("pymetrics.recorders.noop:NonOperationalMetricsRecorder", None)],
        meaning: Recorder::None,
    },
    BuiltIn { name: "prometheus", aliases: &[], meaning: Recorder::Publisher },
    BuiltIn { name: "pymetrics.recorders.default:DefaultMetricsRecorder", aliases: &[], meaning: Recorder::Default },
    BuiltIn { name: "statsd", aliases: &[], meaning: Recorder::Publisher },
];

impl Node<'_> {
    /// Checks the shape of `metrics`, and warns when it asks for some.
    pub fn check_metrics(&self) {
        self.map(|class| {
            class.get("object");
            let path = class.need("path", "the name of a recorder");
            let recorder = path.and_then(|node| BuiltIn::find(&node, RECORDERS, Side::Server));
            check_prefix(class);
            if let Some(kwargs) = class.get("kwargs") {
                match recorder {
                    Some(Recorder::Default) => check_recorder(&kwargs),
                    _ => drop(kwargs.entries()),
                }
            }
            if recorder.is_some_and(|recorder| recorder != Recorder::None) {
                self.warn("has no effect yet: nothing is measured");
            }
        });
    }
}

fn check_recorder(node: &Node<'_>) {
    node.map(|kwargs| {
        check_prefix(kwargs);
        let Some(config) = kwargs.get("config") else { return };
        config.map(|config| {
            config.get("version").map(|node| node.integer(1..=2, "1 or 2"));
            config.get("publishers").map(|node| ClassConfig::read_list(&node));
            config.get("error_logger_name").map(|node| node.or_null(Node::text));
            config.get("enable_meta_metrics").map(|node| node.bool());
        });
    });
}

fn check_prefix(map: &MapNode<'_>) {
    map.get("prefix").map(|node| node.or_null(Node::text));
}
