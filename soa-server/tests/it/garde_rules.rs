//! Rules across fields that are written with garde.

use std::collections::BTreeMap;

use garde::Validate;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use soa_common::Error;
use soa_server::{
    Action, ActionContext, ActionError, Definition, Service,
    garde::{rules, rules_with},
};

use crate::support::{fail, run};

#[derive(Deserialize, JsonSchema, Validate)]
struct Account {
    #[garde(alphanumeric)]
    password: String,
    #[garde(matches(password))]
    repeated: String,
    #[serde(default)]
    #[garde(dive)]
    tags: Vec<Tag>,
    #[serde(default)]
    #[garde(dive)]
    by_name: BTreeMap<String, Tag>,
}

#[derive(Deserialize, JsonSchema, Validate)]
struct Tag {
    #[garde(ascii)]
    name: String,
}

/// Numbers that together must not exceed what the context says.
#[derive(Deserialize, JsonSchema)]
struct Numbers {
    numbers: Vec<u64>,
}

impl Validate for Numbers {
    type Context = u64;

    fn validate_into(&self, most: &u64, parent: &mut dyn FnMut() -> garde::Path, report: &mut garde::Report) {
        let sum: u64 = self.numbers.iter().sum();
        if sum > *most {
            report.append(parent(), garde::Error::new(format!("more than {most} together")));
        }
    }
}

async fn create(_account: Account) -> Result<(), ActionError> {
    Ok(())
}

async fn add(_numbers: Numbers) -> Result<(), ActionError> {
    Ok(())
}

struct Add;

impl Action<u64> for Add {
    type Input = Numbers;
    type Output = ();

    fn validate(&self, ctx: &ActionContext<u64>, input: &Numbers) -> Result<(), ActionError> {
        rules_with(input, ctx.state())
    }

    async fn run(&self, _ctx: ActionContext<u64>, _input: Numbers) -> Result<(), ActionError> {
        Ok(())
    }
}

fn service() -> Service {
    Service::builder("rules")
        .state(7_u64)
        .action("create", Definition::of(create).validate(rules))
        .action("none", Definition::of(add).validate(rules))
        .action("seven", Add)
        .build()
        .unwrap()
}

fn invalid(message: &str, field: Option<&str>) -> Error {
    let mut error = Error::new("INVALID", message);
    error.field = field.map(str::to_owned);
    error.is_caller_error = true;
    error
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    let tag = |name| json!({ "name": name });
    let fine = json!({"password": "pass", "repeated": "pass", "tags": [tag("abc")], "by_name": {"a": tag("b")}});
    assert_eq!(run(&service(), "create", fine).await.errors, []);
    let wrong = json!({
        "password": "-", "repeated": "q", "tags": [tag("a"), tag("é")], "by_name": {"a[0].b": tag("é")},
    });
    assert_eq!(
        run(&service(), "create", wrong).await.errors,
        [
            // garde goes through the fields by their names.
            invalid("not ascii", Some("by_name.a[0].b.name")),
            invalid("not alphanumeric", Some("password")),
            invalid("does not match password field", Some("repeated")),
            invalid("not ascii", Some("tags.1.name")),
        ]
    );
}

#[tokio::test]
async fn rules_may_be_about_the_input_itself_and_need_a_context() {
    let numbers = json!({"numbers": [4, 4]});
    assert_eq!(fail(&service(), "seven", &numbers).await, invalid("more than 7 together", None));
    assert_eq!(fail(&service(), "none", &numbers).await, invalid("more than 0 together", None));
    assert_eq!(run(&service(), "seven", json!({"numbers": [4, 3]})).await.errors, []);
}

#[tokio::test]
async fn rules_run_only_on_what_fits_the_schema() {
    let error = fail(&service(), "create", json!({"password": "p", "repeated": 1})).await;
    assert_eq!(error, invalid("Not a unicode string", Some("repeated")));
}
