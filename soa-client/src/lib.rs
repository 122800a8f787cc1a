//! Async client for services that speak the PySOA protocol.

mod settings;

pub use settings::{ClientSettings, TransportSettings};
