//! Tests of the fixtures themselves.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test, as tests do")]

mod fault_proxy;
mod peers;
mod redis_server;
mod tidy;
