//! The service that recorded conversations were held with.

use soa_common::{Body, Map, Value};
use soa_server::{
    Action, ActionContext, ActionError, Definition, Schema, Service,
    schema::{Dictionary, Integer, UnicodeString},
};

pub(crate) fn service() -> Service {
    let documented = |documentation: &str| Definition::of(echo).description(documentation);
    let bad_response = Definition::of(bad_response).request_schema(request_schema()).response_schema(response_schema());
    Service::builder("vec")
        .description("The reference service.")
        .action("square", Square)
        .switched("versioned", |versions| versions.when(5, documented("v2")).otherwise(documented("v1")))
        .action("echo", echo)
        .action("bad_response", bad_response)
        .action("boom", boom)
        .action("big", echo)
        .action("denied", denied)
        .build()
        .unwrap()
}

pub(crate) struct Square;

#[derive(serde::Deserialize, schemars::JsonSchema)]
pub(crate) struct Input {
    number: i64,
}

#[derive(serde::Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    square: i64,
}

impl Action for Square {
    type Input = Input;
    type Output = Output;

    fn description(&self) -> Option<String> {
        Some("Squares a number.".to_owned())
    }

    fn request_schema(&self) -> Option<Schema> {
        Some(request_schema().into())
    }

    fn response_schema(&self) -> Option<Schema> {
        Some(response_schema().into())
    }

    fn validate(&self, _ctx: &ActionContext, input: &Input) -> Result<(), ActionError> {
        match input.number {
            13 => Err(ActionError::new("UNLUCKY", "Not thirteen").field("number").variable("number", "13")),
            _ => Ok(()),
        }
    }

    async fn run(&self, _ctx: ActionContext, input: Input) -> Result<Output, ActionError> {
        Ok(Output { square: input.number * input.number })
    }
}

fn request_schema() -> Dictionary {
    Dictionary::new()
        .required("number", Integer::new().gte(0).description("The number to square"))
        .optional("note", Schema::nullable(UnicodeString::new()))
}

fn response_schema() -> Dictionary {
    Dictionary::new().required("square", Integer::new())
}

async fn bad_response(_: Value) -> Result<Map, ActionError> {
    Ok(Map::from([("square", "not a number")]))
}

async fn echo(body: Body) -> Result<Body, ActionError> {
    Ok(body)
}

async fn boom(_: Body) -> Result<Body, ActionError> {
    Err(ActionError::internal("kaboom"))
}

async fn denied(_: Body) -> Result<Body, ActionError> {
    Err(ActionError::new("NOT_AUTHORIZED", "No").denied_permissions(["p.read"]))
}
