use std::{collections::HashMap, sync::Arc};

use soa_common::{Context, transport::ClientTransport};

use crate::{Client, handler::ServiceHandler};

/// Puts a [`Client`] together; made by [`Client::builder`].
#[derive(Default)]
pub struct ClientBuilder {
    services: Vec<(String, Box<dyn ClientTransport>)>,
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

    /// The base context, which all calls inherit. Default: empty.
    #[must_use]
    pub fn context(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    /// Makes the client. Nothing is connected yet: connections are made when they are needed.
    ///
    /// # Errors
    /// When a service is configured twice.
    pub fn build(self) -> Result<Client, BuildError> {
        let mut handlers = HashMap::with_capacity(self.services.len());
        for (name, transport) in self.services {
            let service: Arc<str> = name.into();
            let handler = Arc::new(ServiceHandler::new(service.clone(), transport));
            if handlers.insert(service.clone(), handler).is_some() {
                return Err(BuildError(format!("service \"{service}\" is configured twice")));
            }
        }
        Ok(Client::new(handlers, self.context))
    }
}
