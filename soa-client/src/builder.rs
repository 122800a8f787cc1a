use std::{collections::BTreeMap, sync::Arc};

use soa_common::{
    Context,
    transport::{
        ClientTransport,
        redis::{RedisConnections, RedisSettings},
    },
};

use crate::{
    Client, ClientMiddleware, ClientSettings, TransportSettings, handler::ServiceHandler, middleware::DynMiddleware,
};

/// Puts a [`Client`] together; made by [`Client::builder`].
///
/// ```
/// use soa_client::{Client, Context, RedisSettings};
///
/// let redis = RedisSettings::from_url("redis://cache-1,redis://cache-2")?;
/// let client = Client::builder()
///     .service("square", redis.clone())
///     .service("users", redis)
///     .context(Context::default().with("caller", "nightly_report"))
///     .build()?;
/// assert_eq!(client.services(), ["square", "users"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct ClientBuilder {
    services: Vec<(String, Route)>,
    /// Each for one service, or for all.
    middleware: Vec<(Option<String>, Arc<dyn DynMiddleware>)>,
    context: Context,
}

/// What is wrong with the configuration of a client.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BuildError(String);

/// How a service is reached.
enum Route {
    Redis(RedisSettings),
    Own(Arc<dyn ClientTransport>),
    Settings(ClientSettings),
}

impl ClientBuilder {
    /// Adds a service that is reached over Redis. Services with equal settings share their connections.
    #[must_use]
    pub fn service(self, service: impl Into<String>, settings: RedisSettings) -> Self {
        self.route(service, Route::Redis(settings))
    }

    /// Adds a service with settings from a file. Their middleware is not made here: whoever knows what the names mean
    /// takes it out of them and adds it by [`service_middleware`](Self::service_middleware).
    #[must_use]
    pub fn service_settings(self, service: impl Into<String>, settings: ClientSettings) -> Self {
        self.route(service, Route::Settings(settings))
    }

    /// Adds a service that is reached through a transport of one's own.
    #[must_use]
    pub fn transport(self, service: impl Into<String>, transport: impl ClientTransport) -> Self {
        self.route(service, Route::Own(Arc::new(transport)))
    }

    /// Adds middleware to all services, inside of what was added before.
    #[must_use]
    pub fn middleware(mut self, middleware: impl ClientMiddleware) -> Self {
        self.middleware.push((None, Arc::new(middleware)));
        self
    }

    /// Adds middleware to one service, inside of what was added before.
    #[must_use]
    pub fn service_middleware(mut self, service: impl Into<String>, middleware: impl ClientMiddleware) -> Self {
        self.middleware.push((Some(service.into()), Arc::new(middleware)));
        self
    }

    /// The base context, which all calls inherit. Default: empty.
    #[must_use]
    pub fn context(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    /// Makes the client. Nothing is connected yet: connections are made when they are needed.
    ///
    /// # Errors
    /// When a service is configured twice or has a name or settings that cannot be used, and when middleware belongs to
    /// a service that is not configured.
    pub fn build(self) -> Result<Client, BuildError> {
        let mut connections = Vec::new();
        let mut handlers = BTreeMap::new();
        for (name, route) in self.services {
            let wrong = |message: String| BuildError(format!("service \"{name}\" {message}"));
            let transport = route.connect(&name, &mut connections).map_err(wrong)?;
            let middleware =
                self.middleware.iter().filter(|(service, _)| service.as_ref().is_none_or(|it| *it == name));
            let middleware = middleware.map(|(_, middleware)| middleware.clone()).collect();
            let handler = ServiceHandler::new(name.as_str().into(), transport, middleware);
            if handlers.insert(handler.service.clone(), Arc::new(handler)).is_some() {
                return Err(wrong("is configured twice".to_owned()));
            }
        }
        let mut services = self.middleware.iter().filter_map(|(service, _)| service.as_deref());
        if let Some(service) = services.find(|service| !handlers.contains_key(*service)) {
            return Err(BuildError(format!("there is middleware for service \"{service}\", which is not configured")));
        }
        Ok(Client::new(handlers, self.context))
    }

    fn route(mut self, service: impl Into<String>, route: Route) -> Self {
        self.services.push((service.into(), route));
        self
    }
}

/// The connections so far and what they were made with.
type Connections = Vec<(RedisSettings, RedisConnections)>;

impl Route {
    fn connect(self, service: &str, connections: &mut Connections) -> Result<Arc<dyn ClientTransport>, String> {
        let settings = match self {
            Self::Own(transport) => return Ok(transport),
            Self::Redis(settings) => settings,
            Self::Settings(settings) => redis_settings(settings)?,
        };
        let known = connections.iter().find(|(known, _)| *known == settings);
        let shared = match known.map(|(_, shared)| shared.clone()) {
            Some(shared) => shared,
            None => {
                let opened = RedisConnections::new(settings.clone()).map_err(cannot_be_reached)?;
                connections.push((settings, opened.clone()));
                opened
            }
        };
        Ok(Arc::new(shared.transport(service).map_err(cannot_be_reached)?))
    }
}

/// What of the settings of a service this crate can make by itself.
fn redis_settings(settings: ClientSettings) -> Result<RedisSettings, String> {
    if let Some(class) = settings.middleware.first() {
        let path = &class.path;
        return Err(format!(
            "has middleware \"{path}\" in its settings; take it out of them and add it by \
             ClientBuilder::service_middleware"
        ));
    }
    match settings.transport {
        TransportSettings::Redis(settings) => Ok(settings),
        TransportSettings::Local(_) => Err(other_transport("local")),
        TransportSettings::Stub(_) => Err(other_transport("stub")),
    }
}

fn other_transport(name: &str) -> String {
    format!("has the {name} transport in its settings; add the service by ClientBuilder::transport")
}

fn cannot_be_reached(error: impl std::fmt::Display) -> String {
    format!("cannot be reached: {error}")
}
