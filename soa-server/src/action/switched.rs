use std::sync::Arc;

use futures_util::future::BoxFuture;
use soa_common::Body;

use super::{Action, ActionContext, ActionInfo, DynAction, ErasedAction, IntoAction};
use crate::{ActionError, BuildError};

/// Declares the versions of a switched action, the ones that are tried first first; see
/// [`ServiceBuilder::switched`](crate::ServiceBuilder::switched).
#[derive(Debug)]
pub struct SwitchedBuilder<S> {
    state: Arc<S>,
    service: String,
    action: String,
    versions: Vec<(i64, ErasedAction)>,
    error: Option<BuildError>,
}

/// The versions of a switched action.
#[derive(Debug)]
pub struct Switched(Result<Versions, BuildError>);

#[derive(Debug)]
struct Versions {
    switched: Vec<(i64, ErasedAction)>,
    default: ErasedAction,
}

impl<S: Send + Sync + 'static> SwitchedBuilder<S> {
    pub(crate) fn new(state: Arc<S>, service: &str, action: &str) -> Self {
        Self { state, service: service.to_owned(), action: action.to_owned(), versions: Vec::new(), error: None }
    }

    /// The action for requests whose context has this switch, unless an earlier one is taken.
    #[must_use]
    pub fn when<H, M>(mut self, switch: i64, action: H) -> Self
    where
        H: IntoAction<S, M, Action: Action<S>>,
    {
        if self.versions.iter().any(|(known, _)| *known == switch) {
            let (service, action) = (self.service.clone(), self.action.clone());
            self.error.get_or_insert(BuildError::DuplicateSwitch { service, action, switch });
        }
        match self.erase(action) {
            Ok(action) => self.versions.push((switch, action)),
            Err(error) => drop(self.error.get_or_insert(error)),
        }
        self
    }

    /// The action for all other requests.
    #[must_use]
    pub fn otherwise<H, M>(self, action: H) -> Switched
    where
        H: IntoAction<S, M, Action: Action<S>>,
    {
        let default = self.erase(action);
        Switched(match self.error {
            Some(error) => Err(error),
            None => default.map(|default| Versions { switched: self.versions, default }),
        })
    }

    fn erase<H, M>(&self, action: H) -> Result<ErasedAction, BuildError>
    where
        H: IntoAction<S, M, Action: Action<S>>,
    {
        ErasedAction::new(action.into_action(), Arc::clone(&self.state))
            .map_err(|error| BuildError::Schema { action: self.action.clone(), error })
    }
}

impl Switched {
    pub(crate) fn erase(self) -> Result<ErasedAction, BuildError> {
        self.0.map(|versions| ErasedAction(Arc::new(versions)))
    }
}

impl DynAction for Versions {
    fn call(&self, ctx: ActionContext, body: Body) -> BoxFuture<'_, Result<Body, ActionError>> {
        let version = self.switched.iter().find(|(switch, _)| ctx.switches().is_active(*switch));
        version.map_or(&self.default, |(_, action)| action).call(ctx, body)
    }

    fn info(&self, name: &str) -> Vec<ActionInfo<'_>> {
        let switched =
            self.switched.iter().flat_map(|(switch, action)| action.info(&format!("{name}[switch:{switch}]")));
        switched.chain(self.default.info(&format!("{name}[DEFAULT]"))).collect()
    }
}
