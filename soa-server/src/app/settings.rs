//! What a process is told by its settings file, its environment and its command line.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use soa_client::{Client, ClientBuilder, ClientSettings};
use soa_common::{
    settings::{Fault, Loaded, SettingsError, redis_url},
    transport::redis::RedisSettings,
};

use super::{
    BoxError, MakeClient,
    registry::{Maker, Registry},
};
use crate::{
    DynTaskMiddleware, ServerSettings, TransportSettings, cli::Args, middleware::DynMiddleware, worker::Chain,
};

/// Everything that settings can name.
#[derive(Default)]
pub(super) struct Registries {
    pub(super) server: Registry<ServerPart>,
    pub(super) task: Registry<TaskPart>,
    pub(super) client: Registry<ClientPart>,
}

/// Middleware of a server.
pub(super) type ServerPart = Arc<dyn DynMiddleware>;

/// Middleware of background tasks.
pub(super) type TaskPart = Arc<dyn DynTaskMiddleware>;

/// Adds middleware to the client of a service.
pub(super) type ClientPart = Box<dyn FnOnce(ClientBuilder, &str) -> ClientBuilder>;

/// Settings that are right, and what they name.
pub(super) struct Prepared {
    pub(super) settings: ServerSettings,
    /// The transport of these settings.
    pub(super) redis: RedisSettings,
    /// Settings that have no effect.
    pub(super) warnings: Vec<String>,
    pub(super) middleware: PreparedMiddleware,
}

/// Middleware that is still to be made.
pub(super) struct PreparedMiddleware {
    /// The outermost first.
    server: Vec<Maker<ServerPart>>,
    /// The outermost first.
    task: Vec<Maker<TaskPart>>,
    /// By service of `client_routing`; the outermost first.
    client: Vec<(String, Vec<Maker<ClientPart>>)>,
    /// In place of the builder's own way.
    pub(super) make_client: Option<MakeClient>,
}

/// Reads all of it. The masters of `--redis` win over those of the file, and those over the environment's; a service of
/// `client_routing` without masters takes those of `--redis`, else the environment's.
pub(super) fn prepare(args: &Args, registries: &Registries) -> Result<Prepared, SettingsError> {
    let Loaded { mut settings, warnings } = match &args.settings {
        Some(path) => ServerSettings::load(path)?,
        None => Loaded { settings: ServerSettings::default(), warnings: Vec::new() },
    };
    if let Some(urls) = &args.redis
        && let TransportSettings::Redis(redis) = &mut settings.transport
    {
        redis.set_masters(urls).map_err(|error| SettingsError::unreadable("--redis", error.to_string()))?;
    }
    let environment = redis_url()?;
    settings.apply_redis_url(args.redis.as_deref().or(environment.as_deref()))?;
    let source = args.settings.as_deref().unwrap_or(Path::new("settings")).display().to_string();
    let TransportSettings::Redis(redis) = settings.transport.clone() else {
        return Err(SettingsError::wrong(source, vec![no_redis("transport.path", "local")]));
    };
    check_routes(&source, &settings.client_routing)?;
    settings.check_middleware(
        &source,
        &registries.server.names(),
        &registries.task.names(),
        &registries.client.names(),
    )?;
    let middleware = PreparedMiddleware::read(registries, &source, &settings)?;
    routes(&settings.client_routing)
        .build()
        .map_err(|error| SettingsError::unreadable(format!("{source}: client_routing"), error.to_string()))?;
    Ok(Prepared { settings, redis, warnings, middleware })
}

impl PreparedMiddleware {
    fn read(registries: &Registries, source: &str, settings: &ServerSettings) -> Result<Self, SettingsError> {
        let mut faults = Vec::new();
        let server = registries.server.read(&settings.middleware, "middleware", &mut faults);
        let task = registries.task.read(&settings.coroutine_middleware, "coroutine_middleware", &mut faults);
        let client = settings.client_routing.iter().map(|(service, settings)| {
            let key = format!("client_routing.{service}.middleware");
            (service.clone(), registries.client.read(&settings.middleware, &key, &mut faults))
        });
        let client = client.collect();
        if faults.is_empty() {
            Ok(Self { server, task, client, make_client: None })
        } else {
            Err(SettingsError::wrong(source, faults))
        }
    }

    /// The middleware of the service and that of its tasks, and a client that knows the services of `client_routing`.
    pub(super) fn make(self, settings: &ServerSettings) -> Result<(Vec<ServerPart>, Vec<TaskPart>, Client), BoxError> {
        let server = self.server.into_iter().map(|make| make()).collect::<Result<_, _>>()?;
        let task = self.task.into_iter().map(|make| make()).collect::<Result<_, _>>()?;
        let mut client = routes(&settings.client_routing);
        for (service, makers) in self.client {
            for make in makers {
                client = make()?(client, &service);
            }
        }
        let client = match self.make_client {
            Some(make) => make(settings, client)
                .map_err(|error| BoxError::from(format!("the make_client hook failed: {}", Chain(&*error))))?,
            None => client.build()?,
        };
        Ok((server, task, client))
    }
}

/// A process of its own has nothing but Redis to reach others.
fn check_routes(source: &str, services: &BTreeMap<String, ClientSettings>) -> Result<(), SettingsError> {
    let faults = services.iter().filter_map(|(service, settings)| {
        let name = match settings.transport {
            soa_client::TransportSettings::Local(_) => "local",
            soa_client::TransportSettings::Stub(_) => "stub",
            _ => return None,
        };
        Some(no_redis(&format!("client_routing.{service}.transport.path"), name))
    });
    let faults: Vec<_> = faults.collect();
    if faults.is_empty() { Ok(()) } else { Err(SettingsError::wrong(source, faults)) }
}

fn no_redis(path: &str, found: &str) -> Fault {
    Fault::new(path, format!("found \"{found}\""), "allowed is redis for a process of its own")
}

/// A client of these services without the middleware that settings name.
fn routes(services: &BTreeMap<String, ClientSettings>) -> ClientBuilder {
    services.iter().fold(Client::builder(), |client, (service, settings)| {
        let mut settings = settings.clone();
        settings.middleware.clear();
        client.service_settings(service, settings)
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde::Deserialize;
    use serde_json::json;
    use soa_client::{ActionResponse, Body, CallError, ClientMiddleware, JobResponse, OutgoingRequest, RequestNext};
    use soa_common::transport::PendingResponse;

    use super::*;
    use crate::cli;

    /// Answers in place of the service.
    #[derive(Deserialize)]
    struct Answers {
        name: String,
    }

    impl ClientMiddleware for Answers {
        async fn request(&self, call: OutgoingRequest, _: RequestNext<'_>) -> Result<PendingResponse, CallError> {
            let body = Body::encode(&json!({ "name": self.name, "service": *call.service })).unwrap();
            let action = ActionResponse { action: "a".to_owned(), body, ..ActionResponse::default() };
            Ok(PendingResponse::new(async { Ok(JobResponse { actions: vec![action], ..JobResponse::default() }) }))
        }
    }

    fn prepare_with(settings: &serde_json::Value, arguments: &[&str]) -> Result<Prepared, SettingsError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        fs::write(&path, settings.to_string()).unwrap();
        let path = path.display().to_string();
        let words = ["service", "--settings", &path].into_iter().chain(arguments.iter().copied()).map(Into::into);
        let mut registries = Registries::default();
        registries.client.add("answers".to_owned(), |answers: Answers| {
            Ok(Box::new(|client: ClientBuilder, service: &str| client.service_middleware(service, answers))
                as ClientPart)
        });
        prepare(&cli::parse(&words.collect::<Vec<_>>()).unwrap(), &registries)
    }

    /// The settings are refused with this fault as the last one.
    fn check(settings: &serde_json::Value, fault: &str) {
        let error = prepare_with(settings, &[]).err().map(|error| error.to_string());
        assert!(error.as_deref().is_some_and(|error| error.ends_with(fault)), "{error:?}");
    }

    #[tokio::test]
    async fn clients_have_the_middleware_of_their_settings_the_first_outermost() {
        let answers = |name: &str| json!({ "path": "answers", "kwargs": { "name": name } });
        let settings = json!({ "client_routing": { "users": { "middleware": [answers("outer"), answers("inner")] } } });
        let prepared = prepare_with(&settings, &[]).unwrap();
        let (_, _, client) = prepared.middleware.make(&prepared.settings).unwrap();
        let body = client.call_action("users", "a", json!({})).await.unwrap().body;
        assert_eq!(body, Body::encode(&json!({ "name": "outer", "service": "users" })).unwrap());
    }

    #[tokio::test]
    async fn the_make_client_hook_gets_the_middleware_of_the_settings() {
        let settings = json!({ "client_routing": { "users": {} } });
        let mut prepared = prepare_with(&settings, &[]).unwrap();
        prepared.middleware.make_client = Some(Box::new(|settings, client| {
            let name = settings.concurrency.to_string();
            Ok(client.middleware(Answers { name }).build()?)
        }));
        let (_, _, client) = prepared.middleware.make(&prepared.settings).unwrap();
        let body = client.call_action("users", "a", json!({})).await.unwrap().body;
        assert_eq!(body, Body::encode(&json!({ "name": "64", "service": "users" })).unwrap());
        let mut prepared = prepare_with(&settings, &[]).unwrap();
        prepared.middleware.make_client = Some(Box::new(|_, _| Err("no licence".into())));
        let error = prepared.middleware.make(&prepared.settings).err().unwrap();
        assert_eq!(error.to_string(), "the make_client hook failed: no licence");
    }

    #[test]
    fn wrong_kwargs_of_client_middleware_are_refused() {
        let class = json!({ "path": "answers", "kwargs": { "name": "a", "nmae": "b" } });
        let fault =
            "\n  client_routing.users.middleware.0.kwargs.nmae: unknown key; this middleware has no such setting";
        check(&json!({ "client_routing": { "users": { "middleware": [class] } } }), fault);
    }

    #[test]
    fn a_process_is_reached_over_redis() {
        let fault = "\n  transport.path: found \"local\"; allowed is redis for a process of its own";
        check(&json!({ "transport": { "path": "local" } }), fault);
        let stub = json!({ "path": "stub", "kwargs": { "action_map": {} } });
        let fault =
            "\n  client_routing.users.transport.path: found \"stub\"; allowed is redis for a process of its own";
        check(&json!({ "client_routing": { "users": { "transport": stub } } }), fault);
    }

    #[test]
    fn clients_without_masters_take_those_of_the_command_line() {
        let named = json!({ "transport": { "kwargs": { "backend_layer_kwargs": { "hosts": ["mine"] } } } });
        let settings = json!({ "client_routing": { "here": {}, "there": named } });
        let prepared = prepare_with(&settings, &["--redis", "redis://cache"]).unwrap();
        for (service, expected) in [("here", "redis://cache:6379"), ("there", "redis://mine:6379")] {
            let soa_client::TransportSettings::Redis(redis) = &prepared.settings.client_routing[service].transport
            else {
                panic!("{service} is not reached over Redis");
            };
            assert!(redis.masters[0].to_string().starts_with(expected), "{service}: {}", redis.masters[0]);
        }
    }
}
