//! Values that are not made of others.

use serde_json::json;

use super::{Values, values};

pub(super) fn scalars() -> Vec<Values> {
    vec![
        values("anything", [json!(null), json!({"$map": [[1, [{"$bytes": ""}]]]})], []),
        values(
            "hashable",
            [json!(null), json!(1.5), json!("x"), json!({"$bytes": "AA=="}), json!({"$date": "2020-01-01"})],
            [json!([]), json!({}), json!([1])],
        ),
        values("boolean", [json!(true), json!(false)], [json!(null), json!(0), json!("true")]),
        values(
            "integer",
            [json!(2), json!(50)],
            [
                json!(0),
                json!(1),
                json!(51),
                json!(100),
                json!(u64::MAX),
                json!(i64::MIN),
                json!(true),
                json!(3.0),
                json!("3"),
            ],
        ),
        values("fine_integer", [json!(1), json!(10)], [json!(0), json!(11), json!({"$decimal": "1"})]),
        values(
            "float",
            [json!(-1.4), json!(1e20), json!(0), json!({"$float": "nan"})],
            [
                json!(-1.5),
                json!(1.1e20),
                json!(-2),
                json!({"$float": "inf"}),
                json!({"$float": "-inf"}),
                json!(false),
                json!("1.0"),
            ],
        ),
        values(
            "decimal",
            [json!({"$decimal": "1"}), json!({"$decimal": "2.4999"}), json!({"$decimal": "2"})],
            [
                json!({"$decimal": "0.99"}),
                json!({"$decimal": "2.50"}),
                json!({"$decimal": "-Infinity"}),
                json!(1),
                json!("1.5"),
            ],
        ),
        values(
            "unlimited_decimal",
            [json!({"$decimal": "NaN"}), json!({"$decimal": "-0E-7"}), json!({"$decimal": "1E+400"})],
            [json!(1.5), json!("NaN")],
        ),
        values("single", [json!("a")], [json!("b"), json!(null), json!(["a"]), json!({"$bytes": "YQ=="})]),
        values(
            "zero",
            [json!(0), json!(false), json!(0.0), json!({"$decimal": "0.00"})],
            [json!(1), json!(null), json!("")],
        ),
        values(
            "constants",
            [
                json!("a"),
                json!(9),
                json!(10.0),
                json!(2.5),
                json!(null),
                json!({"$decimal": "1.5"}),
                json!(1.5),
                json!({"$bytes": "eA=="}),
                json!({"$decimal": "9"}),
            ],
            [json!("x"), json!(8), json!(true), json!([9]), json!({"a": "a"}), json!({"$float": "nan"})],
        ),
        values("null", [json!(null)], [json!(0), json!(""), json!({})]),
    ]
}

pub(super) fn moments() -> Vec<Values> {
    vec![
        values(
            "date",
            [json!({"$date": "2020-01-01"}), json!({"$date": "2020-12-31"})],
            [
                json!({"$date": "2019-12-31"}),
                json!({"$date": "2021-01-01"}),
                json!({"$datetime": "2020-01-01T00:00:00"}),
                json!("2020-01-01"),
            ],
        ),
        values(
            "time",
            [json!({"$time": "08:00:00.000001"}), json!({"$time": "16:30:00.000005"})],
            [json!({"$time": "08:00:00"}), json!({"$time": "16:30:00.000006"}), json!(9), json!("09:00:00")],
        ),
        values(
            "datetime",
            [json!({"$datetime": "2020-01-01T02:03:04.000005"}), json!({"$datetime": "2021-01-01T00:00:00"})],
            [
                json!({"$datetime": "2020-01-01T02:03:04.000004"}),
                json!({"$datetime": "9999-12-31T23:59:59"}),
                json!({"$date": "2020-06-01"}),
                json!(1_600_000_000),
            ],
        ),
        values(
            "moment",
            [json!({"$datetime_utc": "2020-01-01T00:00:00.000001"})],
            [
                json!({"$datetime_utc": "2020-01-01T00:00:00"}),
                json!({"$datetime_utc": "0001-01-01T00:00:00"}),
                json!(null),
            ],
        ),
        values(
            "any_datetime",
            [json!({"$datetime_utc": "2020-01-01T00:00:00"}), json!({"$datetime": "0001-01-01T00:00:00"})],
            [json!({"$date": "2020-01-01"}), json!({"$time": "00:00:00"})],
        ),
        values("duration", [], [json!(5), json!("0:00:05"), json!({"$time": "00:00:05"})]),
        values("zone", [], [json!("UTC"), json!(0), json!({"$datetime_utc": "2020-01-01T00:00:00"})]),
    ]
}
