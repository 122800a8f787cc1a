//! Services that answer PySOA calls.

mod settings;

pub use settings::{Harakiri, ServerSettings, TransportSettings};
