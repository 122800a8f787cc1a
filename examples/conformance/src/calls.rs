//! Actions that call others.

use schemars::JsonSchema;
use serde::Deserialize;
use soa_common::{Body, Integer, Map};
use soa_server::{ActionContext, ActionError};

/// Gives what the `context` action of another service says.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Target {
    /// The service to call
    service: String,
}

/// Gives what the service's own `square` says.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Number {
    /// The number to square, of any size
    number: Integer,
}

pub(crate) async fn relay(ctx: ActionContext, target: Target) -> Result<Body, ActionError> {
    Ok(ctx.client().call_action(&target.service, "context", Body::empty()).await?.body)
}

pub(crate) async fn local(ctx: ActionContext, input: Number) -> Result<Body, ActionError> {
    Ok(ctx.call_local("square", Map::from([("number", input.number)])).await?.body)
}
