use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use soa_client::Client;
use soa_common::{Context, Control, IntoBody};
use tokio::time::Instant;

use super::LocalCall;
use crate::Service;

/// What an action knows besides its input. Cheap to clone.
pub struct ActionContext<S = ()> {
    state: Arc<S>,
    scope: Arc<Scope>,
    action: Arc<str>,
}

/// What the actions of a job share.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) service: Service,
    pub(crate) context: Context,
    pub(crate) control: Control,
    pub(crate) switches: Switches,
    pub(crate) request_id: Arc<str>,
    pub(crate) deadline: Option<Instant>,
}

/// The switches a caller has turned on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Switches(Vec<i64>);

impl<S> ActionContext<S> {
    /// What the service's builder was given as its state.
    #[must_use]
    pub fn state(&self) -> &S {
        &self.state
    }

    /// The context header of the job.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.scope.context
    }

    /// The control header of the job.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.scope.control
    }

    /// The switches of the job.
    #[must_use]
    pub fn switches(&self) -> &Switches {
        &self.scope.switches
    }

    /// When the caller stops waiting, if it says so.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.scope.deadline
    }

    /// The name the action was called by.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The id of the request, for logs.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.scope.request_id
    }

    /// The service's client, for calls that belong to this one: they inherit its context, say which service makes them,
    /// and end with its [`deadline`](Self::deadline), unless its response is suppressed.
    #[must_use]
    pub fn client(&self) -> Client {
        self.scope.service.client(&self.scope.context, &self.scope.control, self.scope.deadline)
    }

    /// The service itself.
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.scope.service
    }

    /// Calls another action of this service, in place: no transport, no serializer, no middleware. The action gets this
    /// context. Await what this gives.
    ///
    /// ```
    /// # use soa_server::{ActionContext, ActionError};
    /// # use soa_common::{Body, Map};
    /// async fn twice(ctx: ActionContext, input: Map) -> Result<Body, ActionError> {
    ///     let response = ctx.call_local("once", input).await?;
    ///     Ok(response.body)
    /// }
    /// ```
    pub fn call_local(&self, action: &str, body: impl IntoBody) -> LocalCall {
        LocalCall::new(Arc::clone(&self.scope), action, body)
    }

    /// The same with another context header, and its switches.
    #[must_use]
    pub fn with_context(self, context: Context) -> Self {
        let scope = Arc::new(self.scope.with_context(context));
        Self { scope, ..self }
    }

    /// The same without an end, for work that goes on when the caller waits no longer: calls by its
    /// [`client`](Self::client) have all the time they want.
    #[must_use]
    pub fn without_deadline(self) -> Self {
        let scope = Arc::new(Scope { deadline: None, ..(*self.scope).clone() });
        Self { scope, ..self }
    }

    /// The same with an earlier or later end.
    pub(super) fn with_deadline(self, deadline: Instant) -> Self {
        let scope = Arc::new(Scope { deadline: Some(deadline), ..(*self.scope).clone() });
        Self { scope, ..self }
    }

    pub(super) fn name(&self) -> Arc<str> {
        Arc::clone(&self.action)
    }

    pub(crate) fn with_state<T>(self, state: Arc<T>) -> ActionContext<T> {
        ActionContext { state, scope: self.scope, action: self.action }
    }
}

impl ActionContext {
    pub(crate) fn new(scope: Arc<Scope>, action: Arc<str>) -> Self {
        static NO_STATE: LazyLock<Arc<()>> = LazyLock::new(Arc::default);
        Self { state: Arc::clone(&NO_STATE), scope, action }
    }
}

impl<S> Clone for ActionContext<S> {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state), scope: Arc::clone(&self.scope), action: Arc::clone(&self.action) }
    }
}

impl<S> fmt::Debug for ActionContext<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActionContext")
            .field("action", &self.action)
            .field("request_id", &self.scope.request_id)
            .finish_non_exhaustive()
    }
}

impl Scope {
    pub(crate) fn with_context(&self, context: Context) -> Self {
        Self { switches: Switches(context.switches()), context, ..self.clone() }
    }
}

impl Switches {
    pub(crate) fn of(context: &Context) -> Self {
        Self(context.switches())
    }

    /// Whether a switch is on.
    #[must_use]
    pub fn is_active(&self, switch: i64) -> bool {
        self.0.contains(&switch)
    }

    /// The switches in the order of the request.
    #[must_use]
    pub fn as_slice(&self) -> &[i64] {
        &self.0
    }
}
