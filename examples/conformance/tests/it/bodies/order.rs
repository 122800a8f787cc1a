//! The body of an order.

use serde_json::json;

use super::{Values, values};

/// The keys of `order`. The ones that are required come first.
pub(crate) fn order() -> Vec<Values> {
    let line = |pieces: i64| json!({"article": "A-1", "pieces": pieces});
    let place = |north: f64, country: &str| json!({"article": "", "pieces": 1, "place": {"north": north, "east": 0.5, "country": country}});
    vec![
        values(
            "customer",
            [json!("Ann"), json!("\u{1f600}\u{1f600}")],
            [json!(""), json!("  "), json!("x".repeat(41)), json!(null)],
        ),
        values(
            "lines",
            [json!([line(1), line(99)]), json!([place(-90.0, "DE"), {"article": "x", "pieces": 5, "place": null}])],
            [
                json!([]),
                json!([line(1), line(0), line(100), line(5)]),
                json!([place(90.5, "XX"), {"pieces": "5", "price": 1}, 7]),
                json!({"0": line(1)}),
            ],
        ),
        values(
            "payment",
            [
                json!({"kind": "card", "holder": "Ann", "last_digits": "1234"}),
                json!({"days": 60, "kind": "invoice"}),
                json!({"kind": "cash_in_hand"}),
            ],
            [
                json!({"kind": "card", "last_digits": "12345"}),
                json!({"kind": "invoice", "days": 61}),
                json!({"kind": "cash_in_hand", "tip": 5}),
                json!({"kind": "cheque"}),
                json!({"kind": "Card", "holder": ""}),
            ],
        ),
        values(
            "delivery",
            [json!("pickup"), json!({"courier": {"express": true}}), json!({"boxes": [0, 65_535]})],
            [
                json!("Pickup"),
                json!({"courier": {}}),
                json!({"boxes": [65_536, "x"]}),
                json!({}),
                json!(null),
                json!({"pickup": null}),
            ],
        ),
        values(
            "reference",
            [json!(0), json!(u64::MAX), json!("R-5")],
            [json!(-1), json!(null), json!(5.0), json!(["R"])],
        ),
        values(
            "placed",
            [json!({"$datetime_utc": "2020-01-31T23:59:59.000001"})],
            [json!({"$date": "2020-01-31"}), json!("2020-01-31T23:59:59Z")],
        ),
        values("total", [json!({"$amount": ["EUR", 1599]})], [json!(1599), json!(null), json!("EUR,1599")]),
        values(
            "weight",
            [json!({"$decimal": "0.00"}), json!({"$decimal": "1E+3"})],
            [json!({"$decimal": "-0.01"}), json!(1.5)],
        ),
        values("email", [json!("ann@example.com"), json!(null)], [json!("ann"), json!(""), json!(5)]),
        values("priority", [json!("low"), json!("high")], [json!("Low"), json!(null), json!(1)]),
        values(
            "tags",
            [json!([]), json!([255, 0, 255, 1])],
            [json!([256, -1, 1.5]), json!([1, 2, 3, 4, 5]), json!(null), json!("a")],
        ),
        values(
            "shelves",
            [json!({}), json!({"$map": [[2, "y"], [10, "x"]]})],
            [json!({"10": "x"}), json!({"$map": [[-1, 5], [1, null]]}), json!([])],
        ),
        values("stock", [json!({"b": 5, "": -32_768})], [json!({"b": 32_768, "a": "x"}), json!({"$map": [[1, 1]]})]),
        values("discount", [json!(null), json!(0.25)], [json!(0.51), json!(-1), json!("0.1")]),
        values(
            "wanted",
            [json!(null), json!({"$date": "2020-02-29"})],
            [json!({"$datetime": "2020-02-29T00:00:00"}), json!("2020-02-29")],
        ),
    ]
}

/// How many keys of [`order`] are required.
pub(crate) const REQUIRED: usize = 8;
