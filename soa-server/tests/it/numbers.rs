//! Decimals, dates and times: what Conformity answers, and what holds for all of them.

use std::cmp::Ordering;

use proptest::prelude::*;
use serde_json::Value as Json;
use soa_common::{Date, DateTime, Time, UtcDateTime, Value};
use soa_server::schema::{
    ByteString, Constant, Date as DateField, DateTime as DateTimeField, Decimal, Delta, Float, Integer, Number, Schema,
    Time as TimeField, TimeDelta, TzInfo,
};

use crate::typed_values::raw;

/// Rows of a decimal, another number, and how Python 3.11 compares them.
const COMPARED: &str = include_str!("../vectors/decimals.json");

#[test]
fn decimals_compare_with_all_numbers_as_in_python() {
    let rows: Vec<(String, Json, String)> = serde_json::from_str(COMPARED).unwrap();
    for (digits, other, expected) in rows {
        let value = decimal(&digits);
        let bound = number(&other);
        let field = Decimal::new().gt(bound.clone()).lt(bound.clone()).gte(bound.clone()).lte(bound.clone());
        let failed: &[&str] = match &*expected {
            "<" => &[">", ">="],
            ">" => &["<", "<="],
            _ => &[">", "<"],
        };
        let failed: Vec<_> = failed.iter().map(|sign| format!("Value not {sign} {bound}")).collect();
        assert_eq!(messages(field, value.clone()), failed, "{digits} {other}");

        // Equality is the same everywhere.
        let is_equal = messages(Constant::new([value]), to_value(&bound)).is_empty();
        assert_eq!(is_equal, expected == "=", "{digits} {other}");
    }
}

#[test]
fn what_is_no_number_meets_no_bound_of_decimals_and_every_bound_of_floats() {
    for digits in ["NaN", "-NaN", "sNaN12"] {
        assert_eq!(messages(Decimal::new(), decimal(digits)), [""; 0]);
        assert_eq!(messages(Decimal::new().gt(0).lte(5), decimal(digits)), ["Value not > 0", "Value not <= 5"]);
        assert_eq!(messages(Constant::new([decimal(digits)]), decimal(digits)).len(), 1);
    }
    assert_eq!(messages(Float::new().gt(0).lte(5), f64::NAN), [""; 0]);
}

#[test]
fn bounds_of_any_kind_are_printed_as_they_were_given() {
    let bound = |digits: &str| Number::Decimal(digits.parse().unwrap());
    assert_eq!(messages(Integer::new().lt(bound("3.10")), 4), ["Value not < 3.10"]);
    assert_eq!(messages(Float::new().gte(bound("1E+3")), 0.5), ["Value not >= 1E+3"]);
    assert_eq!(messages(Decimal::new().gte(2.0), decimal("1.99")), ["Value not >= 2.0"]);
}

#[test]
fn huge_decimals_compare_at_once() {
    let longest = format!("1{}.5", "0".repeat(65_000));
    let field = Decimal::new().gt(1).lt(Number::Decimal("1E+99999999999999999".parse().unwrap()));
    for digits in [&*longest, "1E+99999999999999998", "1.5"] {
        assert_eq!(messages(field.clone(), decimal(digits)), [""; 0]);
    }
}

#[test]
fn moments_with_and_without_a_zone_compare_as_utc() {
    let local: DateTime = "2020-01-01T00:00:00".parse().unwrap();
    let utc: UtcDateTime = "2020-01-01T00:00:00.000001Z".parse().unwrap();
    let after = DateTimeField::new().gt(local);
    assert_eq!(messages(after.clone(), utc), [""; 0]);
    assert_eq!(messages(after, local), ["Value not > 2020-01-01 00:00:00"]);
    let from = DateTimeField::new().gte(utc);
    assert_eq!(messages(from, local), ["Value not >= 2020-01-01 00:00:00.000001+00:00"]);
    // As constants they are never the same.
    let utc: UtcDateTime = "2020-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(messages(Constant::new([local]), utc), ["Value is not 2020-01-01 00:00:00"]);
    assert_eq!(messages(Constant::new([utc]), utc), [""; 0]);
}

#[test]
fn dates_and_times_are_never_taken_for_each_other() {
    let date = Date::new(2020, 2, 29).unwrap();
    let time = Time::new(1, 2, 3, 4).unwrap();
    assert_eq!(messages(DateField::new(), DateTime::new(date, time)), ["Not a datetime.date instance"]);
    assert_eq!(messages(TimeField::new(), date), ["Not a datetime.time instance"]);
    assert_eq!(messages(DateTimeField::new(), date), ["Not a datetime.datetime instance"]);
    assert_eq!(messages(TimeDelta::new(), time), ["Not a datetime.timedelta instance"]);
    assert_eq!(messages(TzInfo::new(), Value::Null), ["Not a datetime.tzinfo instance"]);
    assert_eq!(messages(Decimal::new(), 1), ["Not a decimal"]);
}

#[test]
fn bytes_are_blank_when_all_are_ascii_white_space() {
    let field = ByteString::new().not_blank();
    assert_eq!(messages(field.clone(), b" \t\n\r\x0b\x0c".to_vec()), ["String cannot be blank"]);
    assert_eq!(messages(field.clone(), Vec::<u8>::new()), ["String cannot be blank"]);
    assert_eq!(messages(field, b"\x1c".to_vec()), [""; 0]);
}

#[test]
fn durations_print_as_in_python() {
    for (microseconds, expected) in [
        (0, "0:00:00"),
        (5_000_000, "0:00:05"),
        (-5, "-1 day, 23:59:59.999995"),
        (2 * 86_400_000_000 + 36_000_000_007, "2 days, 10:00:00.000007"),
        (-2 * 86_400_000_000, "-2 days, 0:00:00"),
    ] {
        assert_eq!(Delta::from_microseconds(microseconds).to_string(), expected);
    }
}

proptest! {
    #[test]
    fn an_integer_compares_as_the_decimal_it_is(a: i64, b: i64, zeros in 0_usize..30) {
        let decimal = |number: i64| Number::Decimal(format!("{number}.{:0zeros$}", 0).parse().unwrap());
        prop_assert_eq!(decimal(a).partial_cmp(&Number::from(b)), a.partial_cmp(&b));
        prop_assert_eq!(decimal(a).partial_cmp(&decimal(b)), a.partial_cmp(&b));
    }

    #[test]
    fn an_integer_compares_with_a_float_as_the_decimal_it_is(
        a in prop_oneof![any::<i64>(), -9..9_i64],
        b in prop_oneof![any::<f64>(), any::<i64>().prop_map(|b| b as f64), (-9..9_i32).prop_map(|b| f64::from(b) / 2.0)],
    ) {
        let exact = Number::Decimal(a.to_string().parse().unwrap());
        let expected = exact.partial_cmp(&Number::from(b));
        prop_assert_eq!(Number::from(a).partial_cmp(&Number::from(b)), expected);
        prop_assert_eq!(Number::from(b).partial_cmp(&Number::from(a)), expected.map(Ordering::reverse));
    }

    #[test]
    fn a_float_compares_as_the_decimal_it_is(a in any::<f64>(), b in any::<f64>()) {
        let exact = Number::Decimal(format!("{a:.766e}").parse().unwrap());
        prop_assert_eq!(exact.partial_cmp(&Number::from(b)), a.partial_cmp(&b));
    }
}

fn messages(schema: impl Into<Schema>, value: impl Into<Value>) -> Vec<String> {
    let violations = schema.into().validate(&raw(&value.into()));
    violations.into_iter().map(|violation| violation.message).collect()
}

fn decimal(digits: &str) -> Value {
    Value::Decimal(digits.parse().unwrap())
}

fn number(json: &Json) -> Number {
    match (json.as_i64(), json.as_u64(), json.as_f64()) {
        (Some(number), ..) => number.into(),
        (_, Some(number), _) => number.into(),
        (.., Some(number)) => number.into(),
        _ => Number::Decimal(json["decimal"].as_str().unwrap().parse().unwrap()),
    }
}

fn to_value(number: &Number) -> Value {
    match number {
        Number::Integer(number) => Value::Integer(*number),
        Number::Float(number) => Value::Float(*number),
        Number::Decimal(number) => Value::Decimal(number.clone()),
        number => panic!("a number of a new kind: {number}"),
    }
}
