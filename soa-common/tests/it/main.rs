//! The behaviour of soa-common through its public boundary.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test, as tests do")]

mod settings;
