//! The settings of a server.

mod logging;
mod read;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use soa_client::ClientSettings;
use soa_common::{
    settings::{ClassConfig, Loaded, SettingsError, Side, read_file, settings_of},
    transport::redis::RedisSettings,
};
use tracing::Level;

use crate::Harakiri;

/// What the original recommends as the first of `coroutine_middleware`. It logs failures, which tasks here do anyway.
const DEFAULT_TASK_MIDDLEWARE: &str = "pysoa.server.coroutine:DefaultCoroutineMiddleware";

/// Everything a server can be told, with the keys of the original (`docs/protocol.md`, section 8).
///
/// The default serves from Redis on this machine, 64 jobs at once in each worker.
///
/// ```
/// use serde_json::json;
/// use soa_server::ServerSettings;
///
/// let loaded = ServerSettings::from_value("settings.json", json!({ "concurrency": 8 }))?;
/// assert_eq!(loaded.settings.concurrency, 8);
///
/// let error = ServerSettings::from_value("settings.json", json!({ "concurency": 8, "harakiri": { "timeout": -1 } }));
/// assert!(error.unwrap_err().to_string().starts_with("settings.json: 2 settings are wrong\n"));
/// # Ok::<(), soa_common::settings::SettingsError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ServerSettings {
    /// Where requests come from.
    pub transport: TransportSettings,
    /// Job and action middleware by its registered name; the first is outermost.
    pub middleware: Vec<ClassConfig>,
    /// Middleware of background tasks by its registered name; the first is outermost. The original's default one does
    /// nothing.
    pub coroutine_middleware: Vec<ClassConfig>,
    /// The services this one may call, by name.
    pub client_routing: BTreeMap<String, ClientSettings>,
    /// Limits of the time that jobs take.
    pub harakiri: Harakiri,
    /// At which level a request and its response are logged when nothing went wrong. Default: info.
    pub request_log_success_level: Level,
    /// At which level a request and its response are logged when the response has errors. Default: info.
    pub request_log_error_level: Level,
    /// The path of the heartbeat file, with `{{pid}}` for the process id and `{{fid}}` for the number of the worker (1
    /// without `--fork`). Default: none.
    ///
    /// [`main`](crate::main) creates it when a worker begins to serve and removes it when the worker stops. It holds the
    /// Unix time in seconds, as a float in text, written anew when the worker has taken requests or has found none for
    /// the receive timeout of its transport, at most every 2.5 seconds. So an old time means that a worker is stuck, or
    /// that all its places are taken; one that stops does not write. A worker that is killed leaves its file behind,
    /// unless the path has `{{pid}}`, by which nobody writes it again: then the parent of `--fork` removes it.
    pub heartbeat_file: Option<String>,
    /// Names of fields that logs do not show, besides the built-in ones.
    pub extra_fields_to_redact: BTreeSet<String>,
    /// How many jobs one worker runs at once, 1 to 65,536. Default: 64; 1 behaves as the original. As many again may
    /// wait until Redis has taken their responses, unless it is 1 or the service has hooks.
    pub concurrency: usize,
    /// How many threads the runtime of a worker has, 1 to 1024 (`runtime.threads`). Default: 1, a current-thread
    /// runtime.
    pub runtime_threads: usize,
    /// Whether a `SERVER_ERROR` carries its traceback to the caller. Default: no.
    pub expose_tracebacks: bool,
    /// Whether a started job is dropped, and not answered, when the deadline of its caller passes. A job whose response
    /// is suppressed has nobody who waits for it, and runs on. Default: no.
    pub cancel_at_deadline: bool,
    /// How many undecodable messages are kept in the list `pysoa:dead.<service>`. Default: 0, none.
    pub dead_letters: usize,
}

/// Where a server's requests come from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[expect(clippy::large_enum_variant, reason = "a process has one of them")]
pub enum TransportSettings {
    /// From Redis.
    Redis(RedisSettings),
    /// From clients in the same process.
    Local,
}

impl ServerSettings {
    /// Reads a JSON, YAML or TOML file, which holds the settings bare or under `SOA_SERVER_SETTINGS`.
    ///
    /// # Errors
    ///
    /// One line when the file cannot be read or parsed, else all wrong settings, each with its key path.
    pub fn load(path: &Path) -> Result<Loaded<Self>, SettingsError> {
        Self::from_value(&path.display().to_string(), read_file(path)?)
    }

    /// Reads a value, which holds the settings bare or under `SOA_SERVER_SETTINGS`; `source` is its name in messages.
    ///
    /// # Errors
    ///
    /// All wrong settings, each with its key path.
    pub fn from_value(source: &str, value: serde_json::Value) -> Result<Loaded<Self>, SettingsError> {
        let value = settings_of(source, Side::Server, value)?;
        soa_common::settings::read(source, &value, Self::read)
    }

    /// Takes the masters of the URLs in the environment ([`redis_url`](soa_common::settings::redis_url)) wherever the
    /// settings name none: for the server itself and for the services it calls.
    ///
    /// # Errors
    ///
    /// The first URL that names no master, shown without its login.
    pub fn apply_redis_url(&mut self, urls: Option<&str>) -> Result<(), SettingsError> {
        if let TransportSettings::Redis(redis) = &mut self.transport {
            redis.apply_redis_url(urls)?;
        }
        self.client_routing.values_mut().try_for_each(|client| client.apply_redis_url(urls))
    }

    /// Checks that all middleware of the server, of its background tasks, and of the clients in `client_routing` is
    /// registered under the name it is given here. `source` is the name of the settings in messages.
    ///
    /// # Errors
    ///
    /// All names that are not registered.
    pub fn check_middleware(
        &self,
        source: &str,
        server: &[&str],
        tasks: &[&str],
        client: &[&str],
    ) -> Result<(), SettingsError> {
        let mut faults = ClassConfig::unregistered(&self.middleware, "middleware", server);
        let tasks = [tasks, &[DEFAULT_TASK_MIDDLEWARE]].concat();
        faults.extend(ClassConfig::unregistered(&self.coroutine_middleware, "coroutine_middleware", &tasks));
        for (name, settings) in &self.client_routing {
            faults.extend(settings.unregistered_middleware(&format!("client_routing.{name}"), client));
        }
        if faults.is_empty() { Ok(()) } else { Err(SettingsError::wrong(source, faults)) }
    }
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            transport: TransportSettings::default(),
            middleware: Vec::new(),
            coroutine_middleware: Vec::new(),
            client_routing: BTreeMap::new(),
            harakiri: Harakiri::default(),
            request_log_success_level: Level::INFO,
            request_log_error_level: Level::INFO,
            heartbeat_file: None,
            extra_fields_to_redact: BTreeSet::new(),
            concurrency: 64,
            runtime_threads: 1,
            expose_tracebacks: false,
            cancel_at_deadline: false,
            dead_letters: 0,
        }
    }
}

impl Default for TransportSettings {
    fn default() -> Self {
        Self::Redis(RedisSettings::server())
    }
}
