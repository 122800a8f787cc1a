//! Private servers and peers for the tests of every crate of the workspace.
//!
//! - [`RedisServer`]: a real `redis-server` of the test's own, on a free loopback port.
//! - [`FaultProxy`]: stands between a client and a server and breaks connections on demand.
//! - [`PythonService`] and [`PythonClient`]: the original framework, PySOA 1.4.9, as live peers.
//!
//! Everything is synchronous and ends with the value that stands for it, so any test can use it,
//! with or without a runtime. What goes wrong here is a broken test set-up and panics with one
//! line that says what to do.
//!
//! ```
//! use soa_fixtures::{RedisServer, Reply};
//!
//! let redis = RedisServer::start();
//! redis.command(&["RPUSH", "list", "a"]);
//! assert_eq!(redis.command(&["LLEN", "list"]), Reply::Int(1));
//! ```

#![expect(clippy::expect_used, reason = "a fixture reports a broken set-up by failing the test")]

mod fault_proxy;
mod peer;
mod redis_server;
mod resp;

pub use fault_proxy::{Direction, FaultProxy};
pub use peer::{PythonClient, PythonClientBuilder, PythonService, PythonServiceBuilder, peer_python};
pub use redis_server::{RedisServer, RedisServerBuilder};
pub use resp::Reply;
