//! How messages travel between clients and servers.

pub mod redis;
