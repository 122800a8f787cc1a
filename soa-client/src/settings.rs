//! The settings of a client, for one service each.

use std::{collections::BTreeMap, path::Path};

use soa_common::{
    settings::{
        ClassConfig, Fault, Loaded, MapNode, Node, SettingsError, Side, TransportClass, read, read_file, settings_of,
    },
    transport::redis::RedisSettings,
};

/// How to call one service. The default is Redis on this machine without middleware.
///
/// A settings file holds a map from service names to such settings, bare or under `SOA_CLIENT_SETTINGS`, with the keys
/// of the original (`docs/protocol.md`, section 8).
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ClientSettings {
    /// How requests reach the service.
    pub transport: TransportSettings,
    /// Middleware by its registered name; the first is outermost.
    pub middleware: Vec<ClassConfig>,
}

/// How requests reach a service.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum TransportSettings {
    /// Over Redis.
    Redis(RedisSettings),
    /// The service runs in this process: `server_class` and `server_settings` are in the kwargs.
    Local(ClassConfig),
    /// Prepared answers for tests: `action_map` is in the kwargs.
    Stub(ClassConfig),
}

impl ClientSettings {
    /// Reads the settings of all services from a JSON, YAML or TOML file.
    ///
    /// # Errors
    ///
    /// One line when the file cannot be read or parsed, else all wrong settings, each with its key path.
    pub fn load(path: &Path) -> Result<Loaded<BTreeMap<String, Self>>, SettingsError> {
        Self::from_value(&path.display().to_string(), read_file(path)?)
    }

    /// Reads the settings of all services from a value; `source` is its name in messages.
    ///
    /// # Errors
    ///
    /// All wrong settings, each with its key path.
    pub fn from_value(source: &str, value: serde_json::Value) -> Result<Loaded<BTreeMap<String, Self>>, SettingsError> {
        let value = settings_of(source, Side::Client, value)?;
        read(source, &value, |node| Self::read_services(node).unwrap_or_default())
    }

    /// Reads a map from service names to settings.
    pub fn read_services(node: &Node<'_>) -> Option<BTreeMap<String, Self>> {
        let services = node.entries()?.into_iter();
        Some(services.filter_map(|(name, node)| Some((name.to_owned(), Self::read(&node)?))).collect())
    }

    /// Takes the masters of the URLs in the environment ([`redis_url`](soa_common::settings::redis_url)), unless the
    /// settings name some.
    ///
    /// # Errors
    ///
    /// The first URL that names no master, shown without its login.
    pub fn apply_redis_url(&mut self, urls: Option<&str>) -> Result<(), SettingsError> {
        match &mut self.transport {
            TransportSettings::Redis(redis) => redis.apply_redis_url(urls),
            _ => Ok(()),
        }
    }

    /// The faults of middleware whose name is not among `registered`; `key` is the path of these settings.
    pub fn unregistered_middleware(&self, key: &str, registered: &[&str]) -> Vec<Fault> {
        ClassConfig::unregistered(&self.middleware, &format!("{key}.middleware"), registered)
    }

    fn read(node: &Node<'_>) -> Option<Self> {
        node.map(|map| {
            let mut settings = Self::default();
            map.read("transport", &mut settings.transport, read_transport);
            map.read("middleware", &mut settings.middleware, ClassConfig::read_list);
            if let Some(metrics) = map.get("metrics") {
                metrics.check_metrics();
            }
            settings
        })
    }
}

impl Default for TransportSettings {
    fn default() -> Self {
        Self::Redis(RedisSettings::client())
    }
}

fn read_transport(node: &Node<'_>) -> Option<TransportSettings> {
    node.transport(Side::Client, |class, map, kwargs| match class {
        TransportClass::Redis => match kwargs {
            Some(kwargs) => RedisSettings::read(&kwargs, Side::Client).map(TransportSettings::Redis),
            None => Some(TransportSettings::default()),
        },
        TransportClass::Local => {
            check_kwargs(map, kwargs.as_ref(), check_local);
            ClassConfig::read(node).map(TransportSettings::Local)
        }
        TransportClass::Stub => {
            check_kwargs(map, kwargs.as_ref(), check_stub);
            ClassConfig::read(node).map(TransportSettings::Stub)
        }
    })
}

fn check_kwargs(class: &MapNode<'_>, kwargs: Option<&Node<'_>>, check: fn(&MapNode<'_>)) {
    match kwargs {
        Some(kwargs) => drop(kwargs.map(check)),
        None => class.fault("kwargs", "missing", "allowed is a map"),
    }
}

fn check_local(kwargs: &MapNode<'_>) {
    kwargs.need("server_class", "the name of a registered service").map(|node| node.text());
    let Some(settings) = kwargs.need("server_settings", "a map of settings or the path of a settings file") else {
        return;
    };
    match settings.value().as_str() {
        Some(path) if path.contains(':') => {
            settings
                .refuse("allowed is a map of settings or the path of a settings file: write what the variable holds");
        }
        Some(_) => {}
        None => drop(settings.entries()),
    }
}

fn check_stub(kwargs: &MapNode<'_>) {
    let actions = kwargs.need("action_map", "a map of actions").and_then(|node| node.entries());
    for (_, answer) in actions.unwrap_or_default() {
        answer.map(|answer| {
            answer.get("body").map(|node| node.entries());
            let errors = answer.get("errors").and_then(|node| node.list());
            errors.unwrap_or_default().iter().for_each(check_error);
        });
    }
}

fn check_error(node: &Node<'_>) {
    node.map(|error| {
        for key in ["code", "message"] {
            error.need(key, "a text").map(|node| node.text());
        }
        for key in ["field", "traceback"] {
            error.get(key).map(|node| node.or_null(Node::text));
        }
        error.get("variables").map(|node| node.or_null(Node::entries));
        error.get("denied_permissions").map(|node| node.or_null(Node::list));
    });
}
