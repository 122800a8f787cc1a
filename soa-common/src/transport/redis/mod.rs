//! The transport over Redis lists.
//!
//! [`Pusher`] and [`Popper`] move frames to and from the lists of one [`Node`]; everything else builds on them.

mod defaults;
mod master;
mod settings;

mod backoff;
mod commands;
mod connection;
pub mod keys;
mod large;
mod node;
mod resp;
mod socket;
mod wire;

mod pop;
mod push;

mod client;
mod server;

pub use client::{RedisClientError, RedisClientStats, RedisClientTransport, RedisConnections};
pub(crate) use defaults::{Keepalive, Login, MasterDefaults};
pub(crate) use master::without_login;
pub use master::{Master, MasterError};
pub use node::Node;
pub use pop::{Interrupt, Popped, Popper};
pub use push::{Push, Pusher};
pub use server::{RedisReply, RedisServerStats, RedisServerTransport, RedisTransportError};
use settings::LONGEST_TIME;
pub use settings::RedisSettings;

/// The most actions that an error or a warning names.
const MOST_NAMES: usize = 5;
