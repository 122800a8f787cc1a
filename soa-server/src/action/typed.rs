use std::{any::Any, mem, sync::Arc};

use futures_util::future::BoxFuture;
use serde::{Serialize, de::DeserializeOwned};
use soa_common::{Body, Error, codes, msgpack};

use super::{Action, ActionContext, ActionInfo, DynAction, ErasedAction, Registration, definition::Documents};
use crate::{
    ActionError,
    schema::{Schema, Violation},
};

/// An action together with the state it is given and with its schemas.
pub(super) struct Typed<S, A> {
    action: A,
    state: Arc<S>,
    documents: Documents,
}

impl<S, A> Typed<S, A>
where
    S: Send + Sync + 'static,
    A: Action<S>,
{
    pub(super) fn erase(action: A, registration: Registration<S>) -> ErasedAction {
        let documents = registration.documents.or(Documents {
            description: action.description(),
            request_schema: action.request_schema(),
            response_schema: action.response_schema(),
        });
        ErasedAction(Arc::new(Self { action, state: registration.state, documents }))
    }

    async fn run(&self, ctx: ActionContext, body: Body) -> Result<Body, ActionError> {
        if let Some(schema) = &self.documents.request_schema {
            check_request(schema, &body)?;
        }
        let input = decode(body)?;
        let name = ctx.name();
        let ctx = ctx.with_state(Arc::clone(&self.state));
        self.action.validate(&ctx, &input)?;
        let body = encode(&name, self.action.run(ctx, input).await?)?;
        match &self.documents.response_schema {
            Some(schema) => check_response(&name, schema, body),
            None => Ok(body),
        }
    }
}

impl<S, A> DynAction for Typed<S, A>
where
    S: Send + Sync + 'static,
    A: Action<S>,
{
    fn call(&self, ctx: ActionContext, body: Body) -> BoxFuture<'_, Result<Body, ActionError>> {
        Box::pin(self.run(ctx, body))
    }

    fn info(&self, name: &str) -> Vec<ActionInfo<'_>> {
        vec![ActionInfo {
            name: name.to_owned(),
            description: self.documents.description.as_deref(),
            request_schema: self.documents.request_schema.as_ref(),
            response_schema: self.documents.response_schema.as_ref(),
        }]
    }
}

/// All that is wrong with the body of a request.
pub(super) fn check_request(schema: &Schema, body: &Body) -> Result<(), ActionError> {
    let violations = schema.validate(&body.to_msgpack());
    if violations.is_empty() {
        return Ok(());
    }
    Err(ActionError::from_errors(violations.into_iter().map(caller_error).collect()))
}

fn caller_error(violation: Violation) -> Error {
    let mut error = Error::new(violation.code, violation.message);
    error.field = violation.pointer;
    error.is_caller_error = true;
    error
}

fn decode<In: DeserializeOwned + 'static>(body: Body) -> Result<In, ActionError> {
    // An action that takes a body gets the very body.
    let mut untouched = Some(body);
    if let Some(input) = (&mut untouched as &mut dyn Any).downcast_mut::<Option<In>>().and_then(Option::take) {
        return Ok(input);
    }
    let bytes = untouched.unwrap_or_default().to_msgpack();
    msgpack::decode_or_locate(&bytes).map_err(|misfit| {
        let error = ActionError::new(codes::INVALID, misfit.message);
        match misfit.pointer {
            Some(pointer) => error.field(pointer),
            None => error,
        }
    })
}

fn encode<Out: Serialize + 'static>(action: &str, mut output: Out) -> Result<Body, ActionError> {
    match (&mut output as &mut dyn Any).downcast_mut::<Body>() {
        Some(body) => Ok(mem::take(body)),
        None => Body::encode(&output)
            .map_err(|error| ActionError::internal(format!("{action} had an output that cannot be sent: {error}"))),
    }
}

/// A response that is not what was promised is the service's own fault. What is told holds none of its values.
fn check_response(action: &str, schema: &Schema, body: Body) -> Result<Body, ActionError> {
    let violations = schema.validate(&body.to_msgpack());
    if violations.is_empty() {
        return Ok(body);
    }
    let lines: Vec<_> = violations
        .iter()
        .map(|violation| {
            let field = violation.pointer.as_deref().unwrap_or("None");
            format!("{field} {}: {}", violation.code, violation.message)
        })
        .collect();
    Err(ActionError::internal(format!("{action} had an invalid response:\n\t{}", lines.join("\n\t"))))
}
