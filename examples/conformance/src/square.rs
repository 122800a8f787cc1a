//! Actions with schemas of their own and a check of what schemas cannot say.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use soa_common::codes;
use soa_server::{
    Action, ActionContext, ActionError, JobError, Schema,
    schema::{Dictionary, Integer, UnicodeString},
};

/// Squares a number.
pub(crate) struct Square;

/// Promises a number and answers a text.
pub(crate) struct BadResponse;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Input {
    number: u64,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Output<T> {
    square: T,
}

impl Action for Square {
    type Input = Input;
    type Output = Output<u64>;

    fn description(&self) -> Option<String> {
        Some("Squares a number.".to_owned())
    }

    fn request_schema(&self) -> Option<Schema> {
        Some(request_schema())
    }

    fn response_schema(&self) -> Option<Schema> {
        Some(response_schema())
    }

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

    fn description(&self) -> Option<String> {
        Some("Squares a number.".to_owned())
    }

    fn request_schema(&self) -> Option<Schema> {
        Some(request_schema())
    }

    fn response_schema(&self) -> Option<Schema> {
        Some(response_schema())
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

fn request_schema() -> Schema {
    Dictionary::new()
        .required("number", Integer::new().gte(0).description("The number to square"))
        .optional("note", Schema::nullable(UnicodeString::new()))
        .into()
}

fn response_schema() -> Schema {
    Dictionary::new().required("square", Integer::new()).into()
}
