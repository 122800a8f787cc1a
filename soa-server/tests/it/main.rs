//! The behaviour of soa-server through its public boundary.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test, as tests do")]

mod support;
mod typed_values;
mod vector_service;

mod actions;
mod call_local;
mod conversations;
mod declaration;
mod failures;
mod job_schema;
mod local_transport;
mod middleware;
mod schemas;
mod settings;
