//! The crate's behaviour through its public API.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod conversations;
mod envelopes;
mod frames;
mod hostile;
mod json_for_people;
mod json_payloads;
mod misfits;
mod properties;
mod redis;
mod redis_client;
mod settings;
mod typed;
mod values;
mod vectors;
