//! A valid body costs no allocation, whatever its schema is made of; a job costs few.

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use soa_common::{
    Date, DateTime, Map, Time, UtcDateTime, Value,
    envelope::{self, RequestEnvelope, RequestMeta},
};
use soa_server::schema::{
    All, Amount, AmountString, Any, Anything, Boolean, ByteString, Constant, CountryCode, CurrencyCode,
    Date as DateField, DateTime as DateTimeField, Decimal, Dictionary, EmailAddress, Float, Hashable, Integer,
    IpAddress, Ipv4Address, Ipv6Address, List, Number, ObjectClass, ObjectInstance, Polymorph, Schema,
    SchemalessDictionary, Sequence, Set, Time as TimeField, Tuple, UnicodeDecimal, UnicodeString,
};
use soa_server::{ActionError, JobInfo, Service};

use crate::{
    containers::{list, map},
    support::job,
    typed_values::raw,
};

#[test]
fn valid_values_allocate_nothing() {
    let (mut schema, mut body) = (Dictionary::new(), Vec::new());
    for (index, (field, value)) in fields().into_iter().enumerate() {
        assert_allocates_nothing(&field, &value);
        let key = format!("key {index}");
        schema = schema.required(key.clone(), field);
        body.push((key, value));
    }
    let schema = Schema::from(List::new(schema));
    let many = |body: &[(String, Value)]| list((0..20).map(|_| map(body.to_vec())));
    assert_allocates_nothing(&schema, &many(&body));
    body.reverse();
    assert_allocates_nothing(&schema, &many(&body));
}

#[derive(Deserialize, Serialize, JsonSchema)]
struct Echo {
    text: String,
}

#[test]
fn a_job_allocates_as_often_as_it_should() {
    async fn echo(input: Echo) -> Result<Echo, ActionError> {
        Ok(input)
    }
    let service = Service::builder("test").action("echo", echo).build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut payload = Vec::new();
    let meta = RequestMeta { reply_to: "service.echo.1!2", expiry: 4e9, extra: &Map::new() };
    let job = job(&["echo"], Echo { text: "a text that is long enough ".repeat(3) });
    envelope::write_request(&mut payload, 7, meta, &job);
    // The first copy of bytes makes them shared, which allocates once.
    let payload = Bytes::from(payload);
    let job = RequestEnvelope::decode(&payload.clone()).unwrap().job;
    let process = || {
        let response = runtime.block_on(service.process(&job, JobInfo::default()));
        assert!(response.errors.is_empty() && response.actions[0].errors.is_empty());
    };
    // What is made once is made by the first job.
    process();
    assert_eq!(allocation_counter::measure(process).count_total, 13);
}

/// A field of every kind with a value that it accepts.
fn fields() -> Vec<(Schema, Value)> {
    let numbers = || list(0..100);
    let texts = || list((0..100).map(|number| format!("text {number}")));
    let of_kind = |kind: &str| Dictionary::new().required("kind", Constant::new([kind])).optional("n", Integer::new());
    let inner = Dictionary::new()
        .required("a", Integer::new())
        .optional("b", Schema::nullable(UnicodeString::new()))
        .required(7, Boolean::new())
        .allow_extra_keys();
    let entries = map([(Value::from("extra"), Value::Null), (7.into(), true.into()), ("a".into(), 1.into())]);
    let decimal = |digits: &str| Value::Decimal(digits.parse().unwrap());
    let (date, time) = (Date::new(2020, 2, 29).unwrap(), Time::new(1, 2, 3, 4).unwrap());
    let (moment, utc) = (DateTime::new(date, time), UtcDateTime::new(date, time));
    let many = |number: i64| (Value::from(number), numbers());
    vec![
        (Anything::new().into(), texts()),
        (Hashable::new().into(), "x".into()),
        (Schema::Null, Value::Null),
        (Boolean::new().into(), true.into()),
        (Integer::new().gt(0).lte(5).into(), 5.into()),
        (Float::new().gte(0.5).into(), 7.into()),
        (Constant::new([Value::from(1), "a".into(), "b".into()]).into(), "b".into()),
        (UnicodeString::new().not_blank().min_length(1).max_length(9).into(), " ä".into()),
        (ByteString::new().not_blank().max_length(9).into(), vec![0, 255].into()),
        (Decimal::new().gt(0.1).lte(Number::Decimal("1E+3".parse().unwrap())).into(), decimal("0.10000000000000001")),
        (Float::new().lt(Number::Decimal("0.3".parse().unwrap())).into(), 0.1.into()),
        (Integer::new().gt(Number::Decimal("-0.5".parse().unwrap())).into(), 0.into()),
        (UnicodeDecimal::new().into(), " -1_0.5e٣\u{1c}".into()),
        (Constant::new([decimal("1.50"), date.into()]).into(), 1.5.into()),
        (Constant::new([Value::from(date), moment.into(), utc.into()]).into(), utc.into()),
        (DateField::new().gt(Date::new(2019, 1, 1).unwrap()).into(), date.into()),
        (TimeField::new().lte(time).into(), time.into()),
        (DateTimeField::new().gte(moment).lte(utc).into(), utc.into()),
        (List::new(Integer::new()).max_length(100).into(), numbers()),
        (Sequence::new(UnicodeString::new().min_length(1)).min_length(2).into(), "aé€😀".repeat(100).into()),
        (Sequence::new(Integer::new().lte(255)).into(), vec![1, 255].into()),
        (Sequence::new(Integer::new()).into(), numbers()),
        (Set::new(UnicodeString::new()).min_length(16).max_length(100).into(), texts()),
        (Tuple::new([Schema::from(Integer::new()), inner.clone().into()]).into(), list([1.into(), entries.clone()])),
        (List::new(inner).into(), list((0..100).map(|_| entries.clone()))),
        (
            SchemalessDictionary::new().keys(Integer::new()).values(List::new(Integer::new())).min_length(2).into(),
            map((0..100).map(many)),
        ),
        (Schema::nullable(List::new(Schema::nullable(Integer::new()))), list([Value::Null, 1.into()])),
        (Schema::deprecated(List::new(Integer::new())), numbers()),
        (
            List::new(Any::new([of_kind("a"), of_kind("b"), of_kind("c")]).or(Integer::new())).into(),
            list([map([("kind", "c")]), 1.into(), map([("kind", "a")])]),
        ),
        (All::new([List::new(Anything::new()).min_length(1), List::new(Integer::new())]).into(), numbers()),
        (
            Polymorph::new("kind").when("a", of_kind("a")).otherwise(SchemalessDictionary::new()).into(),
            map([("n", Value::from(1)), ("kind", "a".into())]),
        ),
        (Polymorph::new("head.kind").when(1, Anything::new()).into(), map([("head", map([("kind", true)]))])),
        (ObjectInstance::new([ObjectClass::Dict, ObjectClass::List]).into(), numbers()),
        (EmailAddress::new().not_blank().max_length(99).into(), "\"a\\ b\"@mail.example.org".into()),
        (EmailAddress::new().domain_whitelist(["intern"]).into(), "a.b@intern".into()),
        (EmailAddress::new().into(), "a@[::ffff:1.2.3.4]".into()),
        (Ipv4Address::new().into(), "1.2.3.٤".into()),
        (Ipv6Address::new().into(), "1:2:3:4:5:6:1.2.3.4".into()),
        (IpAddress::new().into(), "fe80::A".into()),
        (Float::latitude().into(), 52.5.into()),
        (Amount::new().valid_currencies(["EUR"]).gte(0).into(), soa_common::Amount::new("EUR", 5).unwrap().into()),
        (AmountString::new().lt(5000).into(), "USD, 4_999 ".into()),
        (CurrencyCode::new().into(), "ZWL".into()),
        (CountryCode::new().into(), "AD".into()),
        (
            Dictionary::amount_request([""; 0], Integer::new()).into(),
            map([("value", Value::from(5)), ("currency", "ZWL".into())]),
        ),
    ]
}

fn assert_allocates_nothing(schema: &Schema, value: &Value) {
    let raw = raw(value);
    let mut violations = Vec::new();
    let checking = allocation_counter::measure(|| violations = schema.validate(&raw));
    assert_eq!(violations, [], "{schema:?}");
    assert_eq!(checking.count_total, 0, "{schema:?}");
}
