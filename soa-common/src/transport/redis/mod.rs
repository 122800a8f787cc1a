//! The transport over Redis lists.

mod master;
mod settings;

pub use master::{Master, MasterError};
pub use settings::RedisSettings;
