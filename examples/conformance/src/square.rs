//! Actions with a check of what schemas cannot say.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use soa_common::codes;
use soa_server::{Action, ActionContext, ActionError, JobError, Schema};

pub(crate) struct Square;

/// Promises a number and answers a text.
pub(crate) struct BadResponse;

/// Squares a number.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Input {
    /// The number to square
    number: u64,
    #[expect(dead_code, reason = "it is checked and not used")]
    note: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Output<T> {
    square: T,
}

impl Action for Square {
    type Input = Input;
    type Output = Output<u64>;

    fn validate(&self, _ctx: &ActionContext, input: &Input) -> Result<(), ActionError> {
        check_luck(input)
    }

    async fn run(&self, _ctx: ActionContext, input: Input) -> Result<Self::Output, ActionError> {
        match input.number.checked_mul(input.number) {
            Some(square) => Ok(Output { square }),
            // Python has such numbers and fails later, when it writes the response.
            None => {
                let message = "Could not send the response because it failed to serialize";
                Err(JobError::new(codes::RESPONSE_NOT_SERIALIZABLE, message).into())
            }
        }
    }
}

impl Action for BadResponse {
    type Input = Input;
    type Output = Output<&'static str>;

    fn response_schema(&self) -> Option<Schema> {
        Schema::of_output::<Output<u64>>().ok()
    }

    fn validate(&self, _ctx: &ActionContext, input: &Input) -> Result<(), ActionError> {
        check_luck(input)
    }

    async fn run(&self, _ctx: ActionContext, _input: Input) -> Result<Self::Output, ActionError> {
        Ok(Output { square: "not a number" })
    }
}

fn check_luck(input: &Input) -> Result<(), ActionError> {
    match input.number {
        13 => Err(ActionError::new("UNLUCKY", "Not thirteen").field("number").variable("number", "13")),
        _ => Ok(()),
    }
}
