//! The behaviour of soa-server through its public boundary.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test, as tests do")]

mod conversations;
mod schemas;
mod settings;
mod vector_service;
