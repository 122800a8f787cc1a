//! What a process is told by its settings file, its environment and its command line.

use std::path::Path;

use soa_client::Client;
use soa_common::settings::{Loaded, SettingsError, redis_url};

use super::registry::{Maker, Registry};
use crate::{ServerSettings, TransportSettings, cli::Args};

/// Settings that are right, and what they name.
pub(super) struct Prepared {
    pub(super) settings: ServerSettings,
    /// Settings that have no effect.
    pub(super) warnings: Vec<String>,
    /// The outermost first.
    pub(super) middleware: Vec<Maker>,
    /// Knows the services of `client_routing`.
    pub(super) client: Client,
}

/// Reads all of it; the masters of `--redis` win over those of the file, and those over the environment's.
pub(super) fn prepare(args: &Args, registry: &Registry) -> Result<Prepared, SettingsError> {
    let Loaded { mut settings, warnings } = match &args.settings {
        Some(path) => ServerSettings::load(path)?,
        None => Loaded { settings: ServerSettings::default(), warnings: Vec::new() },
    };
    settings.apply_redis_url(redis_url()?.as_deref())?;
    if let Some(urls) = &args.redis
        && let TransportSettings::Redis(redis) = &mut settings.transport
    {
        redis.set_masters(urls).map_err(|error| SettingsError::unreadable("--redis", error.to_string()))?;
    }
    let source = args.settings.as_deref().unwrap_or(Path::new("settings")).display().to_string();
    let middleware = registry.read(&source, &settings)?;
    let routes = settings.client_routing.iter();
    let client =
        routes.fold(Client::builder(), |client, (name, settings)| client.service_settings(name, settings.clone()));
    let client = client
        .build()
        .map_err(|error| SettingsError::unreadable(format!("{source}: client_routing"), error.to_string()))?;
    Ok(Prepared { settings, warnings, middleware, client })
}
