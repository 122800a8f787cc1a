//! Settings: files, faults and the kwargs of the Redis transports.

mod connection;
mod files;
mod redis;

use serde_json::Value;
use soa_common::{
    settings::{Loaded, SettingsError, Side, read},
    transport::redis::RedisSettings,
};

/// The Redis settings these kwargs make.
fn load(side: Side, kwargs: &Value) -> Result<Loaded<RedisSettings>, SettingsError> {
    read("kwargs", kwargs, |node| RedisSettings::read(node, side).unwrap_or_default())
}

/// What is said about these kwargs: a line each fault, or else each warning.
fn said(side: Side, kwargs: &Value) -> Vec<String> {
    match load(side, kwargs) {
        Ok(loaded) => loaded.warnings,
        Err(error) => error.faults().iter().map(ToString::to_string).collect(),
    }
}
