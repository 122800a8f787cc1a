//! The crate's behaviour through its public API.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod conversations;
mod json_payloads;
mod settings;
mod vectors;
