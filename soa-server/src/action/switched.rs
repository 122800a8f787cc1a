use std::sync::Arc;

use futures_util::future::BoxFuture;
use soa_common::Body;

use super::{ActionContext, ActionInfo, DynAction, ErasedAction, IntoAction, Registration};
use crate::ActionError;

/// Declares the versions of a switched action, the ones that are tried first first; see
/// [`ServiceBuilder::switched`](crate::ServiceBuilder::switched).
#[derive(Debug)]
pub struct SwitchedBuilder<S> {
    state: Arc<S>,
    versions: Vec<(i64, ErasedAction)>,
}

/// The versions of a switched action.
#[derive(Debug)]
pub struct Switched {
    versions: Vec<(i64, ErasedAction)>,
    default: ErasedAction,
}

impl<S> SwitchedBuilder<S> {
    pub(crate) fn new(state: Arc<S>) -> Self {
        Self { state, versions: Vec::new() }
    }

    /// The action for requests whose context has this switch, unless an earlier one is taken.
    #[must_use]
    pub fn when<M>(mut self, switch: i64, action: impl IntoAction<S, M>) -> Self {
        let action = action.erase(Registration::new(Arc::clone(&self.state)));
        self.versions.push((switch, action));
        self
    }

    /// The action for all other requests.
    #[must_use]
    pub fn otherwise<M>(self, action: impl IntoAction<S, M>) -> Switched {
        Switched { versions: self.versions, default: action.erase(Registration::new(self.state)) }
    }
}

impl Switched {
    pub(crate) fn erase(self) -> ErasedAction {
        ErasedAction(Arc::new(self))
    }
}

impl DynAction for Switched {
    fn call(&self, ctx: ActionContext, body: Body) -> BoxFuture<'_, Result<Body, ActionError>> {
        let version = self.versions.iter().find(|(switch, _)| ctx.switches().is_active(*switch));
        version.map_or(&self.default, |(_, action)| action).call(ctx, body)
    }

    fn info(&self, name: &str) -> Vec<ActionInfo<'_>> {
        let versions =
            self.versions.iter().flat_map(|(switch, action)| action.info(&format!("{name}[switch:{switch}]")));
        versions.chain(self.default.info(&format!("{name}[DEFAULT]"))).collect()
    }
}
