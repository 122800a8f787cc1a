//! The client through its public API, over a transport in memory.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fake;

mod allocations;
mod builder;
mod calls;
mod deadlines;
mod errors;
mod headers;
mod memory;
mod middleware;
mod parallel;
mod redis;
mod settings;
