//! Reading settings: files, the checks of every value, and what both sides have in common.
//!
//! A file holds what the original's settings dict holds, as JSON, YAML or TOML (`docs/protocol.md`, section 8).
//! [`read_file`] makes a value of it, [`settings_of`] picks one side, and [`read`] walks it with a [`Node`], which knows
//! its path and collects every fault, so that all of them are shown at once:
//!
//! ```
//! use serde_json::json;
//! use soa_common::settings::read;
//!
//! let value = json!({ "retries": -1, "naem": "x" });
//! let error = read("settings.json", &value, |node| {
//!     let mut retries = 3;
//!     node.map(|map| {
//!         map.get("name").and_then(|node| node.text());
//!         map.read("retries", &mut retries, |node| node.integer(0..=9, "an integer of 0 or more"));
//!     });
//!     retries
//! });
//! assert_eq!(error.unwrap_err().to_string(), "settings.json: 2 settings are wrong
//!   retries: found -1; allowed is an integer of 0 or more
//!   naem: unknown key; allowed are: name, retries (did you mean name?)");
//! ```

mod class;
mod fault;
mod file;
mod json;
mod metrics;
mod node;
mod redis;
mod source;
mod transport;

pub use class::{ClassConfig, Side};
pub use fault::{Fault, SettingsError};
pub use file::read_file;
pub use node::{Loaded, MapNode, Node, read};
pub(crate) use source::REDIS_URL;
pub use source::{redis_url, settings_of};
pub use transport::TransportClass;

use class::BuiltIn;
