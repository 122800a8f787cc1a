//! Wire protocol, values, transports and settings shared by clients and servers.

pub mod transport;
