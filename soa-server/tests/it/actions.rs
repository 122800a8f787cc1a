//! The forms of actions, and what becomes of their inputs and outputs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use soa_client::Client;
use soa_common::{Body, Date, Map, Value};
use soa_server::{
    Action, ActionContext, ActionError, Definition, LocalTransport, Schema, Service,
    schema::{Date as DateField, Dictionary, Integer, List, SchemalessDictionary, UnicodeString},
};

use crate::support::{fail, job, process, run};

/// Counts what was ordered.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Order {
    items: Vec<Item>,
    #[serde(default)]
    note: Option<String>,
}

#[derive(Debug, Deserialize, Serialize, JsonSchema)]
struct Item {
    name: String,
    count: u8,
}

async fn count(order: Order) -> Result<BTreeMap<String, u32>, ActionError> {
    Ok(order.items.into_iter().map(|item| (item.name, item.count.into())).collect())
}

#[tokio::test]
async fn types_say_what_bodies_look_like() {
    let service = Service::builder("shop").action("count", count).build().unwrap();
    let response = run(&service, "count", json!({"items": [{"name": "pen", "count": 2}], "note": null})).await;
    assert_eq!(response.body, Body::encode(&json!({"pen": 2})).unwrap());
    let body = json!({"items": [{"name": 1, "count": 300}, {"name": "ink"}], "note": true, "z": 1});
    let response = run(&service, "count", body).await;
    let errors: Vec<_> = response.errors.iter().map(|error| (error.message.as_str(), error.field.as_deref())).collect();
    assert_eq!(
        errors,
        [
            ("Not a unicode string", Some("items.0.name")),
            ("Value not <= 255", Some("items.0.count")),
            ("Missing key: count", Some("items.1.count")),
            ("Not a unicode string", Some("note")),
            ("Extra keys present: z", None),
        ]
    );
    assert!(response.errors.iter().all(|error| error.is_caller_error));
    let info = service.actions().next().unwrap();
    assert_eq!(info.description, Some("Counts what was ordered."));
    assert!(info.request_schema.is_some() && info.response_schema.is_some());
}

#[tokio::test]
async fn a_schema_of_its_own_replaces_what_a_type_says() {
    let item = Dictionary::new().required("name", UnicodeString::new().max_length(3)).required("count", Integer::new());
    let schema =
        Dictionary::new().required("items", List::new(item)).optional("note", Schema::nullable(UnicodeString::new()));
    let count = Definition::of(count).request_schema(schema).description("Counts.");
    let service = Service::builder("shop").action("count", count).build().unwrap();
    assert_eq!(service.actions().next().unwrap().description, Some("Counts."));
    let error = fail(&service, "count", json!({"items": [{"name": "pens", "count": 1}]})).await;
    assert_eq!(error.message, "String must have a length no more than 3");
    // What passes the schema may still be refused by the type.
    let error = fail(&service, "count", json!({"items": [{"name": "x", "count": 300}]})).await;
    assert_eq!((error.code.as_str(), error.field.as_deref()), ("INVALID", Some("items.0.count")));
    assert!(error.is_caller_error);
}

#[tokio::test]
async fn nothing_is_an_empty_body() {
    #[derive(Deserialize, Serialize, JsonSchema)]
    struct Unit;
    async fn nothing((): ()) -> Result<(), ActionError> {
        Ok(())
    }
    async fn unit(unit: Unit) -> Result<Unit, ActionError> {
        Ok(unit)
    }
    let service = Service::builder("nothing").action("nothing", nothing).action("unit", unit).build().unwrap();
    for action in ["nothing", "unit"] {
        let response = run(&service, action, json!({})).await;
        assert_eq!((response.errors, response.body), (vec![], Body::empty()), "{action}");
        let error = fail(&service, action, json!({"key": 1})).await;
        assert_eq!((error.code.as_str(), error.message.as_str()), ("UNKNOWN", "Extra keys present: key"));
    }
    for info in service.actions() {
        assert_eq!(info.request_schema, Some(&Dictionary::new().into()));
        assert_eq!(info.response_schema, Some(&Dictionary::new().into()));
    }
}

#[test]
fn what_takes_every_map_has_no_schema() {
    async fn same<T>(input: T) -> Result<T, ActionError> {
        Ok(input)
    }
    let service = Service::builder("any")
        .action("body", same::<Body>)
        .action("value", same::<Value>)
        .action("map", same::<Map>)
        .action("json", same::<serde_json::Value>)
        .build()
        .unwrap();
    for info in service.actions() {
        assert_eq!((info.request_schema, info.response_schema), (None, None), "{}", info.name);
    }
}

#[tokio::test]
async fn rules_run_together_and_after_the_schema() {
    struct Odd;
    impl Action for Odd {
        type Input = BTreeMap<String, i64>;
        type Output = ();
        fn validate(&self, _ctx: &ActionContext, _input: &Self::Input) -> Result<(), ActionError> {
            Err(ActionError::new("OWN", "of the action"))
        }
        async fn run(&self, _ctx: ActionContext, _input: Self::Input) -> Result<(), ActionError> {
            Ok(())
        }
    }
    fn first(input: &BTreeMap<String, i64>) -> Result<(), ActionError> {
        if input.contains_key("first") { Err(ActionError::new("FIRST", "of the first rule")) } else { Ok(()) }
    }
    let odd = Definition::of(Odd)
        .validate(first)
        .description("Odd.")
        .validate(|_: &BTreeMap<String, i64>| Err(ActionError::new("SECOND", "of the second rule")));
    let service = Service::builder("odd").action("odd", odd).build().unwrap();
    let codes = async |body| {
        let errors = run(&service, "odd", body).await.errors;
        errors.into_iter().map(|error| error.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(json!({"first": 1})).await, ["OWN", "FIRST", "SECOND"]);
    assert_eq!(codes(json!({"other": 1})).await, ["OWN", "SECOND"]);
    assert_eq!(codes(json!({"first": "x"})).await, ["INVALID"]);
}

#[tokio::test]
async fn untyped_inputs_and_outputs_carry_every_type() {
    async fn body(body: Body) -> Result<Body, ActionError> {
        Ok(body)
    }
    async fn value(value: Value) -> Result<Value, ActionError> {
        Ok(value)
    }
    async fn map(map: Map) -> Result<Map, ActionError> {
        Ok(map)
    }
    async fn to_map(value: Value) -> Result<Map, ActionError> {
        match value {
            Value::Map(map) => Ok(map),
            other => Err(ActionError::internal(format!("{other:?} is no map"))),
        }
    }
    async fn to_body(value: Value) -> Result<Body, ActionError> {
        Ok(to_map(value).await?.into())
    }
    let service = Service::builder("echo")
        .action("body", body)
        .action("value", value)
        .action("map", map)
        .action("to_map", to_map)
        .action("to_body", to_body)
        .build()
        .unwrap();
    let sent = Map::from([
        ("bytes", Value::from(vec![0_u8, 255])),
        ("date", Date::new(2020, 2, 29).into()),
        ("keys", Value::Map([(Value::from(1), Value::Null)].into())),
    ]);
    let client = Client::builder().transport("echo", LocalTransport::new(service.clone())).build().unwrap();
    for action in ["body", "value", "map", "to_map", "to_body"] {
        assert_eq!(run(&service, action, &sent).await.body, Body::from(sent.clone()), "{action}");
        let response = client.call_action("echo", action, sent.clone()).await.unwrap();
        assert_eq!(response.body, Body::from(sent.clone()), "{action}");
    }
}

#[tokio::test]
async fn untyped_inputs_and_outputs_are_checked_by_schemas_built_by_hand() {
    async fn twice(value: Value) -> Result<Value, ActionError> {
        let Value::Map(mut map) = value else { return Err(ActionError::internal("no map")) };
        map.insert("again", map.get("date").cloned());
        Ok(map.into())
    }
    let schema = || Dictionary::new().required("date", DateField::new()).optional("keys", SchemalessDictionary::new());
    let twice =
        Definition::of(twice).request_schema(schema()).response_schema(schema().required("again", DateField::new()));
    let service = Service::builder("hand").action("twice", twice).build().unwrap();
    let client = Client::builder().transport("hand", LocalTransport::new(service)).build().unwrap();
    let date = Value::from(Date::new(2020, 2, 29));
    let keys = Value::Map([(Value::from(1), Value::Null)].into());
    let sent = Map::from([("date", date.clone()), ("keys", keys)]);
    let response = client.call_action("hand", "twice", sent.clone()).await.unwrap();
    let mut expected = sent;
    expected.insert("again", date);
    assert_eq!(response.body, expected.into());
    let error = client.call_action("hand", "twice", Map::from([("date", "2020-02-29")])).await.unwrap_err();
    assert!(error.to_string().contains("Not a datetime.date instance"), "{error}");
}

#[tokio::test]
async fn an_output_is_a_map_or_nothing() {
    async fn value(body: Body) -> Result<Value, ActionError> {
        Ok(body.get("v").unwrap_or_default())
    }
    let service = Service::builder("out").action("value", value).build().unwrap();
    assert!(run(&service, "value", json!({})).await.body.is_empty());
    let map = run(&service, "value", json!({"v": {"a": 1}})).await.body;
    assert_eq!(map, Body::encode(&json!({"a": 1})).unwrap());
    let error = fail(&service, "value", json!({"v": 7})).await;
    assert_eq!(
        error.message,
        "Internal server error: value had an output that cannot be sent: \
         found an integer; a body is a map, or null for an empty one"
    );
    assert!(!error.is_caller_error);
}

#[tokio::test]
async fn actions_know_their_job() {
    struct App {
        limit: i64,
    }
    async fn about(ctx: ActionContext<App>, _: Body) -> Result<Map, ActionError> {
        Ok(Map::from([
            ("limit", Value::from(ctx.state().limit)),
            ("action", ctx.action().into()),
            ("request_id", ctx.request_id().into()),
            ("correlation_id", ctx.context().correlation_id().into()),
            ("timeout", ctx.control().timeout().into()),
            ("has_deadline", ctx.deadline().is_some().into()),
            ("switch_5", ctx.switches().is_active(5).into()),
            ("switch_6", ctx.switches().is_active(6).into()),
            ("service", ctx.service().name().into()),
        ]))
    }
    let service = Service::builder("about").state(App { limit: 3 }).action("about", about).build().unwrap();
    let mut request = job(&["about"], json!({}));
    request.control = request.control.with("timeout", 2);
    request.context = request.context.with("switches", vec![Value::from(9), 5.into()]);
    let response = process(&service, request).await;
    let expected = json!({
        "limit": 3, "action": "about", "request_id": "17", "correlation_id": "c0ffee", "timeout": 2.0,
        "has_deadline": false, "switch_5": true, "switch_6": false, "service": "about",
    });
    assert_eq!(response.actions[0].body, Body::encode(&expected).unwrap());
}

#[tokio::test]
async fn the_first_version_whose_switch_is_on_runs() {
    async fn v1(_: Body) -> Result<Map, ActionError> {
        Ok(Map::from([("version", 1)]))
    }
    async fn v2(_: Body) -> Result<Map, ActionError> {
        Ok(Map::from([("version", 2)]))
    }
    async fn v3(_: Body) -> Result<Map, ActionError> {
        Ok(Map::from([("version", 3)]))
    }
    let service = Service::builder("demo")
        .switched("versioned", |versions| versions.when(7, v3).when(5, v2).otherwise(v1))
        .build()
        .unwrap();
    for (switches, version) in [(vec![], 1), (vec![4], 1), (vec![5], 2), (vec![7], 3), (vec![5, 7], 3)] {
        let mut request = job(&["versioned"], json!({}));
        let list: Vec<_> = switches.iter().copied().map(Value::from).collect();
        request.context = request.context.with("switches", list);
        let response = process(&service, request).await;
        assert_eq!(response.actions[0].body.get("version"), Some(version.into()), "{switches:?}");
    }
}

#[tokio::test]
async fn each_step_runs_only_when_the_one_before_found_nothing_wrong() {
    struct Steps;

    impl Action for Steps {
        type Input = BTreeMap<String, i64>;
        type Output = BTreeMap<String, i64>;

        fn request_schema(&self) -> Option<Schema> {
            Some(Dictionary::new().required("n", Integer::new().lt(4)).into())
        }

        fn response_schema(&self) -> Option<Schema> {
            Some(Dictionary::new().required("n", Integer::new().lt(1)).into())
        }

        fn validate(&self, _ctx: &ActionContext, input: &Self::Input) -> Result<(), ActionError> {
            match input["n"] {
                3.. => Err(ActionError::new("VALIDATE", "validate refuses")),
                _ => Ok(()),
            }
        }

        async fn run(&self, _ctx: ActionContext, input: Self::Input) -> Result<Self::Output, ActionError> {
            match input["n"] {
                2.. => Err(ActionError::new("RUN", "run refuses")),
                _ => Ok(input),
            }
        }
    }

    let service = Service::builder("steps").action("steps", Steps).build().unwrap();
    for (n, message) in [
        (4, "Value not < 4"),
        (3, "validate refuses"),
        (2, "run refuses"),
        (1, "Internal server error: steps had an invalid response:\n\tn INVALID: Value not < 1"),
    ] {
        assert_eq!(fail(&service, "steps", json!({"n": n})).await.message, message);
    }
    assert_eq!(run(&service, "steps", json!({"n": 0})).await.errors, []);
}
