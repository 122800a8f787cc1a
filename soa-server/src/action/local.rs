use std::{future::IntoFuture, sync::Arc};

use futures_util::future::BoxFuture;
use soa_common::{ActionResponse, Body, Context, Error, IntoBody, InvalidField, Value, codes};

use super::{ActionContext, Scope};
use crate::ActionError;

/// A call of another action of the same service; see [`ActionContext::call_local`].
#[derive(Debug)]
#[must_use = "a call does nothing until it is awaited"]
pub struct LocalCall {
    scope: Arc<Scope>,
    action: String,
    body: Result<Body, InvalidField>,
    raise_action_errors: bool,
    is_caller_error: Option<bool>,
}

impl LocalCall {
    pub(super) fn new(scope: Arc<Scope>, action: &str, body: impl IntoBody) -> Self {
        Self {
            scope,
            action: action.to_owned(),
            body: body.into_body(),
            raise_action_errors: true,
            is_caller_error: None,
        }
    }

    /// Whether errors of the action are given as an error, which is the default, or inside the response. What nobody
    /// planned for is always an error.
    pub fn raise_action_errors(mut self, raise: bool) -> Self {
        self.raise_action_errors = raise;
        self
    }

    /// Says whose fault errors of the action are; unless told, each error keeps what it says.
    pub fn is_caller_error(mut self, is_caller_error: bool) -> Self {
        self.is_caller_error = Some(is_caller_error);
        self
    }

    /// Adds a value to the context the action gets.
    pub fn context(mut self, key: &str, value: impl Into<Value>) -> Self {
        let context: Context = self.scope.context.clone().with(key, value);
        self.scope = Arc::new(self.scope.with_context(context));
        self
    }

    async fn run(self) -> Result<ActionResponse, ActionError> {
        let service = self.scope.service.clone();
        let result = match service.find_declared(&self.action) {
            Some((name, action)) => {
                let ctx = ActionContext::new(self.scope, Arc::clone(name));
                action.call(ctx, self.body?).await
            }
            None => {
                let mut error = unknown_action(&self.action);
                // The service called itself and should know better.
                error.is_caller_error = false;
                Err(ActionError::from_errors(vec![error]))
            }
        };
        match result {
            Ok(body) => Ok(ActionResponse { action: self.action, errors: Vec::new(), body }),
            Err(error) if error.is_internal() || error.is_job() => Err(error),
            Err(mut error) => {
                if let Some(is_caller_error) = self.is_caller_error {
                    error.set_caller_error(is_caller_error);
                }
                if self.raise_action_errors {
                    return Err(error);
                }
                let errors = error.into_failure().errors;
                Ok(ActionResponse { action: self.action, errors, body: Body::empty() })
            }
        }
    }
}

impl IntoFuture for LocalCall {
    type Output = Result<ActionResponse, ActionError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// What a caller is told who asks for an action that is not there.
pub(crate) fn unknown_action(action: &str) -> Error {
    let mut error = Error::new(codes::UNKNOWN, format!("The action \"{action}\" was not found on this server."));
    error.field = Some("action".to_owned());
    error.is_caller_error = true;
    error
}
