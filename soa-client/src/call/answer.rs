use std::{mem, sync::Arc};

use serde::de::DeserializeOwned;
use soa_common::{ActionResponse, JobResponse};

use super::Raise;
use crate::{CallError, handler::ServiceHandler};

/// The response to a job: it has the actions that were asked for, in that order, or errors that say why not.
pub(crate) struct Answer {
    pub(crate) handler: Arc<ServiceHandler>,
    /// The names of the actions that were asked for.
    pub(crate) actions: Vec<String>,
    pub(crate) response: JobResponse,
}

impl Answer {
    /// The same answer, unless it holds errors that are to be raised.
    pub(super) fn raise(self, raise: Raise) -> Result<Self, CallError> {
        let response = &self.response;
        if raise.job_errors && !response.errors.is_empty() {
            return Err(CallError::Job { service: self.service(), errors: self.response.errors });
        }
        let is_failed = |action: &ActionResponse| !action.errors.is_empty();
        if raise.action_errors && response.actions.iter().any(is_failed) {
            let service = self.service();
            let actions = self.response.actions.into_iter().filter(is_failed).collect();
            return Err(CallError::Action { service, actions });
        }
        Ok(self)
    }

    /// The response of the only action; the errors of a failed job take the place of its own.
    pub(super) fn into_action(mut self) -> ActionResponse {
        self.response.actions.pop().unwrap_or_else(|| ActionResponse {
            action: self.actions.pop().unwrap_or_default(),
            errors: mem::take(&mut self.response.errors),
            ..ActionResponse::default()
        })
    }

    /// The output of the only action.
    pub(super) fn decode<T: DeserializeOwned>(self) -> Result<T, CallError> {
        let handler = Arc::clone(&self.handler);
        let ActionResponse { action, body, .. } = self.into_action();
        body.decode().map_err(|error| CallError::InvalidResponse {
            service: handler.service.to_string(),
            message: format!("the output of action \"{action}\" is not what the caller expects: {error}"),
        })
    }

    fn service(&self) -> String {
        self.handler.service.to_string()
    }
}
