//! Responses that are not what their schema promises. What is told of them holds none of their values.

use serde_json::json;
use soa_common::{Body, Map, Value};
use soa_server::{
    ActionError, Definition, Schema, Service,
    schema::{
        AdditionalValidator, AmountString, Any, Anything, Dictionary, EmailAddress, Integer, List, Polymorph,
        SchemalessDictionary, Set, UnicodeString, Violation,
    },
};

use crate::support::{Log, fail};

/// What the caller is told of a response of one key, `v`. The same must be in the log, and nowhere anything secret.
async fn told(schema: impl Into<Schema>, value: Value) -> String {
    let respond = move |_: Body| {
        let response = Map::from([("v", value.clone())]);
        async move { Ok::<_, ActionError>(response) }
    };
    let schema = Dictionary::new().required("v", schema);
    let service =
        Service::builder("wrong").action("wrong", Definition::of(respond).response_schema(schema)).build().unwrap();
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let error = fail(&service, "wrong", json!({})).await;
    drop(guard);
    assert!(!error.is_caller_error && error.code == "SERVER_ERROR", "{error:?}");
    let lines = error.message.strip_prefix("Internal server error: wrong had an invalid response:\n\t").unwrap();
    let log = log.text();
    for line in lines.split("\n\t") {
        assert!(log.contains(line), "{line} is not in {log}");
    }
    assert!(!format!("{error:?} {log}").contains("secret"), "{error:?} {log}");
    lines.to_owned()
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Map::from(entries).into()
}

#[tokio::test]
async fn what_comes_from_the_schema_is_told() {
    let item = Dictionary::new().required("name", UnicodeString::new()).required("count", Integer::new().lt(4));
    let wrong = map([("count", 4.into())]);
    let fine = map([("name", "secret".into()), ("count", 3.into())]);
    assert_eq!(
        told(List::new(item).max_length(1), vec![fine, wrong].into()).await,
        "v INVALID: List is longer than 1\n\tv.1.name MISSING: Missing key: name\n\tv.1.count INVALID: Value not < 4"
    );
}

#[tokio::test]
async fn what_comes_from_the_response_is_masked() {
    let keyed = |field: Schema| SchemalessDictionary::new().values(field);
    let validated = |violation: fn(&Value) -> Violation| {
        let validator = AdditionalValidator::new("app.validate_sum", move |value| vec![violation(value)]);
        SchemalessDictionary::new().additional_validator(validator)
    };
    let secret = || map([("secret", "secret".into())]);
    for (schema, value, expected) in [
        (Dictionary::new().into(), secret(), "v UNKNOWN: Extra keys present: *"),
        (
            Polymorph::new("t").when("a", Anything::new()).into(),
            map([("t", "secret".into())]),
            "v UNKNOWN: Invalid switch value '*'",
        ),
        (
            AmountString::new().into(),
            "USD,secret".into(),
            "v INVALID: Currency amount * cannot be converted to an integer",
        ),
        (
            EmailAddress::new().into(),
            "secret..x@example.com".into(),
            "v.* INVALID: Not a valid email address (invalid local user field)",
        ),
        (
            EmailAddress::new().into(),
            "x@secret..com".into(),
            "v.* INVALID: Not a valid email address (invalid domain field)",
        ),
        (keyed(Integer::new().into()).into(), secret(), "v.* INVALID: Not an integer"),
        (SchemalessDictionary::new().keys(Integer::new()).into(), secret(), "v.* INVALID: Not an integer"),
        (
            keyed(keyed(List::new(Integer::new()).into()).into()).into(),
            map([("secret", map([("secret", vec![Value::from(1), "secret".into()].into())]))]),
            "v.*.*.1 INVALID: Not an integer",
        ),
        (Set::new(Integer::new()).into(), vec![Value::from("secret")].into(), "v.[*] INVALID: Not an integer"),
        (
            Any::new([Schema::from(Integer::new()), Dictionary::new().into()]).into(),
            secret(),
            "v INVALID: Not an integer\n\tv UNKNOWN: Extra keys present: *",
        ),
        (
            validated(|value| Violation::new("INVALID", format!("{value:?}"))).into(),
            secret(),
            "v INVALID: Refused by app.validate_sum",
        ),
        (
            validated(|value| Violation::new("SUM", "wrong").at(format!("{value:?}"))).into(),
            secret(),
            "v.* SUM: Refused by app.validate_sum",
        ),
        (
            validated(|value| Violation::new(format!("{value:?}"), "wrong")).into(),
            secret(),
            "v INVALID: Refused by app.validate_sum",
        ),
    ] as [(Schema, Value, &str); 13]
    {
        assert_eq!(told(schema, value).await, expected);
    }
}

#[tokio::test]
async fn the_body_itself_has_no_pointer() {
    async fn wrong(_: Body) -> Result<Map, ActionError> {
        Ok(Map::from([("a", "secret"), ("b", "secret")]))
    }
    let schema = Dictionary::new().required("a", Integer::new());
    let wrong = Definition::of(wrong).response_schema(schema);
    let service = Service::builder("wrong").action("wrong", wrong).build().unwrap();
    let error = fail(&service, "wrong", json!({})).await;
    let expected = "Internal server error: wrong had an invalid response:\n\ta INVALID: Not an integer\n\t\
                    None UNKNOWN: Extra keys present: *";
    assert_eq!(error.message, expected);
}
