//! What a service says of itself, and what is refused when it is declared.

use soa_common::Body;
use soa_server::{
    ActionError, Definition, Health, Service,
    schema::{Dictionary, Integer, Schema},
};

async fn echo(body: Body) -> Result<Body, ActionError> {
    Ok(body)
}

#[test]
fn names_that_cannot_be_used_are_refused() {
    let service_name = "cannot be the name of a service: a name is not empty and has no white space, no control \
                        characters and no `!`";
    let action_name = "cannot be the name of an action of the service \"demo\": a name is not empty and has no white \
                       space and no control characters";
    for (service, actions, expected) in [
        ("", &["echo"][..], format!("\"\" {service_name}")),
        ("a!b", &["echo"], format!("\"a!b\" {service_name}")),
        ("a b", &["echo", "echo"], format!("\"a b\" {service_name}")),
        ("demo", &[""], format!("\"\" {action_name}")),
        ("demo", &["echo", "a\nb"], format!("\"a\\nb\" {action_name}")),
        (
            "demo",
            &["echo", "other", "echo"],
            "the service \"demo\" has two actions named \"echo\": give one of them another name".to_owned(),
        ),
    ] {
        let builder = actions.iter().fold(Service::builder(service), |builder, name| builder.action(name, echo));
        assert_eq!(builder.build().unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_switch_chooses_one_version() {
    let shop = Service::builder("shop")
        .switched("order", |versions| versions.when(5, echo).when(6, echo).when(5, echo).otherwise(echo));
    let expected = "the action \"order\" of the service \"shop\" has two versions for the switch 5: give one of them \
                    another switch";
    assert_eq!(shop.build().unwrap_err().to_string(), expected);
}

#[test]
fn types_that_have_no_schema_are_refused() {
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Order {
        #[schemars(extend("not" = {"type": "null"}))]
        items: Vec<String>,
    }
    async fn order(order: Order) -> Result<(), ActionError> {
        drop(order.items);
        Ok(())
    }
    let expected = "action `order`, input `it::declaration::types_that_have_no_schema_are_refused::Order`, property \
                    `items`: `not` has no Conformity form; give the action a schema of its own";
    let plain = Service::builder("shop").action("order", order);
    let switched = Service::builder("shop").switched("order", |versions| versions.when(5, order).otherwise(echo));
    for builder in [plain, switched] {
        assert_eq!(builder.build().unwrap_err().to_string(), expected);
    }
    let order = Definition::of(order).request_schema(Dictionary::new());
    assert!(Service::builder("shop").action("order", order).build().is_ok());
}

#[test]
fn what_is_never_a_map_is_no_body() {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    struct Names(Vec<String>);
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    enum Shape {
        Point,
        Circle { radius: u32 },
    }
    async fn takes<T>(_input: T) -> Result<(), ActionError> {
        Ok(())
    }
    async fn gives_text(_input: ()) -> Result<Option<String>, ActionError> {
        Ok(None)
    }
    fn error(builder: soa_server::ServiceBuilder<()>) -> String {
        builder.build().unwrap_err().to_string()
    }
    let reason = "the body of an action is a map, and this is none; make it a field of a struct";

    let builder = || Service::builder("demo");
    assert_eq!(error(builder().action("a", takes::<i64>)), format!("action `a`, input `i64`: {reason}"));
    let names = error(builder().action("a", takes::<Names>));
    assert_eq!(names, format!("action `a`, input `it::declaration::what_is_never_a_map_is_no_body::Names`: {reason}"));
    let text = error(builder().switched("a", |versions| versions.when(1, gives_text).otherwise(echo)));
    assert_eq!(text, format!("action `a`, output `core::option::Option<alloc::string::String>`: {reason}"));
    let integer = error(builder().action("a", Definition::of(echo).request_schema(Integer::new())));
    assert_eq!(integer, format!("action `a`, schema `request_schema`: {reason}"));
    let integer = error(builder().action("a", Definition::of(echo).response_schema(Schema::nullable(Integer::new()))));
    assert_eq!(integer, format!("action `a`, schema `response_schema`: {reason}"));

    let builder = builder().action("unit", takes::<()>).action("shape", takes::<Shape>);
    assert!(builder.action("value", takes::<soa_common::Value>).build().is_ok());
}

#[test]
fn a_service_lists_its_actions() {
    let request = Dictionary::new().required("number", Integer::new());
    let square = Definition::of(echo).description("Squares a number.").request_schema(request.clone());
    let service = Service::builder("demo")
        .description("Shows things.")
        .version("1.2.3")
        .build_id("build-7")
        .action("square", square)
        .switched("echo", |versions| versions.when(5, Definition::of(echo).description("v2")).otherwise(echo))
        .build()
        .unwrap();
    assert_eq!((service.name(), service.description()), ("demo", Some("Shows things.")));
    assert_eq!((service.version(), service.build_id()), (Some("1.2.3"), Some("build-7")));
    let actions: Vec<_> = service.actions().map(|action| (action.name, action.description)).collect();
    let expected = [("echo[switch:5]", Some("v2")), ("echo[DEFAULT]", None), ("square", Some("Squares a number."))];
    assert_eq!(actions, expected.map(|(name, description)| (name.to_owned(), description)));
    assert_eq!(service.actions().last().unwrap().request_schema, Some(&request.into()));
}

#[test]
fn names_of_checks_are_names_as_well() {
    for (checks, expected) in [
        (
            &["database", "a b"][..],
            "\"a b\" cannot be the name of a check of the service \"demo\": a name is not empty and has no white space and \
             no control characters",
        ),
        (
            &["database", "database"],
            "the service \"demo\" has two checks named \"database\": give one of them another name",
        ),
        (&["services"], "the service \"demo\" has two checks named \"services\": give one of them another name"),
    ] {
        let builder = Service::builder("demo");
        let builder = checks.iter().fold(builder, |builder, name| builder.check(name, async |_| Ok(Health::good())));
        assert_eq!(builder.check_services().build().unwrap_err().to_string(), expected);
    }
}
