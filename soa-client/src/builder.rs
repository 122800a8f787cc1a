use std::{collections::HashMap, sync::Arc};

use soa_common::{Context, transport::ClientTransport};

use crate::{Client, ClientMiddleware, handler::ServiceHandler, middleware::DynMiddleware};

/// Puts a [`Client`] together; made by [`Client::builder`].
#[derive(Default)]
pub struct ClientBuilder {
    services: Vec<(String, Box<dyn ClientTransport>)>,
    /// Each for one service, or for all.
    middleware: Vec<(Option<String>, Arc<dyn DynMiddleware>)>,
    context: Context,
}

/// What is wrong with the configuration of a client.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BuildError(String);

impl ClientBuilder {
    /// Adds a service that is reached through a transport of one's own.
    #[must_use]
    pub fn transport(mut self, service: impl Into<String>, transport: impl ClientTransport) -> Self {
        self.services.push((service.into(), Box::new(transport)));
        self
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
    /// When a service is configured twice, or middleware belongs to a service that is not configured.
    pub fn build(self) -> Result<Client, BuildError> {
        let mut handlers = HashMap::with_capacity(self.services.len());
        for (name, transport) in self.services {
            let middleware =
                self.middleware.iter().filter(|(service, _)| service.as_ref().is_none_or(|it| *it == name));
            let middleware = middleware.map(|(_, middleware)| middleware.clone()).collect();
            let service: Arc<str> = name.into();
            let handler = ServiceHandler::new(service.clone(), transport, middleware);
            if handlers.insert(service.clone(), Arc::new(handler)).is_some() {
                return Err(BuildError(format!("service \"{service}\" is configured twice")));
            }
        }
        let services = self.middleware.iter().filter_map(|(service, _)| service.as_deref());
        if let Some(service) = services.into_iter().find(|service| !handlers.contains_key(*service)) {
            return Err(BuildError(format!("there is middleware for service \"{service}\", which is not configured")));
        }
        Ok(Client::new(handlers, self.context))
    }
}
