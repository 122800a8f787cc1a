//! Texts with a form, numbers as texts, places and money: what Conformity answers to generated texts, and what no text may do.

use proptest::prelude::*;
use serde_json::Value as Json;
use soa_common::{Amount as Money, Value};
use soa_server::schema::{
    Amount, AmountString, CountryCode, CurrencyCode, Dictionary, EmailAddress, Integer, IpAddress, Ipv4Address,
    Ipv6Address, Schema, UnicodeDecimal, Violation,
};

use crate::{containers::map, typed_values::raw};

/// Rows of a kind, a text, and the message and pointer of each error; recorded from Conformity 1.28.2.
const RECORDED: &str = include_str!("../vectors/forms.json");

#[test]
fn texts_give_the_recorded_errors() {
    let rows: Vec<(String, String, Json)> = serde_json::from_str(RECORDED).unwrap();
    let mut wrong = Vec::new();
    for (kind, text, expected) in &rows {
        let errors = field(kind).validate(&raw(&text.as_str().into()));
        let errors: Vec<_> = errors.iter().map(|error| serde_json::json!([error.message, error.pointer])).collect();
        if Json::from(errors.as_slice()) != *expected {
            wrong.push(format!("{kind} {text:?}: {errors:?} instead of {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong[..wrong.len().min(60)].join("\n"));
}

fn field(kind: &str) -> Schema {
    match kind {
        "email" => EmailAddress::new().into(),
        "ipv4" => Ipv4Address::new().into(),
        "ipv6" => Ipv6Address::new().into(),
        "decimal" => UnicodeDecimal::new().into(),
        "amount" => AmountString::new().into(),
        kind => panic!("unknown kind {kind}"),
    }
}

fn messages(schema: impl Into<Schema>, value: impl Into<Value>) -> Vec<String> {
    schema.into().validate(&raw(&value.into())).into_iter().map(|violation| violation.message).collect()
}

#[test]
fn codes_outside_a_list_are_unknown() {
    let all = messages(CurrencyCode::new(), "usd");
    assert!(all[0].starts_with("Value is not one of: \"AED\", \"AFN\", ") && all[0].ends_with(", \"ZWL\""), "{all:?}");
    assert_eq!(messages(CurrencyCode::new().values(["EUR"]), "USD"), ["Value is not \"EUR\""]);
    assert_eq!(messages(CountryCode::new(), "XX"), ["Not a valid country code"]);
    assert_eq!(messages(CountryCode::new().values(["DE"]), "US"), ["Not a valid country code"]);
    let violation = &Schema::from(CountryCode::new()).validate(&raw(&"".into()))[0];
    assert_eq!(violation, &Violation::new("UNKNOWN", "Not a valid country code"));
}

#[test]
fn numbers_of_any_size_are_compared() {
    for (text, errors) in [
        ("EUR,18446744073709551616", 1),
        ("EUR,18446744073709551615", 0),
        ("EUR,-9223372036854775808", 0),
        ("EUR,-9223372036854775809", 1),
        (&format!("EUR,-{}", "9".repeat(4300)), 1),
    ] {
        assert_eq!(messages(AmountString::new().gte(i64::MIN).lte(u64::MAX), text).len(), errors, "{text}");
    }
}

#[test]
fn no_currencies_mean_all() {
    let amount = Money::new("JPY", 5).unwrap();
    assert_eq!(messages(Amount::new().valid_currencies([""; 0]), amount), [""; 0]);
    assert_eq!(messages(Amount::new(), Money::new("XXX", 5).unwrap()), ["Not a valid currency code"]);
    let date = soa_common::Date::new(2020, 1, 1).unwrap();
    assert_eq!(messages(Amount::new(), date), ["Not a currint.Amount instance"]);
}

#[test]
fn dictionaries_of_amounts_are_those_of_conformity() {
    let request = Dictionary::amount_request([""; 0], Integer::new().gt(0)).description("The price");
    assert_eq!(request.description.as_deref(), Some("The price"));
    let body = |currency: &str, value: i64| map([("currency", Value::from(currency)), ("value", value.into())]);
    assert_eq!(messages(request.clone(), body("ZWL", 1)), [""; 0]);
    assert_eq!(messages(request, body("XXX", 0)).len(), 2);
    let response = Dictionary::amount_response();
    assert_eq!(messages(response.clone(), body("EUR", -1)), ["Missing key: major_value", "Missing key: display"]);
    assert_eq!(messages(response.make_optional("display"), body("EUR", 1)), ["Missing key: major_value"]);
}

/// Work that grows faster than a text would keep this test from ending.
#[test]
fn long_texts_are_refused() {
    for (text, kind) in [
        (format!("a@{}.com", "ü".repeat(1 << 17)), "email"),
        (format!("a@{}", ".".repeat(1 << 17)), "email"),
        (format!("a@{}", "ü.".repeat(1 << 17)), "email"),
        (format!("a@ü{}.de", "\u{301}\u{316}".repeat(1 << 16)), "email"),
        (format!("\"{}@b.de", "\\".repeat(1 << 17)), "email"),
        (format!("{}a b@b.de", "a.".repeat(1 << 17)), "email"),
        ("@".repeat(1 << 17), "email"),
        ("1.".repeat(1 << 17), "ipv4"),
        (":".repeat(1 << 17), "ipv6"),
        (format!("::{}", "f".repeat(1 << 17)), "ipv6"),
        (format!("EUR,{}", "1".repeat(1 << 17)), "amount"),
        (",".repeat(1 << 17), "amount"),
    ] {
        assert_eq!(field(kind).validate(&raw(&text.as_str().into())).len(), 1, "{kind}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC*|[-+_.:,@0-9a-fx\"\\\\ \u{660}\u{3002}\u{5d0}üK]*", domain in "\\PC{0,9}") {
        for kind in ["email", "ipv4", "ipv6", "amount"] {
            prop_assert!(field(kind).validate(&raw(&text.as_str().into())).len() <= 1);
        }
        let ip = messages(IpAddress::new(), text.as_str());
        prop_assert!(ip.is_empty() || ip.len() == 2);
        messages(EmailAddress::new(), format!("{text}@{domain}"));
        messages(EmailAddress::new(), format!("a@{domain}.com"));
    }
}
