//! Tests of the conformance service and of our client with live peers on the original framework.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stderr, reason = "a test that fails shows the log of its service")]

mod bodies;
mod caller;
mod cases;
mod comparable;
mod our_client;
mod service;
mod tagged;
mod wire;

mod agreement;
mod chain;
mod chunks;
mod expiry;
mod fleet;
mod full_queue;
mod harakiri;
mod hostile;
mod introspection;
mod outages;
mod raw_jobs;
mod ring;
mod validation;
