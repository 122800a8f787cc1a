//! Actions that call others.

use schemars::JsonSchema;
use serde::Deserialize;
use soa_common::{Body, Map, Value};
use soa_server::{
    Action, ActionContext, ActionError, Schema,
    schema::{Dictionary, Integer, UnicodeString},
};

/// Gives what the `context` action of another service says.
pub(crate) struct Relay;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Target {
    service: String,
}

impl Action for Relay {
    type Input = Target;
    type Output = Body;

    fn request_schema(&self) -> Option<Schema> {
        Some(Dictionary::new().required("service", UnicodeString::new()).into())
    }

    async fn run(&self, ctx: ActionContext, target: Target) -> Result<Body, ActionError> {
        Ok(ctx.client().call_action(&target.service, "context", Body::empty()).await?.body)
    }
}

/// Gives what the service's own `square` says.
pub(crate) struct Local;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Number {
    number: Value,
}

impl Action for Local {
    type Input = Number;
    type Output = Body;

    fn request_schema(&self) -> Option<Schema> {
        Some(Dictionary::new().required("number", Integer::new()).into())
    }

    async fn run(&self, ctx: ActionContext, input: Number) -> Result<Body, ActionError> {
        Ok(ctx.call_local("square", Map::from([("number", input.number)])).await?.body)
    }
}
