//! What a schema lets pass and the type refuses: one error of the caller's, which points at the place and says what is
//! wrong without the value.

use std::collections::BTreeMap;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Value as Json, json};
use soa_common::{Date, Map, Value, msgpack::Writer};
use soa_server::{ActionError, JobInfo, Service};

use crate::support::{fail, one, run};

#[derive(Deserialize, JsonSchema)]
#[serde(transparent)]
struct Id(#[expect(dead_code, reason = "only decoded")] uuid::Uuid);

/// Says in words of its own what is wrong, or lets serde say it.
#[derive(JsonSchema)]
#[schemars(transparent)]
struct Even(#[expect(dead_code, reason = "only decoded")] u64);

impl<'de> Deserialize<'de> for Even {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            odd @ 101.. => Err(de::Error::invalid_value(de::Unexpected::Unsigned(odd), &"an even number up to 100")),
            odd if odd % 2 == 1 => Err(de::Error::custom("odd numbers are not even")),
            even => Ok(Self(even)),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only decoded")]
struct Node {
    #[serde(default)]
    value: Option<u8>,
    #[serde(default)]
    id: Option<Id>,
    #[serde(default)]
    even: Option<Even>,
    #[serde(default)]
    inner: Option<Box<Node>>,
    #[serde(default)]
    list: Vec<Node>,
    #[serde(default)]
    by_name: BTreeMap<String, Node>,
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Tagged {
    Dated { date: Date },
    Plain { number: u8 },
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
enum Untagged {
    Date(Date),
    Number(i64),
}

#[derive(Deserialize, Serialize, JsonSchema)]
struct Moments {
    #[serde(default)]
    tagged: Option<Tagged>,
    #[serde(default)]
    untagged: Option<Untagged>,
}

async fn node(_: Node) -> Result<(), ActionError> {
    Ok(())
}

async fn moments(moments: Moments) -> Result<Moments, ActionError> {
    Ok(moments)
}

#[derive(Deserialize, Serialize, JsonSchema)]
struct Flat {
    note: Option<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

async fn flat(flat: Flat) -> Result<Flat, ActionError> {
    Ok(flat)
}

fn service() -> Service {
    let service = Service::builder("second").action("node", node).action("moments", moments);
    service.action("flat", flat).build().unwrap()
}

/// The message and the pointer of the one error of a node.
async fn refused(body: impl Serialize) -> (String, Option<String>) {
    let error = fail(&service(), "node", body).await;
    assert!(error.is_caller_error && error.code == "INVALID", "{error:?}");
    assert!(!format!("{error:?}").to_lowercase().contains("s3cret"), "{error:?}");
    (error.message, error.field)
}

#[tokio::test]
async fn what_the_type_refuses_is_one_error_at_its_place() {
    let mut told = Vec::new();
    for body in [
        json!({"id": "s3cret"}),
        json!({"even": 3}),
        json!({"even": 333}),
        // Schemas are cut where the type contains itself.
        json!({"inner": {"value": 300, "id": 1}}),
        json!({"inner": {"value": "s3cret"}}),
        json!({"inner": {"even": 5}}),
        json!({"list": [{}, {"id": "s3cret"}]}),
        json!({"by_name": {"x": {"inner": {"value": -1}}}}),
        json!({"inner": {"inner": ["s3cret"]}}),
    ] {
        told.push(refused(body).await);
    }
    let expected = [
        ("UUID parsing failed: invalid character: found `s` at 0", "id"),
        ("odd numbers are not even", "even"),
        ("found an integer that does not fit, expected an even number up to 100", "even"),
        ("found an integer that does not fit, expected an integer from 0 to 255", "inner.value"),
        ("found a text, which is not what belongs here", "inner.value"),
        ("odd numbers are not even", "inner.even"),
        ("UUID parsing failed: invalid character: found `s` at 0", "list.1.id"),
        ("found an integer that does not fit, expected an integer from 0 to 255", "by_name.x.inner.value"),
        // serde takes a list for a struct, by position.
        ("found a text, which is not what belongs here", "inner.inner.0"),
    ];
    assert_eq!(told, expected.map(|(message, pointer)| (message.to_owned(), Some(pointer.to_owned()))));
}

#[tokio::test]
async fn a_key_that_is_there_twice_is_refused() {
    let twice = Map::from_iter([("value", 1), ("value", 2)].map(|(key, value)| (Value::from(key), Value::from(value))));
    let told = refused(&twice).await;
    assert_eq!(told, ("a key that is there twice: value".to_owned(), None));
    let inner = Map::from([("inner", twice)]);
    assert_eq!(refused(&inner).await, ("a key that is there twice: value".to_owned(), Some("inner".to_owned())));
}

/// Maps in maps, with a value in the innermost.
fn nested(depth: usize, value: &Json) -> Json {
    (0..depth).fold(value.clone(), |inner, _| json!({ "inner": inner }))
}

#[tokio::test]
async fn a_type_that_contains_itself_may_be_as_deep_as_a_body() {
    // A job, its actions, an action and its body are four levels around this.
    let deepest = 120;
    assert_eq!(run(&service(), "node", nested(deepest, &json!({}))).await.errors, []);
    let (message, pointer) = refused(nested(deepest, &json!({"value": 300}))).await;
    assert_eq!(message, "found an integer that does not fit, expected an integer from 0 to 255");
    assert_eq!(pointer.unwrap().matches("inner").count(), deepest);
}

#[tokio::test]
async fn what_is_deeper_is_refused_without_an_overflow() {
    for depth in [200, 1_000, 100_000] {
        let mut job = Vec::new();
        Writer::new(&mut job).value(
            &Map::from([
                ("control", Map::from([("continue_on_error", Value::from(false))]).into()),
                ("context", Map::from([("correlation_id", "c".into()), ("switches", Value::List(vec![]))]).into()),
                (
                    "actions",
                    Value::List(vec![Map::from([("action", Value::from("node")), ("body", Value::Null)]).into()]),
                ),
            ])
            .into(),
        );
        // The body, which stands last.
        assert_eq!(job.pop(), Some(0xc0));
        for _ in 0..depth {
            job.extend_from_slice(b"\x81\xa5inner");
        }
        job.push(0x80);
        let response = service().process(&Bytes::from(job), JobInfo::default()).await;
        let errors = if response.errors.is_empty() { response.actions[0].errors.clone() } else { response.errors };
        assert_eq!(one(errors).code, "INVALID", "{depth}");
    }
}

#[tokio::test]
async fn enums_of_any_form_keep_a_typed_date() {
    let dated = Map::from([("kind", Value::from("dated")), ("date", Date::new(2020, 2, 29).into())]);
    let sent = Map::from([("tagged", Value::from(dated)), ("untagged", Date::new(2020, 2, 29).into())]);
    let response = run(&service(), "moments", &sent).await;
    assert_eq!((response.errors, response.body), (vec![], sent.into()));
}

#[tokio::test]
async fn a_flattened_part_keeps_values_of_any_type() {
    let mut sent = Map::from([("note", Value::Null)]);
    sent.insert("day", Date::new(2020, 2, 29));
    sent.insert("fee", Value::Decimal("1.50".parse().unwrap()));
    let response = run(&service(), "flat", &sent).await;
    assert_eq!((response.errors, response.body), (vec![], sent.into()));
}
