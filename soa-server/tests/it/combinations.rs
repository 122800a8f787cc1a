//! What is wrong with what is made of several schemas, where the recorded cases do not go.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::json;
use soa_common::{Map, Value, msgpack::MAX_DEPTH};
use soa_server::{
    ActionError, Definition, Service,
    schema::{
        AdditionalValidator, All, Any, Anything, BooleanValidator, Constant, Dictionary, Hashable, Integer, List,
        ObjectInstance, Polymorph, Schema, SchemalessDictionary, UnicodeString, Violation,
    },
};

use crate::{
    containers::{list, map, wrong},
    support,
    typed_values::raw,
};

#[test]
fn an_option_that_accepts_silences_the_others() {
    let validator = AdditionalValidator::new("V", |_| vec![Violation::new("V", "no").at("p")]);
    let refused = List::new(Anything::new()).additional_validator(validator);
    let options = Any::new([Schema::from(refused), Integer::new().into()]);
    assert!(wrong(List::new(options.clone()), list([1, 2])).is_empty());
    assert_eq!(wrong(List::new(options.clone()), list([list([1])])), ["V no @ 0.p", "INVALID Not an integer @ 0"]);
    assert!(wrong(options.or(List::new(Integer::new())), list([1])).is_empty());
}

#[test]
fn what_stands_behind_an_option_is_checked() {
    let any = || Any::new([Schema::from(List::new(Integer::new())), UnicodeString::new().into(), Schema::Null]);
    let all = || All::new([any(), any()]);
    for inner in [Schema::from(any()), all().into(), Any::default().into(), All::default().into()] {
        let values = list([list([1, 2]), "x".into(), Value::Null]);
        assert!(wrong(List::new(inner.clone()), values.clone()).is_empty());
        let schema = Dictionary::new().required("a", List::new(inner)).required("b", Integer::new());
        assert_eq!(wrong(schema, map([("a", values), ("b", "x".into())])), ["INVALID Not an integer @ b"]);
    }
}

#[test]
fn a_list_that_is_too_long_is_no_option() {
    let short = List::new(Any::new([Schema::Null, Integer::new().into()])).max_length(1);
    let any = Any::new([Schema::from(short), List::new(Anything::new()).min_length(3).into()]);
    assert_eq!(wrong(any.clone(), list([1, 2])), ["INVALID List is longer than 1", "INVALID List is shorter than 3"]);
    assert!(wrong(any, list([1, 2, 3])).is_empty());
}

/// Nested options are tried as often as they are deep; trying them anew at every level would be twice as often with
/// each.
#[test]
fn nested_options_cost_no_more_than_their_depth() {
    const DEPTH: usize = 60;
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = {
        let seen = Arc::clone(&seen);
        BooleanValidator::new("", "no", move |_| {
            seen.fetch_add(1, Ordering::Relaxed);
            false
        })
    };
    let (mut schema, mut body) = (Schema::from(counter), Value::Null);
    for _ in 0..DEPTH {
        schema = Any::new([Schema::from(Dictionary::new().required("a", schema)), Schema::Null]).into();
        body = map([("a", body)]);
    }
    let violations = schema.validate(&raw(&body));
    assert_eq!(violations.len(), DEPTH + 1);
    assert_eq!(seen.load(Ordering::Relaxed), DEPTH + 1);
}

#[test]
fn schemas_may_be_as_deep_as_bodies() {
    let (mut schema, mut body) = (Schema::from(Integer::new()), Value::from("x"));
    let levels = MAX_DEPTH / 2;
    for _ in 0..levels {
        schema = All::new([Schema::nullable(List::new(schema))]).into();
        schema = Any::new([Schema::deprecated(Dictionary::new().required("k", schema))]).into();
        body = map([("k", list([body]))]);
    }
    assert_eq!(wrong(schema, body), [format!("INVALID Not an integer @ {}", vec!["k.0"; levels].join("."))]);
}

#[test]
fn the_switch_field_may_stand_deeper() {
    let schema = || {
        let accepts = Dictionary::new().required("h", Anything::new()).required("n", Integer::new());
        Polymorph::new("h.t").when("a", accepts).when(2, Anything::new())
    };
    let header = |header: Value| map([("n", Value::from("x")), ("h", header)]);
    assert_eq!(wrong(schema(), header(map([("t", "a")]))), ["INVALID Not an integer @ n"]);
    assert!(wrong(schema(), header(map([("t", 2.0)]))).is_empty());
    assert_eq!(wrong(schema(), header(map([("u", "a")]))), ["MISSING Missing key: t @ h.t"]);
    assert_eq!(wrong(schema(), header("a".into())), ["INVALID Not a dict @ h"]);
    assert_eq!(wrong(schema(), map([("t", "a")])), ["MISSING Missing key: h @ h"]);
    assert_eq!(wrong(List::new(schema()), list([map([("t", "a")])])), ["MISSING Missing key: h @ 0.h"]);
}

#[test]
fn the_last_switch_value_counts_where_there_are_two() {
    let branch = |value: &str| Dictionary::new().required("t", Constant::new([value]));
    let schema = Polymorph::new("t").when("a", branch("a")).when("b", Anything::new());
    assert!(wrong(schema.clone(), map([("t", "a"), ("t", "b")])).is_empty());
    assert_eq!(wrong(schema, map([("t", "b"), ("t", "a")])), ["UNKNOWN Value is not \"a\" @ t"]);
}

#[test]
fn a_default_takes_what_can_be_a_key() {
    let schema = Polymorph::new("t").otherwise(SchemalessDictionary::new());
    assert!(wrong(schema.clone(), map([("t", Value::Null)])).is_empty());
    assert!(wrong(schema.clone(), map([("t", "__default__")])).is_empty());
    let expected = "UNKNOWN Invalid switch value '['x', {'k': True}]'";
    assert_eq!(wrong(schema.clone(), map([("t", list(["x".into(), map([("k", true)])]))])), [expected]);
    assert_eq!(wrong(schema, map([("u", 1)])), ["MISSING Missing key: t @ t"]);
}

#[test]
fn an_option_may_be_a_polymorph() {
    let polymorph = Polymorph::new("t").when("a", Dictionary::new().required("t", UnicodeString::new()));
    let schema = List::new(Any::new([Schema::from(polymorph), Integer::new().into()]));
    let values = [map([("t", "a")]), 1.into(), map([("t", "b")]), map([("u", "a")]), Value::Null];
    let expected = [
        "UNKNOWN Invalid switch value 'b' @ 2",
        "INVALID Not an integer @ 2",
        "MISSING Missing key: t @ 3.t",
        "INVALID Not an integer @ 3",
        "INVALID Not a dict @ 4",
        "INVALID Not an integer @ 4",
    ];
    assert_eq!(wrong(schema, list(values)), expected);
}

#[test]
fn functions_see_the_whole_value() {
    let sorted = BooleanValidator::new("sorted", "Not sorted", |value| {
        value.as_list().is_some_and(|values| values.iter().map(Value::as_i64).is_sorted())
    });
    assert!(wrong(sorted.clone(), list([1, 2])).is_empty());
    assert_eq!(
        wrong(List::new(sorted), list([list([2, 1]), 3.into()])),
        ["INVALID Not sorted @ 0", "INVALID Not sorted @ 1"]
    );
}

#[test]
fn an_instance_of_no_class_is_nothing() {
    assert_eq!(wrong(ObjectInstance::new([]), list([1])), ["INVALID Not an instance of ()"]);
}

#[tokio::test]
async fn a_panic_of_a_check_is_answered() {
    async fn echo(body: Map) -> Result<Map, ActionError> {
        Ok(body)
    }
    let function = BooleanValidator::new("", "", |_| panic!("in a function"));
    let validator = AdditionalValidator::new("V", |_| panic!("in a validator"));
    let function = Dictionary::new().required("a", Any::new([function]));
    let validator = Dictionary::new().required("a", Anything::new()).additional_validator(validator);
    let service = Service::builder("checks")
        .action("function", Definition::of(echo).request_schema(function.clone()))
        .action("validator", Definition::of(echo).request_schema(validator))
        .action("response", Definition::of(echo).response_schema(function));
    let service = service.build().unwrap();
    for (action, place) in [("function", "function"), ("validator", "validator"), ("response", "function")] {
        let response = support::process(&service, support::job(&[action], json!({"a": 1}))).await;
        let error = support::one(response.actions[0].errors.clone());
        assert_eq!(error.code, "SERVER_ERROR");
        assert!(error.message.contains(&format!("in a {place}")), "{}", error.message);
    }
}

/// The original's class of amounts has no hash.
#[test]
fn lists_maps_and_amounts_are_not_hashable() {
    let amount = soa_common::Amount::new("EUR", 5).unwrap();
    for value in [list([1]), map([("a", 1)]), amount.into()] {
        assert_eq!(wrong(Hashable::new(), value), ["INVALID Value is not hashable"]);
    }
    assert!(wrong(List::new(Hashable::new()), list([Value::Null, 1.5.into(), "x".into()])).is_empty());
}

#[test]
fn a_switch_value_that_is_declared_again_is_declared_anew() {
    let polymorph = Polymorph::new("t").when("a", Integer::new()).otherwise(Integer::new());
    let polymorph = polymorph.when("a", Anything::new()).otherwise(Anything::new());
    assert_eq!(polymorph.contents_map.len(), 2);
    assert!(wrong(List::new(polymorph), list(["a", "b"].map(|kind| map([("t", kind)])))).is_empty());
}
