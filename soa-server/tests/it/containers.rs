//! What is wrong with lists, sets, sequences, tuples and maps, where the recorded cases do not go.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde::Deserialize;
use soa_common::{Body, Date, Map, Value};
use soa_server::schema::{
    AdditionalValidator, Any, Anything, BooleanValidator, Dictionary, Integer, List, Schema, SchemalessDictionary,
    Sequence, Set, Tuple, UnicodeString, Violation,
};

use crate::typed_values::raw;

/// All that is wrong, as `code message @ pointer`.
pub(crate) fn wrong(schema: impl Into<Schema>, value: impl Into<Value>) -> Vec<String> {
    let violations = schema.into().validate(&raw(&value.into()));
    let lines = violations.into_iter().map(|Violation { code, message, pointer, .. }| match pointer {
        Some(pointer) => format!("{code} {message} @ {pointer}"),
        None => format!("{code} {message}"),
    });
    lines.collect()
}

pub(crate) fn list<V: Into<Value>>(values: impl IntoIterator<Item = V>) -> Value {
    Value::List(values.into_iter().map(Into::into).collect())
}

pub(crate) fn map<K: Into<Value>, V: Into<Value>>(entries: impl IntoIterator<Item = (K, V)>) -> Value {
    Value::Map(entries.into_iter().collect())
}

#[test]
fn violations_come_in_the_order_of_declaration_whatever_the_order_of_the_keys() {
    let schema = Dictionary::new()
        .required("a", Integer::new())
        .required("b", Integer::new())
        .optional("c", List::new(Integer::new()))
        .required(7, Integer::new())
        .required("d", Integer::new());
    let bad = || list(["x", "y"]);
    let expected = [
        "INVALID Not an integer @ a",
        "MISSING Missing key: b @ b",
        "INVALID Not an integer @ c.0",
        "INVALID Not an integer @ c.1",
        "MISSING Missing key: 7 @ 7",
        "INVALID Not an integer @ d",
        "UNKNOWN Extra keys present: y, z",
    ];
    let entries = [("a", bad()), ("c", bad()), ("d", bad()), ("y", Value::Null), ("z", Value::Null)];
    for first in 0..entries.len() {
        let mut entries = entries.clone();
        entries.rotate_left(first);
        assert_eq!(wrong(schema.clone(), map(entries.clone())), expected);
        entries.reverse();
        assert_eq!(wrong(schema.clone(), map(entries)), expected);
    }
    assert_eq!(wrong(List::new(schema), list([map(entries)]))[2], "INVALID Not an integer @ 0.c.0");
}

#[test]
fn a_dictionary_may_declare_any_number_of_keys() {
    let keys = || (0..1300).map(|number| format!("k{number}"));
    let schema = keys().fold(Dictionary::new(), |schema, key| schema.required(key, Integer::new()));
    assert!(wrong(schema.clone(), map(keys().map(|key| (key, 1)))).is_empty());
    assert!(wrong(schema.clone(), map(keys().rev().map(|key| (key, 1)))).is_empty());
    let all_but_one = keys().filter(|key| key != "k1299").map(|key| (key, 1));
    assert_eq!(wrong(schema, map(all_but_one)), ["MISSING Missing key: k1299 @ k1299"]);
}

#[test]
fn a_key_that_is_declared_again_is_declared_anew() {
    let schema = Dictionary::new().required("a", Integer::new()).required("b", Integer::new());
    let schema = schema.optional("a", UnicodeString::new());
    assert_eq!(schema.contents.len(), 2);
    assert!(wrong(schema.clone(), map([("b", 1)])).is_empty());
    assert_eq!(wrong(schema, map([("a", 1), ("b", 1)])), ["INVALID Not a unicode string @ a"]);
}

#[test]
fn declared_keys_are_equal_as_in_python() {
    let schema = Dictionary::new().required(1, Integer::new()).required("1", Integer::new());
    for one in [Value::from(1), Value::from(true), Value::from(1.0)] {
        assert!(wrong(schema.clone(), map([(one, 5), ("1".into(), 5)])).is_empty());
    }
    assert_eq!(wrong(schema, map([("1", 5)])), ["MISSING Missing key: 1 @ 1"]);
}

/// Readers differ in what they make of a key that is there twice, and all of them are given what was checked.
#[test]
fn every_value_of_a_key_that_is_there_twice_is_checked() {
    #[derive(Debug, Deserialize)]
    struct Struct {
        #[serde(rename = "n")]
        _n: Value,
    }
    let body = Body::from_msgpack(raw(&map([("n", Value::from("x")), ("n", 1.into())])).into()).unwrap();
    assert_eq!(body.get("n"), Some(1.into()));
    assert_eq!(body.clone().into_map().get("n"), Some(&1.into()));
    assert_eq!(body.decode::<BTreeMap<String, Value>>().unwrap(), BTreeMap::from([("n".to_owned(), 1.into())]));
    assert_eq!(body.decode::<Map>().unwrap().iter().count(), 2);
    assert_eq!(body.decode::<Struct>().unwrap_err().to_string(), "a key that is there twice: n");

    let dictionary = || Dictionary::new().required("n", Integer::new()).required("m", Anything::new());
    let twice = |first: &str| {
        let values = if first == "x" { [Value::from("x"), 1.into()] } else { [1.into(), Value::from("x")] };
        let [a, b] = values;
        map([("n", a), ("m", Value::Null), ("n", b)])
    };
    for first in ["x", "1"] {
        assert_eq!(wrong(dictionary(), twice(first)), ["INVALID Not an integer @ n"]);
        let schema = SchemalessDictionary::new().values(Schema::nullable(Integer::new()));
        assert_eq!(wrong(schema, twice(first)), ["INVALID Not an integer @ n"]);
    }
    assert!(wrong(dictionary(), map([("n", 1), ("n", 2), ("m", 3)])).is_empty());
}

#[test]
fn a_key_or_a_member_that_is_there_twice_counts_once() {
    let at_most_two = SchemalessDictionary::new().max_length(2);
    let one = || [Value::from(1), true.into(), 1.0.into()].map(|key| (key, 0));
    assert!(wrong(at_most_two.clone(), map(one())).is_empty());
    assert_eq!(
        wrong(at_most_two, map(["a", "b", "c"].map(|key| (key, 0)))),
        ["INVALID Dict contains more than 2 value(s)"]
    );
    let at_least_two = SchemalessDictionary::new().min_length(2);
    assert_eq!(wrong(at_least_two.clone(), map(one())), ["INVALID Dict contains fewer than 2 value(s)"]);
    assert!(wrong(at_least_two, map(one().into_iter().chain([("x".into(), 0)]))).is_empty());

    let set = |min, max| Set::new(Anything::new()).min_length(min).max_length(max);
    assert!(wrong(set(1, 1), list(["a", "a"])).is_empty());
    assert_eq!(wrong(set(0, 1), list(["a", "b", "a"])), ["INVALID List is longer than 1"]);
    assert_eq!(wrong(set(2, 9), list(["a", "a"])), ["INVALID List is shorter than 2"]);
    for many in [16, 17, 300] {
        assert!(wrong(set(many, many), list(0..many as i64)).is_empty());
        let all_but_one = (1..many as i64).chain([1]);
        assert_eq!(wrong(set(many, many), list(all_but_one)), [format!("INVALID List is shorter than {many}")]);
    }
}

#[test]
fn extra_keys_of_all_kinds_have_an_order() {
    let date = Date::new(2020, 1, 1).unwrap();
    let keys = [
        Value::from("b"),
        "a".into(),
        b"z".to_vec().into(),
        2.into(),
        true.into(),
        1.5.into(),
        1.into(),
        f64::NAN.into(),
        f64::NEG_INFINITY.into(),
        Value::Null,
        date.into(),
    ];
    for first in 0..keys.len() {
        let mut keys = keys.clone();
        keys.rotate_left(first);
        let one = if keys.iter().position(|key| *key == true.into()) < keys.iter().position(|key| *key == 1.into()) {
            "True"
        } else {
            "1"
        };
        let expected = format!("UNKNOWN Extra keys present: None, -inf, {one}, 1.5, 2, nan, 2020-01-01, b'z', a, b");
        assert_eq!(wrong(Dictionary::new(), map(keys.map(|key| (key, 0)))), [expected]);
    }
    // Sorting must not panic on what has no order.
    let floats = (0..1000).map(|number| if number % 3 == 0 { f64::NAN } else { f64::from(number * 7919 % 1000) });
    assert_eq!(wrong(Dictionary::new(), map(floats.map(|key| (key, 0)))).len(), 1);
}

/// Comparing each key or member with a long one would keep this test from ending.
#[test]
fn long_keys_and_members_among_many_take_little_time() {
    let decimal = || Value::Decimal(format!("5.{:0>65000}", 0).parse().unwrap());
    let keys = (0..60_000).map(|index| if index % 5_000 == 0 { decimal() } else { 5.into() });
    let body = map(keys.clone().map(|key| (key, 0)));
    assert_eq!(wrong(Dictionary::new(), body).len(), 1);
    assert_eq!(wrong(Set::new(Anything::new()).min_length(2), list(keys)), ["INVALID List is shorter than 2"]);
    let long = || list((0..60_000).map(|_| 0));
    let members = (0..60_000).map(|index| if index % 10_000 == 0 { long() } else { list([0]) });
    assert_eq!(wrong(Set::new(Anything::new()).min_length(3), list(members)), ["INVALID List is shorter than 3"]);
}

#[test]
fn a_long_path_is_not_told_for_each_of_many_missing_keys() {
    let keys = (0..1_000).map(|number| number.to_string());
    let inner = keys.fold(Dictionary::new(), |all, key| all.required(key, Anything::new()));
    let schema = SchemalessDictionary::new().values(inner);
    let body = map([("k".repeat(100_000), map([(); 0].map(|()| ("", 0))))]);
    let lines = wrong(schema, body);
    assert!(lines.iter().map(String::len).sum::<usize>() < 5_000_000);
    assert_eq!(lines.last().unwrap(), "INVALID More is wrong than can be told");
}

#[test]
fn sequences_are_lists_texts_and_bytes() {
    let characters = |max| Sequence::new(UnicodeString::new().max_length(1)).max_length(max);
    assert!(wrong(characters(4), "aé€😀").is_empty());
    assert_eq!(wrong(characters(3), "aé€😀"), ["INVALID List is longer than 3"]);
    assert!(wrong(characters(4), list(["a", "é"])).is_empty());
    let low = Sequence::new(Integer::new().lt(128));
    assert_eq!(
        wrong(low.clone(), vec![0, 127, 128, 255]),
        ["INVALID Value not < 128 @ 2", "INVALID Value not < 128 @ 3"]
    );
    assert_eq!(wrong(List::new(low), list(["é"])), ["INVALID Not an integer @ 0.0"]);
    // A text of one character is a sequence of itself.
    let deep = Sequence::new(Sequence::new(Sequence::new(Integer::new())));
    assert_eq!(wrong(deep, "ab"), ["INVALID Not an integer @ 0.0.0", "INVALID Not an integer @ 1.0.0"]);
}

#[test]
fn members_of_sets_are_pointed_at_by_what_they_are() {
    let members = list([Value::from(1), "x".into(), b"y".to_vec().into(), Value::Null]);
    let schema = Dictionary::new().required("s", Set::new(Integer::new()));
    let expected = ["[x]", "[b'y']", "[None]"].map(|member| format!("INVALID Not an integer @ s.{member}"));
    assert_eq!(wrong(schema, map([("s", members)])), expected);
}

#[test]
fn additional_validators_run_when_nothing_else_is_wrong() {
    let validator = |runs: &Arc<AtomicUsize>| {
        let runs = Arc::clone(runs);
        AdditionalValidator::new("V", move |value| {
            runs.fetch_add(1, Ordering::Relaxed);
            let says = |pointer: Option<&str>| match pointer {
                Some(pointer) => Violation::new("V", format!("saw {value}")).at(pointer),
                None => Violation::new("V", format!("saw {value}")),
            };
            vec![says(None), says(Some("")), says(Some("x.y"))]
        })
    };
    let runs = Arc::new(AtomicUsize::new(0));
    let v = || validator(&runs);
    let one = || list([1]);
    let cases: [(Schema, Value, Value); 6] = [
        (List::new(Integer::new()).additional_validator(v()).into(), one(), list(["x"])),
        (Sequence::new(Integer::new()).additional_validator(v()).into(), one(), "x".into()),
        (Set::new(Integer::new()).additional_validator(v()).into(), one(), list(["x"])),
        (Tuple::new([Integer::new()]).additional_validator(v()).into(), one(), list([1, 2])),
        (
            Dictionary::new().required("a", Integer::new()).additional_validator(v()).into(),
            map([("a", 1)]),
            map([("a", 1), ("b", 2)]),
        ),
        (
            SchemalessDictionary::new().min_length(1).additional_validator(v()).into(),
            map([("a", 1)]),
            map([(); 0].map(|()| ("", 0))),
        ),
    ];
    for (schema, good, bad) in cases {
        let schema = Dictionary::new().required("k", schema);
        let before = runs.load(Ordering::Relaxed);
        let expected = ["k", "k", "k.x.y"].map(|pointer| format!("V saw {good} @ {pointer}"));
        assert_eq!(wrong(schema.clone(), map([("k", good)])), expected);
        assert_eq!(runs.load(Ordering::Relaxed), before + 1);
        assert!(wrong(schema, map([("k", bad)])).iter().all(|line| !line.starts_with('V')));
        assert_eq!(runs.load(Ordering::Relaxed), before + 1);
    }
}

#[test]
fn something_wrong_before_a_container_does_not_keep_its_validator_from_running() {
    let validator = AdditionalValidator::new("V", |_| vec![Violation::new("V", "seen")]);
    let inner = List::new(Integer::new()).additional_validator(validator);
    let schema = Tuple::new([Schema::from(Integer::new()), inner.into()]);
    assert_eq!(wrong(schema, list([Value::Null, list([1])])), ["INVALID Not an integer @ 0", "V seen @ 1"]);
}

/// Work is counted by a function at the bottom of the schema: it sees each value of the body once.
#[test]
fn each_value_is_checked_once_in_whatever_order_the_keys_come() {
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = {
        let seen = Arc::clone(&seen);
        BooleanValidator::new("", "", move |_| {
            seen.fetch_add(1, Ordering::Relaxed);
            true
        })
    };
    let keys = ["a", "b", "c"];
    let (mut schema, mut body) = (Schema::from(counter), Value::Null);
    for _ in 0..7 {
        schema = keys.iter().fold(Dictionary::new(), |outer, key| outer.required(*key, schema.clone())).into();
        body = map(keys.iter().rev().map(|key| (*key, body.clone())));
    }
    assert!(schema.validate(&raw(&body)).is_empty());
    assert_eq!(seen.load(Ordering::Relaxed), 3_usize.pow(7));
}

#[test]
fn what_is_not_messagepack_is_one_violation() {
    let schema = Schema::from(List::new(Dictionary::new().required("a", Integer::new())));
    for bytes in [&b""[..], b"\x92\x80", b"\x91\x81\x90\x00", b"\xdd\xff\xff\xff\xff", b"\x91\xdf\xff\xff\xff\xff"] {
        let violations = schema.validate(bytes);
        assert_eq!(violations.len(), 1, "{bytes:?}: {violations:?}");
        assert_eq!(violations[0].pointer, None);
    }
}

/// A long key would stand in the pointer of each of many elements.
#[test]
fn a_small_body_gives_no_huge_report() {
    let body = map([("k".repeat(100_000), list((0..50_000).map(|_| "x")))]);
    let lists = SchemalessDictionary::new().values(List::new(Integer::new()));
    for schema in [Schema::from(lists.clone()), Any::new([lists, SchemalessDictionary::new().max_length(0)]).into()] {
        let lines = wrong(schema, body.clone());
        assert!(lines.iter().map(String::len).sum::<usize>() < 5_000_000);
        assert_eq!(lines.last().unwrap(), "INVALID More is wrong than can be told");
    }
    let entries = ["b", "a"].map(|key| (key, list((0..50_000).map(|_| "x"))));
    let dictionary =
        entries.iter().fold(Dictionary::new(), |all, (key, _)| all.required(*key, List::new(Integer::new())));
    let lines = wrong(dictionary, map(entries));
    assert_eq!(lines[0], "INVALID Not an integer @ b.0");
    assert_eq!(lines.last().unwrap(), "INVALID More is wrong than can be told");
}
