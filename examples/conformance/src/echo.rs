//! Actions that give back what they got.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use soa_common::{Body, Map, Value};
use soa_server::{ActionContext, ActionError};

/// Gives any body back, untouched.
pub(crate) async fn echo(body: Body) -> Result<Body, ActionError> {
    Ok(body)
}

/// Gives the headers of its job, and the switches once more, each once and sorted.
pub(crate) async fn context(ctx: ActionContext, _body: Body) -> Result<Map, ActionError> {
    let mut switches = ctx.switches().as_slice().to_vec();
    switches.sort_unstable();
    switches.dedup();
    let switches: Vec<Value> = switches.into_iter().map(Value::from).collect();
    let [context, control] = [ctx.context().as_body(), ctx.control().as_body()].map(Body::to_value);
    Ok(Map::from([("context", context), ("control", control), ("switches", switches.into())]))
}

/// The largest size of `big`, in bytes: far more than a message may have, and less than a worker can spare.
const LARGEST: usize = 64 * 1024 * 1024;

/// Gives a text of the wanted size.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Size {
    /// In bytes
    size: usize,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Blob {
    /// As many letters `a` as were wanted
    blob: String,
}

pub(crate) async fn big(input: Size) -> Result<Blob, ActionError> {
    if input.size > LARGEST {
        return Err(ActionError::new("TOO_LARGE", format!("At most {LARGEST} bytes")).field("size"));
    }
    Ok(Blob { blob: "a".repeat(input.size) })
}
