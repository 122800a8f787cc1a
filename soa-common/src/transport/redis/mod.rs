//! The transport over Redis lists.

mod defaults;
mod master;
mod settings;

pub(crate) use defaults::{Keepalive, Login, MasterDefaults};
pub(crate) use master::without_login;
pub use master::{Master, MasterError};
pub use settings::RedisSettings;
