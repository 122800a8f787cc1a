//! Fields of other crates' types: their schemas, and that they travel as the protocol's own.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use soa_common::{As, Body, Bytes, Integer, Map, Value, json::to_json};
use soa_server::schema::Schema;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Delivery {
    #[serde(with = "As::<soa_common::Date>")]
    #[schemars(extend("x-soa-gte" = "2020-01-01"))]
    day: NaiveDate,
    #[serde(with = "As::<soa_common::Time>")]
    at: NaiveTime,
    #[serde(with = "As::<soa_common::DateTime>")]
    local: NaiveDateTime,
    /// When it was paid.
    #[serde(default, with = "As::<Option<soa_common::UtcDateTime>>")]
    paid: Option<DateTime<Utc>>,
    #[serde(with = "As::<soa_common::Decimal>")]
    price: Decimal,
    #[serde(with = "As::<Vec<soa_common::Decimal>>")]
    rebates: Vec<Decimal>,
    #[serde(with = "As::<Bytes>")]
    #[schemars(length(max = 3))]
    label: Vec<u8>,
    #[serde(default, with = "As::<Option<Bytes>>")]
    photo: Option<Bytes>,
    #[serde(with = "As::<Bytes>")]
    digest: [u8; 2],
    any: Value,
    more: Map,
    #[schemars(range(min = -5))]
    count: Integer,
}

fn delivery() -> Delivery {
    let day = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    let at = NaiveTime::from_hms_micro_opt(1, 2, 3, 456_789).unwrap();
    Delivery {
        day,
        at,
        local: day.and_time(at),
        paid: Some(day.and_time(at).and_utc()),
        price: "1.50".parse().unwrap(),
        rebates: vec!["-0.1".parse().unwrap()],
        label: vec![0, 255],
        photo: None,
        digest: [1, 2],
        any: Value::Bytes(vec![1]),
        more: Map::from([("a", 1)]),
        count: u64::MAX.into(),
    }
}

#[test]
fn they_travel_as_the_types_of_the_protocol() {
    let delivery = delivery();
    let body = Body::encode(&delivery).unwrap();
    let people = json!({
        "day": "2024-02-29", "at": "01:02:03.456789", "local": "2024-02-29T01:02:03.456789",
        "paid": "2024-02-29T01:02:03.456789Z", "price": "1.50", "rebates": ["-0.1"], "label": {"$bytes": "AP8="},
        "photo": null, "digest": {"$bytes": "AQI="}, "any": {"$bytes": "AQ=="}, "more": {"a": 1},
        "count": u64::MAX,
    });
    assert_eq!(to_json(&body.to_value()), people);
    assert!(matches!(body.get("paid"), Some(Value::UtcDateTime(_))));
    assert!(matches!(body.get("price"), Some(Value::Decimal(_))));
    assert_eq!(body.decode::<Delivery>().unwrap(), delivery);
    assert_eq!(Schema::of::<Delivery>().unwrap().validate(&body.to_msgpack()), []);
    assert_eq!(Schema::of_output::<Delivery>().unwrap().validate(&body.to_msgpack()), []);
}

#[test]
fn an_option_may_be_absent() {
    let mut body = Body::encode(&delivery()).unwrap().into_map();
    body.remove("paid");
    assert_eq!(Body::from(body).decode::<Delivery>().unwrap(), Delivery { paid: None, ..delivery() });
}

#[test]
fn decimals_are_read_in_every_notation() {
    for (digits, expected) in [("1E+3", "1000"), ("1.50E-3", "0.00150"), ("-2e1", "-20"), ("+.5", "0.5"), ("7.E0", "7")]
    {
        let mut body = Body::encode(&delivery()).unwrap().into_map();
        body.insert("price", Value::Decimal(digits.parse().unwrap()));
        let price = Body::from(body).decode::<Delivery>().unwrap().price;
        assert_eq!(price, expected.parse::<Decimal>().unwrap(), "{digits}");
    }
}

#[test]
fn their_schemas_name_the_types_of_the_protocol() {
    let introspection = to_json(&Value::Map(Schema::of::<Delivery>().unwrap().introspect()));
    let expected = json!({
        "type": "dictionary",
        "contents": {
            "day": {"type": "date", "gte": "2020-01-01"},
            "at": {"type": "time"},
            "local": {"type": "datetime"},
            "paid": {"type": "nullable", "nullable": {"type": "datetime", "description": "When it was paid."}},
            "price": {"type": "decimal"},
            "rebates": {"type": "list", "contents": {"type": "decimal"}},
            "label": {"type": "bytes", "max_length": 3},
            "photo": {"type": "nullable", "nullable": {"type": "bytes"}},
            "digest": {"type": "bytes"},
            "any": {"type": "anything"},
            "more": {"type": "schemaless_dictionary"},
            "count": {"type": "integer", "gte": -5},
        },
        "optional_keys": ["paid", "photo"],
        "allow_extra_keys": false,
    });
    assert_eq!(introspection.to_string(), expected.to_string());
}

#[test]
fn what_the_protocol_or_the_type_cannot_hold_is_refused() {
    let distant = Delivery { day: NaiveDate::from_ymd_opt(12_024, 1, 1).unwrap(), ..delivery() };
    let error = Body::encode(&distant).unwrap_err().to_string();
    assert!(error.contains("the protocol has no +12024-01-01"), "{error}");

    let leap = NaiveTime::from_hms_opt(23, 59, 59).unwrap().overflowing_add_signed(TimeDelta::zero()).0;
    let leap = NaiveTime::from_num_seconds_from_midnight_opt(
        leap.signed_duration_since(NaiveTime::MIN).num_seconds() as u32,
        1_000_000_000,
    );
    assert!(Body::encode(&Delivery { at: leap.unwrap(), ..delivery() }).is_err());

    for (key, value) in [
        ("price", Value::Decimal("NaN".parse().unwrap())),
        ("price", Value::Decimal("0.12345678901234567890123456789012345".parse().unwrap())),
        // The crate rounds a mantissa before an exponent.
        ("price", Value::Decimal("0.12345678901234567890123456789012345E+1".parse().unwrap())),
        ("price", Value::Decimal("9E+28".parse().unwrap())),
        ("price", Value::Decimal("1E-29".parse().unwrap())),
        ("price", Value::Decimal("1E+99999999999999999".parse().unwrap())),
        ("price", Value::from("1.50")),
        ("digest", Value::Bytes(vec![1, 2, 3])),
        ("day", Value::from("2024-02-29")),
        ("count", Value::from(1.0)),
    ] {
        let mut body = Body::encode(&delivery()).unwrap().into_map();
        body.insert(key, value.clone());
        let error = Body::from(body).decode::<Delivery>().unwrap_err().to_string();
        assert!(error.starts_with(key), "{value}: {error}");
    }
}
