use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use soa_server::{ActionError, BuildError, Service};

#[derive(Deserialize, Serialize, JsonSchema)]
pub(crate) struct Number {
    pub(crate) number: i64,
}

#[derive(Deserialize, Serialize, JsonSchema)]
pub(crate) struct Squared {
    pub(crate) square: i64,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Root {
    root: f64,
}

pub(crate) fn numbers() -> Result<Service, BuildError> {
    Service::builder("numbers").action("square", square).action("root", root).build()
}

async fn square(input: Number) -> Result<Squared, ActionError> {
    let square = input.number.checked_mul(input.number);
    let square = square.ok_or_else(|| ActionError::new("TOO_LARGE", "The number is too large").field("number"))?;
    Ok(Squared { square })
}

async fn root(input: Number) -> Result<Root, ActionError> {
    if input.number < 0 {
        return Err(ActionError::new("NEGATIVE", "A negative number has no real root").field("number"));
    }
    Ok(Root { root: (input.number as f64).sqrt() })
}
