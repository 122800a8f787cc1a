//! Texts with a form, places and money.

use serde_json::json;

use super::{Values, values};

pub(super) fn places() -> Vec<Values> {
    vec![
        values(
            "email",
            [
                json!("a.b+c@example.com"),
                json!("\"ab\"@x.org"),
                json!("a@localhost"),
                json!("a@[127.0.0.1]"),
                json!("a@[::1]"),
                json!("a@b\u{fc}cher.example"),
            ],
            [
                json!(""),
                json!("a@b@c.de"),
                json!("nobody"),
                json!("@"),
                json!("a b@c.com"),
                json!("a@"),
                json!("a@-b.com"),
                json!("a@[1.2.3]"),
                json!("\u{e9}@c.com"),
                json!("a@b\u{fc}cher"),
                json!("@c.com"),
                json!("a..b@c.com"),
                json!("a@c.com\n"),
                json!(5),
            ],
        ),
        values(
            "own_email",
            [json!("a@office"), json!("a@b.cd")],
            [json!("a@localhost"), json!(" "), json!(format!("{}@b.cd", "a".repeat(30))), json!("a@")],
        ),
        values("ip", [json!("1.2.3.4"), json!("::1")], [json!("1.2.3"), json!("g::"), json!(5), json!("")]),
        values(
            "ipv4",
            [json!("0.0.0.0"), json!("255.001.1.1")],
            [json!("256.1.1.1"), json!("1.1.1.1 "), json!("::1"), json!(1.1)],
        ),
        values(
            "ipv6",
            [json!("::"), json!("2001:DB8::1"), json!("::ffff:1.2.3.4"), json!("1:2:3:4:5:6:7:8")],
            [
                json!("1.2.3.4"),
                json!("1::2::3"),
                json!(":::"),
                json!(":1"),
                json!("1:"),
                json!("1:2:3:4:5:6:7:8:9"),
                json!("1:2"),
                json!("::1.2.3.4:5"),
                json!("::1.2.3.999"),
                json!("::12345"),
                json!("::g"),
                json!(null),
            ],
        ),
        values("latitude", [json!(-90), json!(89.9)], [json!(90.1), json!(-91), json!("0"), json!({"$float": "inf"})]),
        values("west", [json!(-180), json!(-0.5)], [json!(0), json!(-180.5), json!(181)]),
        values("country", [json!("DE"), json!("AQ")], [json!("de"), json!("XX"), json!(""), json!(49), json!(null)]),
        values("some_country", [json!("US")], [json!("FR"), json!({"US": 1})]),
    ]
}

pub(super) fn money() -> Vec<Values> {
    vec![
        values("amount", [json!({"$amount": ["JPY", -5]})], [json!("USD,5"), json!(5), json!({"$decimal": "5"})]),
        values(
            "price",
            [json!({"$amount": ["USD", 1]}), json!({"$amount": ["EUR", 100_000]})],
            [
                json!({"$amount": ["USD", 0]}),
                json!({"$amount": ["JPY", 100_001]}),
                json!({"$amount": ["GBP", 5]}),
                json!(null),
            ],
        ),
        values(
            "amount_string",
            [json!("USD,-5"), json!("EUR:999"), json!("EUR: 1_0\n")],
            [
                json!("USD,-6"),
                json!("GBP:1000"),
                json!("usd,5"),
                json!("USD"),
                json!("USD,1,2"),
                json!("USD,x y"),
                json!("USD,"),
                json!("USD,1.0"),
                json!(5),
            ],
        ),
        values(
            "any_amount_string",
            [json!("BHD,1"), json!("JPY:-99999999999999999999")],
            [json!("XXY,1"), json!(",1"), json!("")],
        ),
        values(
            "amount_request",
            [json!({"currency": "USD", "value": 0})],
            [
                json!({"currency": "GBP", "value": 100}),
                json!({"value": -1}),
                json!({"currency": null, "value": 1.5, "display": ""}),
                json!([]),
            ],
        ),
        values(
            "amount_response",
            [json!({"currency": "USD", "value": -1, "major_value": "-0.01"})],
            [
                json!({"currency": "USD", "value": 1, "display": 5}),
                json!({"currency": "ZZZ", "value": "1", "major_value": "", "x": 1}),
            ],
        ),
        values("currency", [json!("CHF")], [json!("chf"), json!(""), json!(756)]),
        values("some_currency", [json!("EUR")], [json!("USD"), json!(["EUR"])]),
    ]
}
