//! The built-in action `introspect`, and what a service makes of it.

use std::future::{Ready, ready};

use serde_json::{Value as Json, json};
use soa_common::{Body, Map};
use soa_server::{
    ActionContext, ActionError, ActionNext, ActionResult, Call, Definition, Middleware, Schema, SchemaFormat, Service,
    schema::{Dictionary, Integer},
};

use crate::support::{fail, run};

type Answer = Ready<Result<Body, ActionError>>;

fn echo(body: Body) -> Answer {
    ready(Ok(body))
}

fn documented(documentation: &str) -> Definition<fn(Body) -> Answer> {
    Definition::of(echo as fn(Body) -> Answer).description(documentation)
}

fn schema() -> Dictionary {
    Dictionary::new().required("number", Integer::new().description("The number to square"))
}

fn service() -> Service {
    Service::builder("vec")
        .description("doc")
        .action("plain", documented("plain").request_schema(schema()))
        .switched("versioned", |v| v.when(7, documented("v3")).when(5, documented("v2")).otherwise(documented("v1")))
        .switched("a.b", |versions| versions.when(5, documented("v2")).otherwise(documented("v1")))
        .action("x.y", documented("dotted"))
        .build()
        .unwrap()
}

async fn introspect(service: &Service, body: Json) -> Json {
    let response = run(service, "introspect", &body).await;
    assert_eq!(response.errors, [], "{body}");
    response.body.decode().unwrap()
}

/// The names and documentations of what is answered, names sorted.
async fn names(service: &Service, action_name: &str) -> Vec<(String, String)> {
    let answer = introspect(service, json!({"action_name": action_name})).await;
    let names: Vec<&str> =
        answer["action_names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(answer["actions"].as_object().unwrap().len(), names.len(), "{answer}");
    assert!(answer.get("documentation").is_none(), "{answer}");
    let documentation = |name: &str| answer["actions"][name]["documentation"].as_str().unwrap();
    names.into_iter().map(|name| (name.to_owned(), documentation(name).to_owned())).collect()
}

/// What the original answers for actions of the same names was recorded.
#[tokio::test]
async fn one_action_is_found_as_the_original_finds_it() {
    let service = service();
    let all = ["versioned[DEFAULT]=v1", "versioned[switch:5]=v2", "versioned[switch:7]=v3"];
    for (requested, expected) in [
        ("plain", &["plain=plain"][..]),
        ("plain[DEFAULT]", &["plain[DEFAULT]=plain"]),
        ("plain[switch:5]", &["plain[switch:5]=plain"]),
        ("versioned", &all),
        ("versioned[DEFAULT]", &["versioned[DEFAULT]=v1"]),
        ("versioned[switch:7]", &["versioned[switch:7]=v3"]),
        ("versioned[switch:5]", &["versioned[switch:5]=v2"]),
        ("versioned[switch:05]", &["versioned[switch:05]=v2"]),
        ("versioned[switch:9]", &["versioned[switch:9]=v1"]),
        ("versioned[switch:99999999999999999999999]", &["versioned[switch:99999999999999999999999]=v1"]),
        ("versioned[switch:0]", &all),
        ("versioned[switch:00]", &all),
        ("a.b", &["a.b[DEFAULT]=v1", "a.b[switch:5]=v2"]),
        ("x.y", &["x.y=dotted"]),
    ] {
        let found = names(&service, requested).await;
        let found: Vec<_> = found.into_iter().map(|(name, documentation)| format!("{name}={documentation}")).collect();
        assert_eq!(found, expected, "{requested}");
    }
    for requested in ["status", "status[DEFAULT]", "introspect", "introspect[switch:3]"] {
        let found = names(&service, requested).await;
        assert_eq!((found.len(), found[0].0.as_str()), (1, requested));
    }
}

#[tokio::test]
async fn what_is_not_there_is_the_callers_error() {
    let service = service();
    for requested in [
        "zzz",
        "zzz[DEFAULT]",
        "plain[switch:x]",
        "versioned[switch:-5]",
        "versioned[switch:]",
        "versioned[]",
        "versioned[default]",
        "versioned[DEFAULT]x",
        "[DEFAULT]",
        "a.b[switch:5]",
        "a.b[DEFAULT]",
        "x.y[DEFAULT]",
    ] {
        let error = fail(&service, "introspect", json!({"action_name": requested})).await;
        assert_eq!((error.code.as_str(), error.message.as_str()), ("INVALID", "Action not defined in service"));
        assert_eq!((error.field.as_deref(), error.is_caller_error), (Some("action_name"), true), "{requested}");
    }
    for (body, code, field, message) in [
        (json!({"action_name": ""}), "INVALID", Some("action_name"), "String must have a length of at least 1"),
        (json!({"action_name": " "}), "INVALID", Some("action_name"), "String cannot be blank"),
        (json!({"action_name": null}), "INVALID", Some("action_name"), "Not a unicode string"),
        (json!({"x": 1}), "UNKNOWN", None, "Extra keys present: x"),
        (json!({"format": "xml"}), "UNKNOWN", Some("format"), "Value is not one of: \"conformity\", \"json_schema\""),
    ] {
        let error = fail(&service, "introspect", &body).await;
        assert_eq!((error.code.as_str(), error.field.as_deref(), error.message.as_str()), (code, field, message));
        assert!(error.is_caller_error, "{body}");
    }
}

#[tokio::test]
async fn without_a_name_everything_is_told() {
    let answer = introspect(&service(), json!({})).await;
    let names = [
        "a.b[DEFAULT]",
        "a.b[switch:5]",
        "introspect",
        "plain",
        "status",
        "versioned[DEFAULT]",
        "versioned[switch:5]",
        "versioned[switch:7]",
        "x.y",
    ];
    assert_eq!((&answer["action_names"], &answer["documentation"]), (&json!(names), &json!("doc")));
    assert_eq!(answer["actions"].as_object().unwrap().len(), names.len());
    assert_eq!(
        answer["actions"]["x.y"],
        json!({"documentation": "dotted", "request_schema": null, "response_schema": null})
    );

    let bare = Service::builder("bare").description("").action("echo", documented("")).build().unwrap();
    let answer = introspect(&bare, json!({})).await;
    assert_eq!((&answer["documentation"], &answer["actions"]["echo"]["documentation"]), (&Json::Null, &Json::Null));
}

#[tokio::test]
async fn schemas_are_shown_in_either_form() {
    let service = service();
    let schema = Schema::from(schema());
    let json = |map: Map| Body::from(map).decode::<Json>().unwrap();
    for (format, expected) in [
        (json!({}), json(schema.introspect())),
        (json!({"format": "conformity"}), json(schema.introspect())),
        (json!({"format": "json_schema"}), schema.to_json_schema()),
    ] {
        for action_name in [json!({}), json!({"action_name": "plain"})] {
            let mut body = format.clone();
            body.as_object_mut().unwrap().extend(action_name.as_object().unwrap().clone());
            let answer = introspect(&service, body).await;
            assert_eq!(answer["actions"]["plain"]["request_schema"], expected, "{format} {action_name}");
        }
    }
    assert_ne!(json(schema.introspect()), schema.to_json_schema());
}

#[tokio::test]
async fn actions_that_a_service_declares_itself_take_the_place_of_built_in_ones() {
    async fn introspect_less(ctx: ActionContext, body: Map) -> Result<Body, ActionError> {
        let action_name = body.get("action_name").and_then(|name| name.as_str());
        let mut answer = ctx.service().introspect(action_name, SchemaFormat::Conformity)?.into_map();
        answer.insert("team", "payments");
        Ok(answer.into())
    }
    let service = Service::builder("own")
        .action("introspect", Definition::of(introspect_less).description("ours"))
        .action("status", documented("also ours"))
        .build()
        .unwrap();
    let answer = introspect(&service, json!({})).await;
    assert_eq!((&answer["action_names"], &answer["team"]), (&json!(["introspect", "status"]), &json!("payments")));
    assert_eq!(answer["actions"]["introspect"]["documentation"], "ours");
    let answer = introspect(&service, json!({"action_name": "status[DEFAULT]"})).await;
    assert_eq!(answer["actions"]["status[DEFAULT]"]["documentation"], "also ours");
    let error = fail(&service, "introspect", json!({"action_name": "zzz"})).await;
    assert_eq!(error.field.as_deref(), Some("action_name"));
}

#[tokio::test]
async fn a_switched_action_may_take_the_place_of_a_built_in_one() {
    let own = Service::builder("own")
        .switched("status", |versions| versions.when(5, documented("ours, second")).otherwise(documented("ours")));
    let service = own.build().unwrap();
    let answer = introspect(&service, json!({})).await;
    assert_eq!(answer["action_names"], json!(["introspect", "status[DEFAULT]", "status[switch:5]"]));
    assert_eq!(names(&service, "status[switch:5]").await, [("status[switch:5]".to_owned(), "ours, second".to_owned())]);
    let body = json!({"any": "thing"});
    assert_eq!(run(&service, "status", &body).await.body, Body::encode(&body).unwrap());
}

/// Calls the action that its input names.
async fn relay(ctx: ActionContext, input: Map) -> Result<Body, ActionError> {
    let action = input.get("action").and_then(|action| action.as_str()).unwrap_or_default();
    Ok(ctx.call_local(action, Map::new()).await?.body)
}

#[tokio::test]
async fn built_in_actions_are_out_of_reach_for_local_calls() {
    let service = Service::builder("own").action("relay", relay).build().unwrap();
    let overriding = Service::builder("own").action("relay", relay).action("status", echo).build().unwrap();
    for action in ["status", "introspect"] {
        let error = fail(&service, "relay", json!({"action": action})).await;
        assert_eq!(error.message, format!("The action \"{action}\" was not found on this server."));
    }
    assert_eq!(run(&overriding, "relay", json!({"action": "status"})).await.errors, []);
}

#[tokio::test]
async fn middleware_stands_around_built_in_actions() {
    struct Refusing;

    impl Middleware for Refusing {
        async fn action(&self, call: Call, _next: ActionNext<'_>) -> ActionResult {
            Err(ActionError::new("NOT_AUTHORIZED", format!("No {}", call.ctx.action())))
        }
    }

    let service = Service::builder("closed").middleware(Refusing).build().unwrap();
    for action in ["status", "introspect"] {
        assert_eq!(fail(&service, action, json!({})).await.message, format!("No {action}"));
    }
}
