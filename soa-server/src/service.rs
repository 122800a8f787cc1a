use std::{collections::BTreeMap, fmt, sync::Arc};

use soa_client::Client;
use soa_common::{Context, Control};
use tokio::time::Instant;

use crate::{
    Harakiri, Middleware,
    action::{
        Action, ActionInfo, Check, ErasedAction, IntoAction, Introspections, Switched, SwitchedBuilder, built_in,
    },
    background::{DynTaskMiddleware, Tasks},
    hooks::{HookList, Hooks},
    middleware::DynMiddleware,
    panics,
    schema::SchemaError,
};

/// A service: named actions and the middleware around them. Cheap to clone.
///
/// It knows nothing of Redis, processes or signals: give it a job and it gives the response.
#[derive(Clone)]
pub struct Service(pub(crate) Arc<Inner>);

#[derive(Clone)]
pub(crate) struct Inner {
    pub(crate) name: String,
    description: Option<String>,
    version: Option<String>,
    build_id: Option<String>,
    actions: BTreeMap<Arc<str>, ErasedAction>,
    pub(crate) checks: Vec<Check>,
    pub(crate) introspections: Introspections,
    pub(crate) middleware: Vec<Arc<dyn DynMiddleware>>,
    pub(crate) task_middleware: Vec<Arc<dyn DynTaskMiddleware>>,
    pub(crate) tasks: Tasks,
    pub(crate) hooks: HookList,
    client: Client,
    pub(crate) expose_tracebacks: bool,
}

/// What is known of a job besides its content.
#[derive(Clone, Debug, Default)]
pub struct JobInfo {
    /// The id of the request, for logs.
    pub request_id: String,
    /// When the caller stops waiting; `None` when it does not say. Actions are told; nothing is cancelled by it.
    pub deadline: Option<Instant>,
    /// The limits of the time that the job may take. It has none by default; with limits it needs a tokio runtime with
    /// time enabled.
    pub harakiri: Option<Arc<Harakiri>>,
}

/// Declares a service; see [`Service::builder`]. `S` is the state its actions share.
pub struct ServiceBuilder<S = ()> {
    pub(crate) state: Arc<S>,
    pub(crate) service: Inner,
    pub(crate) error: Option<BuildError>,
}

/// What is wrong with the declaration of a service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The service's name cannot be used.
    #[error(
        "{name:?} cannot be the name of a service: a name is not empty and has no white space, no control characters and no `!`"
    )]
    ServiceName {
        /// The name.
        name: String,
    },
    /// An action's name cannot be used.
    #[error(
        "{name:?} cannot be the name of an action of the service {service:?}: a name is not empty and has no white space and no control characters"
    )]
    ActionName {
        /// The service's name.
        service: String,
        /// The action's name.
        name: String,
    },
    /// Two actions have the same name.
    #[error("the service {service:?} has two actions named {name:?}: give one of them another name")]
    DuplicateAction {
        /// The service's name.
        service: String,
        /// The action's name.
        name: String,
    },
    /// A switched action has two versions for the same switch, of which only one could ever run.
    #[error(
        "the action {action:?} of the service {service:?} has two versions for the switch {switch}: give one of them another switch"
    )]
    DuplicateSwitch {
        /// The service's name.
        service: String,
        /// The action's name.
        action: String,
        /// The switch.
        switch: i64,
    },
    /// The type of an action's input or output has no schema, or the schema of a body takes no map.
    #[error("action `{action}`, {error}")]
    Schema {
        /// The action's name.
        action: String,
        /// Which type it is, and what in it has no schema.
        error: SchemaError,
    },
    /// A check's name cannot be used.
    #[error(
        "{name:?} cannot be the name of a check of the service {service:?}: a name is not empty and has no white space and no control characters"
    )]
    CheckName {
        /// The service's name.
        service: String,
        /// The check's name.
        name: String,
    },
    /// Two checks have the same name.
    #[error("the service {service:?} has two checks named {name:?}: give one of them another name")]
    DuplicateCheck {
        /// The service's name.
        service: String,
        /// The check's name.
        name: String,
    },
}

impl Service {
    /// Starts the declaration of a service that clients know by this name.
    ///
    /// ```
    /// use soa_common::{Body, JobRequest, ActionRequest};
    /// use soa_server::{ActionError, JobInfo, Service};
    ///
    /// async fn echo(body: Body) -> Result<Body, ActionError> {
    ///     Ok(body)
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), soa_server::BuildError> {
    /// let service = Service::builder("echo").version("1.2.3").action("echo", echo).build()?;
    /// // An empty job is answered, too.
    /// let response = service.process_job(JobRequest::default(), JobInfo::default()).await;
    /// assert_eq!(response.errors[0].message, "Missing key: continue_on_error");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn builder(name: impl Into<String>) -> ServiceBuilder {
        let name = name.into();
        let error = (!is_name(&name) || name.contains('!')).then(|| BuildError::ServiceName { name: name.clone() });
        let service = Inner {
            name,
            description: None,
            version: None,
            build_id: None,
            actions: BTreeMap::new(),
            checks: Vec::new(),
            introspections: Introspections::default(),
            middleware: Vec::new(),
            task_middleware: Vec::new(),
            tasks: Tasks::default(),
            hooks: HookList::default(),
            client: Client::default(),
            expose_tracebacks: false,
        };
        ServiceBuilder { state: Arc::new(()), service, error }
    }

    /// The name clients know it by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What it does, for people.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.0.version.as_deref()
    }

    /// Which build of this version it is.
    #[must_use]
    pub fn build_id(&self) -> Option<&str> {
        self.0.build_id.as_deref()
    }

    /// What can be told about the actions it declares, in the order of their names.
    pub fn actions(&self) -> impl Iterator<Item = ActionInfo<'_>> {
        self.0.actions.iter().flat_map(|(name, action)| action.info(name))
    }

    /// The client for calls on behalf of a job: they inherit its context, say which service makes them, and get no more
    /// time than the job has left. A job nobody waits for has all the time it wants.
    pub(crate) fn client(&self, context: &Context, control: &Control, deadline: Option<Instant>) -> Client {
        let context = context.clone().with("calling_service", self.name());
        let client = self.0.client.with_context(context);
        match deadline.filter(|_| !control.suppress_response()) {
            Some(deadline) => client.with_deadline(deadline),
            None => client,
        }
    }

    /// The same service with what the settings of its process say: middleware, outside of its own; a client, unless its
    /// own knows services; and whether callers are shown where internal errors come from.
    pub(crate) fn hosted(
        mut self,
        middleware: Vec<Arc<dyn DynMiddleware>>,
        task_middleware: Vec<Arc<dyn DynTaskMiddleware>>,
        client: Client,
        expose_tracebacks: bool,
    ) -> Self {
        let inner = Arc::make_mut(&mut self.0);
        inner.middleware.splice(0..0, middleware);
        inner.task_middleware.splice(0..0, task_middleware);
        if inner.client.services().is_empty() {
            inner.client = client;
        }
        inner.expose_tracebacks |= expose_tracebacks;
        self
    }

    /// The same service with other background tasks.
    pub(crate) fn with_tasks(mut self, tasks: Tasks) -> Self {
        Arc::make_mut(&mut self.0).tasks = tasks;
        self
    }

    pub(crate) fn find(&self, action: &str) -> Option<(&Arc<str>, &ErasedAction)> {
        self.find_declared(action).or_else(|| {
            let found = built_in().iter().find(|(name, _)| **name == *action);
            found.map(|(name, action)| (name, action))
        })
    }

    /// As [`find`](Self::find), without the built-in actions.
    pub(crate) fn find_declared(&self, action: &str) -> Option<(&Arc<str>, &ErasedAction)> {
        self.0.actions.get_key_value(action)
    }

    /// The built-in actions in whose place the service has none of its own.
    pub(crate) fn built_in(&self) -> impl Iterator<Item = &'static (Arc<str>, ErasedAction)> {
        built_in().iter().filter(|(name, _)| self.find_declared(name).is_none())
    }

    pub(crate) fn checks(&self) -> &[Check] {
        &self.0.checks
    }
}

impl<S: Send + Sync + 'static> ServiceBuilder<S> {
    /// Sets the state that actions declared after this share. Actions that want none can stand before or after.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(self, state: T) -> ServiceBuilder<T> {
        ServiceBuilder { state: Arc::new(state), service: self.service, error: self.error }
    }

    /// Says for people what the service does.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.service.description = Some(description.into());
        self
    }

    /// The service's version, for people.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.service.version = Some(version.into());
        self
    }

    /// Which build of this version it is: PySOA's `build`.
    #[must_use]
    pub fn build_id(mut self, build_id: impl Into<String>) -> Self {
        self.service.build_id = Some(build_id.into());
        self
    }

    /// Adds an action: an `async fn(In)`, an `async fn(ActionContext<S>, In)`, a type that implements
    /// [`Action`](crate::Action), or a [`Definition`](crate::Definition).
    ///
    /// Every service has the actions `introspect` and `status` already. An action of that name takes their place; it can
    /// start from the built-in answer, see [`Service::introspect`] and
    /// [`ActionContext::status`](crate::ActionContext::status).
    #[must_use]
    pub fn action<H, M>(self, name: &str, action: H) -> Self
    where
        H: IntoAction<S, M, Action: Action<S>>,
    {
        let action = ErasedAction::new(action.into_action(), Arc::clone(&self.state));
        self.register(name, action.map_err(|error| BuildError::Schema { action: name.to_owned(), error }))
    }

    /// Adds an action whose code depends on the switches of the request; the first version whose switch is on runs.
    ///
    /// ```
    /// # use soa_common::Map;
    /// # use soa_server::{ActionError, Service};
    /// async fn v1(_input: Map) -> Result<Map, ActionError> {
    ///     Ok(Map::from([("version", 1)]))
    /// }
    ///
    /// async fn v2(_input: Map) -> Result<Map, ActionError> {
    ///     Ok(Map::from([("version", 2)]))
    /// }
    ///
    /// let service = Service::builder("demo").switched("versioned", |versions| versions.when(5, v2).otherwise(v1)).build()?;
    /// # Ok::<(), soa_server::BuildError>(())
    /// ```
    #[must_use]
    pub fn switched(self, name: &str, versions: impl FnOnce(SwitchedBuilder<S>) -> Switched) -> Self {
        let action = versions(SwitchedBuilder::new(Arc::clone(&self.state), &self.service.name, name)).erase();
        self.register(name, action)
    }

    /// Adds middleware inside of that added before.
    #[must_use]
    pub fn middleware(mut self, middleware: impl Middleware) -> Self {
        self.service.middleware.push(Arc::new(middleware));
        self
    }

    /// Adds what the service does beside its requests. Those added later run inside of these: after them before a
    /// request, before them after it and at the end.
    #[must_use]
    pub fn hooks(mut self, hooks: impl Hooks) -> Self {
        self.service.hooks.push(hooks);
        self
    }

    /// The client that actions and middleware call other services with. Default: one that knows no service.
    #[must_use]
    pub fn client(mut self, client: Client) -> Self {
        self.service.client = client;
        self
    }

    /// Whether callers are shown where internal errors come from; by default they are not.
    #[must_use]
    pub fn expose_tracebacks(mut self, expose: bool) -> Self {
        self.service.expose_tracebacks = expose;
        self
    }

    /// Finishes the service. From here on panics of its actions are logged with their place and not printed.
    ///
    /// # Errors
    /// The first thing that is wrong with the declaration.
    pub fn build(self) -> Result<Service, BuildError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        panics::install_hook();
        Ok(Service(Arc::new(self.service)))
    }

    fn register(mut self, name: &str, action: Result<ErasedAction, BuildError>) -> Self {
        let (service, name) = (self.service.name.clone(), name.to_owned());
        let error = match action {
            _ if !is_name(&name) => Some(BuildError::ActionName { service, name }),
            Err(error) => Some(error),
            Ok(action) => {
                let other = self.service.actions.insert(name.as_str().into(), action);
                other.map(|_| BuildError::DuplicateAction { service, name })
            }
        };
        self.error = self.error.or(error);
        self
    }
}

pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|character: char| character.is_whitespace() || character.is_control())
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("name", &self.0.name).finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for ServiceBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceBuilder").field("name", &self.service.name).finish_non_exhaustive()
    }
}
