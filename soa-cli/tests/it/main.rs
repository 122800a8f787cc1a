//! Tests of the `soa` command as a process.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test, as tests do")]

mod answers;
mod bench;
mod fixture;
mod introspect;
mod soa;
mod status;
mod usage;
