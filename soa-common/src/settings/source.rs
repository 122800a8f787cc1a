//! Where settings come from: the key a file holds them under, and the environment.

use std::env;

use serde_json::Value;

use super::{
    SettingsError, Side,
    fault::{Fault, choice},
};

/// The keys that may hold all settings of one side, so that one file can serve both.
const HOLDERS: [&str; 2] = ["SOA_CLIENT_SETTINGS", "SOA_SERVER_SETTINGS"];

/// The variable that names the Redis masters.
pub(crate) const REDIS_URL: &str = "SOA_REDIS_URL";

/// The settings of one side in a file: all of it, or what it holds under `SOA_SERVER_SETTINGS` or
/// `SOA_CLIENT_SETTINGS`.
///
/// # Errors
///
/// A file that uses these keys and has others beside them, or lacks the one of this side.
pub fn settings_of(source: &str, side: Side, file: Value) -> Result<Value, SettingsError> {
    let Value::Object(mut map) = file else { return Ok(file) };
    if !HOLDERS.iter().any(|key| map.contains_key(*key)) {
        return Ok(Value::Object(map));
    }
    if map.keys().any(|key| !HOLDERS.contains(&&**key)) {
        return Err(strangers(source, &map));
    }
    let key = match side {
        Side::Server => "SOA_SERVER_SETTINGS",
        Side::Client => "SOA_CLIENT_SETTINGS",
    };
    map.shift_remove(key).ok_or_else(|| {
        let fault = Fault::new(key, "missing", "allowed is a map of settings");
        SettingsError::wrong(source, vec![fault])
    })
}

/// The Redis URLs of the environment (`SOA_REDIS_URL`), to be given to the settings that were read. This is the only
/// place that reads the environment.
///
/// # Errors
///
/// A value that is not UTF-8.
pub fn redis_url() -> Result<Option<String>, SettingsError> {
    match env::var(REDIS_URL) {
        Ok(urls) if urls.trim().is_empty() => Ok(None),
        Ok(urls) => Ok(Some(urls)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(SettingsError::unreadable(REDIS_URL, "not UTF-8")),
    }
}

/// What a dump of a whole Django module has beside our keys.
fn strangers(source: &str, map: &serde_json::Map<String, Value>) -> SettingsError {
    let strangers = map.keys().filter(|key| !HOLDERS.contains(&&***key));
    let faults = strangers.map(|key| {
        let names = choice("allowed", key, HOLDERS);
        let hint = "dump only that one setting of the Python module";
        Fault::new(key.escape_debug().to_string(), "unknown key", format!("{names}; {hint}"))
    });
    SettingsError::wrong(source, faults.collect())
}
