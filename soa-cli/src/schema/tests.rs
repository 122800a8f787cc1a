use proptest::{
    collection::vec,
    prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof, proptest},
    sample::select,
};

use super::*;
use crate::{text::steers, tree};

const TYPES: &[&str] = &[
    "unicode",
    "integer",
    "date",
    "constant",
    "currency_code_field",
    "currint.Amount",
    "email_address",
    "list",
    "tuple",
    "dictionary",
    "schemaless_dictionary",
    "nullable",
    "any",
    "all",
    "polymorph",
    "boolean_validator",
    "later",
];

const KEYS: &[&str] = &[
    "type",
    "description",
    "contents",
    "optional_keys",
    "display_order",
    "allow_extra_keys",
    "allow_blank",
    "gte",
    "lt",
    "min_length",
    "values",
    "valid_currencies",
    "nullable",
    "options",
    "requirements",
    "switch_field",
    "contents_map",
    "key_type",
    "value_type",
    "deprecated",
    "domain_whitelist",
    "more",
];

/// Schemas, and what is nearly one.
fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,40}|[\u{0}-\u{9f}\u{202e} ]{0,9}".prop_map(Value::from),
        select(TYPES).prop_map(|kind| Map::from([("type", kind)]).into()),
    ];
    leaf.prop_recursive(6, 60, 6, |inner: BoxedStrategy<Value>| {
        let entries = vec((select(KEYS), inner.clone()), 0..6);
        prop_oneof![
            2 => (select(TYPES), entries.clone()).prop_map(|(kind, entries)| {
                [("type", kind.into())].into_iter().chain(entries).collect::<Map>().into()
            }),
            1 => vec((inner.clone(), inner.clone()), 0..4).prop_map(|entries| entries.into_iter().collect::<Map>().into()),
            1 => vec(inner, 0..14).prop_map(Value::from),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_a_service_answers_is_shown_and_steers_no_terminal(schema in schema()) {
        let mut text = String::new();
        tree::write(&mut text, &[node("request", schema)], 2, 40);
        let mut shown = String::new();
        let mut styled = text.split("\u{1b}[");
        shown.push_str(styled.next().unwrap_or_default());
        for part in styled {
            shown.push_str(part.split_once('m').unwrap().1);
        }
        assert!(shown.starts_with("  request"), "{shown}");
        assert!(!shown.contains(steers), "{shown:?}");
        assert!(shown.lines().skip(1).all(|line| line.is_empty() || line.starts_with("    ")), "{shown}");
    }
}
