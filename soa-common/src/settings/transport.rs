//! The built-in transports by their names.

use super::{BuiltIn, MapNode, Node, Side};

/// A built-in transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportClass {
    /// Over Redis.
    Redis,
    /// Within one process.
    Local,
    /// Prepared answers, on a client only.
    Stub,
}

/// The transports of a client; the last is not one of a server.
const TRANSPORTS: [BuiltIn<TransportClass>; 3] = [
    BuiltIn {
        name: "local",
        aliases: &[
            ("pysoa.common.transport.local:LocalClientTransport", Some(Side::Client)),
            ("pysoa.common.transport.local:LocalServerTransport", Some(Side::Server)),
        ],
        meaning: TransportClass::Local,
    },
    BuiltIn {
        name: "redis",
        aliases: &[
            ("pysoa.common.transport.redis_gateway.client:RedisClientTransport", Some(Side::Client)),
            ("pysoa.common.transport.redis_gateway.server:RedisServerTransport", Some(Side::Server)),
        ],
        meaning: TransportClass::Redis,
    },
    BuiltIn {
        name: "stub",
        aliases: &[("pysoa.test.stub_service:StubClientTransport", Some(Side::Client))],
        meaning: TransportClass::Stub,
    },
];

impl Node<'_> {
    /// Reads `{path, kwargs}` of a transport on this side; `read` gets the transport, the map and its kwargs.
    pub fn transport<T>(
        &self,
        side: Side,
        read: impl FnOnce(TransportClass, &MapNode<'_>, Option<Node<'_>>) -> Option<T>,
    ) -> Option<T> {
        self.map(|map| {
            map.get("object");
            let known = match side {
                Side::Server => &TRANSPORTS[..2],
                Side::Client => &TRANSPORTS,
            };
            let (path, kwargs) = (map.get("path"), map.get("kwargs"));
            // Kwargs alone keep the default transport.
            let class = path.map_or(Some(TransportClass::Redis), |path| BuiltIn::find(&path, known, side));
            read(class?, map, kwargs)
        })?
    }
}
