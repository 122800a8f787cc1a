//! What holds for every schema and every value.

use proptest::{collection::vec, prelude::*};
use soa_common::Value;
use soa_server::schema::{
    All, Any, Anything, Boolean, BooleanValidator, Constant, Dictionary, Float, Hashable, Integer, List, ObjectClass,
    ObjectInstance, Polymorph, Schema, SchemalessDictionary, Sequence, Set, Tuple, UnicodeString,
};

use crate::{
    containers::{list, map},
    typed_values::raw,
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// Options are tried without telling what is wrong with them, so this shows that both ways to walk agree.
    #[test]
    fn a_value_is_accepted_when_nothing_is_wrong_with_it(schema in schema(), value in value()) {
        let raw = raw(&value);
        let mut expected = schema.validate(&raw);
        let never = Schema::from(BooleanValidator::new("never", "never", |_| false));
        if !expected.is_empty() {
            expected.extend(never.validate(&raw));
        }
        prop_assert_eq!(Schema::from(Any::new([schema, never])).validate(&raw), expected);
    }

    #[test]
    fn all_that_is_wrong_with_a_value_is_told_wherever_it_stands(schema in schema(), value in value()) {
        let alone = schema.validate(&raw(&value));
        let twice = Schema::from(All::new([schema.clone(), schema.clone()])).validate(&raw(&value));
        prop_assert_eq!(twice, [alone.clone(), alone.clone()].concat());
        let body = map([("after", Value::Null), ("it", list([0.into(), value]))]);
        let it = Tuple::new([Anything::new().into(), schema]);
        let inside = Dictionary::new().required("it", it).required("after", Integer::new());
        let inside = Schema::from(inside).validate(&raw(&body));
        let moved = alone.into_iter().map(|violation| match violation.pointer.as_deref() {
            None | Some("") => violation.at("it.1"),
            Some(pointer) => { let pointer = format!("it.1.{pointer}"); violation.at(pointer) }
        });
        prop_assert_eq!(&inside[..inside.len() - 1], moved.collect::<Vec<_>>());
        prop_assert_eq!(inside.last().and_then(|violation| violation.pointer.as_deref()), Some("after"));
    }

    #[test]
    fn bytes_of_any_kind_are_accepted_or_refused(
        schema in schema(),
        value in value(),
        cut in any::<prop::sample::Index>(),
        byte: u8,
        rest in vec(any::<u8>(), 0..16),
    ) {
        let mut bytes = raw(&value);
        let place = cut.index(bytes.len());
        bytes[place] = byte;
        let _ = schema.validate(&bytes);
        bytes.truncate(cut.index(bytes.len() + 1));
        bytes.extend(rest);
        let _ = schema.validate(&bytes);
    }
}

/// Of few scalars, so that keys meet their declarations, and each other.
fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2..3_i64).prop_map(Value::from),
        (-2..3_i32).prop_map(|number| (f64::from(number) / 2.0).into()),
        Just(f64::NAN.into()),
        "[ab.]{0,2}".prop_map(Value::from),
        vec(0..3_u8, 0..2).prop_map(Value::from),
        Just(Value::Decimal("1.0".parse().unwrap())),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 40, 5, |inner| {
        let lists = vec(inner.clone(), 0..5).prop_map(Value::List);
        prop_oneof![lists, vec((scalar(), inner), 0..5).prop_map(map)]
    })
}

/// A field with these lengths.
macro_rules! sized {
    ($field:expr, $min_length:ident, $max_length:ident) => {{
        let mut field = $field;
        (field.min_length, field.max_length) = ($min_length, $max_length);
        Schema::from(field)
    }};
}

fn schema() -> impl Strategy<Value = Schema> {
    let leaf = prop_oneof![
        Just(Anything::new().into()),
        Just(Hashable::new().into()),
        Just(Schema::Null),
        Just(Boolean::new().into()),
        Just(Integer::new().gte(0).into()),
        Just(Float::new().lt(1).into()),
        Just(UnicodeString::new().min_length(1).into()),
        vec(scalar(), 0..3).prop_map(|values| Constant::new(values).into()),
        Just(ObjectInstance::new([ObjectClass::Dict]).into()),
        Just(
            BooleanValidator::new("list", "Not a list of two", |value| value.as_list().is_some_and(|v| v.len() == 2))
                .into()
        ),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let length = || prop::option::of(0..3_usize);
        let several = || vec(inner.clone(), 0..4);
        let keyed = || vec((scalar(), inner.clone(), any::<bool>()), 0..4);
        prop_oneof![
            inner.clone().prop_map(Schema::nullable),
            inner.clone().prop_map(Schema::deprecated),
            several().prop_map(|schemas| Any::new(schemas).into()),
            several().prop_map(|schemas| All::new(schemas).into()),
            several().prop_map(|schemas| Tuple::new(schemas).into()),
            (inner.clone(), length(), length())
                .prop_map(|(contents, min_length, max_length)| { sized!(List::new(contents), min_length, max_length) }),
            (inner.clone(), length(), length())
                .prop_map(|(contents, min_length, max_length)| { sized!(Set::new(contents), min_length, max_length) }),
            (inner.clone(), length(), length()).prop_map(|(contents, min_length, max_length)| {
                sized!(Sequence::new(contents), min_length, max_length)
            }),
            (inner.clone(), inner.clone(), length(), length()).prop_map(|(keys, values, min_length, max_length)| {
                sized!(SchemalessDictionary::new().keys(keys).values(values), min_length, max_length)
            }),
            (keyed(), any::<bool>()).prop_map(|(keyed, allow_extra_keys)| {
                let mut dictionary =
                    keyed.into_iter().fold(Dictionary::new(), |all, (key, schema, is_optional)| match is_optional {
                        true => all.optional(key, schema),
                        false => all.required(key, schema),
                    });
                dictionary.allow_extra_keys = allow_extra_keys;
                dictionary.into()
            }),
            ("[ab]{1}(\\.[ab])?", keyed()).prop_map(|(field, keyed)| {
                let polymorph = Polymorph::new(field);
                keyed.into_iter().fold(polymorph, |all, (value, schema, _)| all.when(value, schema)).into()
            }),
        ]
    })
}
