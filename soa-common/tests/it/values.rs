//! The value types' ranges, as Python has them, and their text.

use soa_common::{Amount, Date, DateTime, Decimal, Time, UtcDateTime, Value, msgpack};

/// A value of an extension type, or why there is none.
fn ext(kind: i8, payload: &[u8]) -> Result<Value, String> {
    let mut wire = Vec::new();
    msgpack::Writer::new(&mut wire).ext(kind, payload);
    let value = Value::from_msgpack(&wire).map_err(|error| error.to_string());
    if let Ok(value) = &value {
        assert_eq!(msgpack::encode(value).unwrap(), wire, "{value:?} is written as it came");
    }
    assert_eq!(msgpack::decode::<Value>(&wire).is_ok(), value.is_ok(), "serde agrees on {wire:?}");
    value
}

#[test]
fn date_times_reach_from_year_1_to_9999() {
    let check = |microseconds: i64, expected: Option<&str>| {
        let naive = ext(1, &microseconds.to_be_bytes());
        assert_eq!(naive.ok(), expected.map(|text| text.parse::<DateTime>().unwrap().into()), "{microseconds}");
        let utc = ext(10, &microseconds.to_be_bytes());
        let expected = expected.map(|text| format!("{text}Z").parse::<UtcDateTime>().unwrap().into());
        assert_eq!(utc.ok(), expected, "{microseconds}");
        assert_eq!(DateTime::from_microseconds(microseconds).is_some(), expected.is_some());
    };
    check(-62_135_596_800_000_000, Some("0001-01-01T00:00:00"));
    check(-62_135_596_800_000_001, None);
    check(253_402_300_799_999_999, Some("9999-12-31T23:59:59.999999"));
    check(253_402_300_800_000_000, None);
    check(i64::MIN, None);
    check(i64::MAX, None);
    check(0, Some("1970-01-01T00:00:00"));
    check(-1, Some("1969-12-31T23:59:59.999999"));
    check(1, Some("1970-01-01T00:00:00.000001"));
    check(951_782_400_000_000, Some("2000-02-29T00:00:00"));
}

#[test]
fn dates_and_times_are_those_of_the_calendar() {
    let check = |year: u16, month: u8, day: u8, expected: bool| {
        let [high, low] = year.to_be_bytes();
        let date = ext(3, &[high, low, month, day]);
        assert_eq!(date.is_ok(), expected, "{year}-{month}-{day}");
        assert_eq!(Date::new(year, month, day).is_some(), expected);
    };
    for (year, month, day) in [(1, 1, 1), (9999, 12, 31), (2020, 2, 29), (2000, 2, 29)] {
        check(year, month, day, true);
    }
    for (year, month, day) in
        [(0, 1, 1), (10_000, 1, 1), (2019, 2, 29), (1900, 2, 29), (2019, 0, 1), (2019, 13, 1), (2019, 4, 31), (1, 1, 0)]
    {
        check(year, month, day, false);
    }
    let check = |hour: u8, minute: u8, second: u8, microsecond: u32, expected: bool| {
        let time = ext(4, &[&[hour, minute, second][..], &microsecond.to_be_bytes()].concat());
        assert_eq!(time.is_ok(), expected, "{hour}:{minute}:{second}.{microsecond}");
    };
    check(23, 59, 59, 999_999, true);
    check(24, 0, 0, 0, false);
    check(23, 60, 0, 0, false);
    check(23, 59, 60, 0, false);
    check(23, 59, 59, 1_000_000, false);
}

#[test]
fn decimals_are_what_python_prints_and_reads() {
    let wire = |digits: &str| [&(digits.len() as u16).to_be_bytes(), digits.as_bytes()].concat();
    for digits in [
        "0",
        "-0",
        "1.00",
        "-12345.678900",
        "1E+10",
        "1E-7",
        "1e5",
        "+1",
        "1.",
        ".1",
        "NaN",
        "sNaN",
        "-NaN123",
        "sNaN12",
        "Infinity",
        "-Infinity",
        "inf",
        "12E+99999999999999999",
    ] {
        assert_eq!(ext(5, &wire(digits)).unwrap(), Value::Decimal(digits.parse().unwrap()));
    }
    for digits in [
        "",
        ".",
        "e5",
        "1e",
        "1e+",
        "--1",
        "1,5",
        "1.5.5",
        "nan1.5",
        "1e1.5",
        "infinit",
        "0x1",
        " 1",
        "1\n",
        "1_000",
        "١",
        "1E+1000000000000000000000",
        "Na",
        "sna",
    ] {
        assert!(ext(5, &wire(digits)).is_err(), "{digits:?}");
        assert!(digits.parse::<Decimal>().is_err(), "{digits:?}");
    }
    assert_eq!(ext(5, &[0]).unwrap_err(), "at offset 0: a decimal takes at least 2 bytes");
    assert_eq!(ext(5, &[0, 9, b'1', b'2']).unwrap_err(), "at offset 0: a decimal of 9 digits has 2");
    let long = "1".repeat(65_536);
    assert!(long[1..].parse::<Decimal>().is_ok());
    assert!(long.parse::<Decimal>().is_err());
}

#[test]
fn amounts_take_a_currency_and_minor_units() {
    let wire = |currency: &[u8; 3], minor: i64| [&currency[..], &minor.to_be_bytes()].concat();
    for minor in [0, i64::MIN, i64::MAX] {
        assert_eq!(ext(2, &wire(b"USD", minor)).unwrap(), Amount::new("USD", minor).unwrap().into());
    }
    for currency in [b"U D", b"usd", b"US\xff", b"123"] {
        assert!(ext(2, &wire(currency, 1)).is_err(), "{}", currency.escape_ascii());
    }
    assert_eq!(Amount::new("usd", 5), Amount::new("USD", 5));
    assert!(Amount::new("US", 5).is_none() && Amount::new("USDT", 5).is_none() && Amount::new("U$D", 5).is_none());

    let check = |currency, minor, expected: &str| {
        assert_eq!(Amount::new(currency, minor).unwrap().to_string(), expected);
    };
    check("USD", 1599, "USD 15.99");
    check("USD", -5, "USD -0.05");
    check("JPY", -70, "JPY -70");
    check("BHD", 1599, "BHD 1.599");
    check("CLF", 1, "CLF 0.0001");
    check("USD", i64::MIN, "USD -92233720368547758.08");
}

#[test]
fn texts_of_dates_and_times_are_read_strictly() {
    assert_eq!("2019-03-07".parse(), Ok(Date::new(2019, 3, 7).unwrap()));
    assert_eq!("01:02:03".parse(), Ok(Time::new(1, 2, 3, 0).unwrap()));
    assert_eq!("01:02:03.5".parse(), Ok(Time::new(1, 2, 3, 500_000).unwrap()));
    for text in ["", "2019-3-7", "2019-03-07-", "+019-03-07", "2019-02-30", "2019-03-07T00:00:00"] {
        assert!(text.parse::<Date>().is_err(), "{text}");
    }
    for text in ["", "01:02", "01:02:03.", "01:02:03.1234567", "1:2:3", "01:02:03:04", "25:00:00", "01:02:03.+1"] {
        assert!(text.parse::<Time>().is_err(), "{text}");
    }
    for text in ["2019-03-07", "2019-03-07 01:02:03", "2019-03-07T01:02:03Z", "2019-03-07T01:02:03+00:00"] {
        assert!(text.parse::<DateTime>().is_err(), "{text}");
    }
    assert!("2019-03-07T01:02:03".parse::<UtcDateTime>().is_err());
    assert_eq!("x".parse::<Date>().unwrap_err().to_string(), "\"x\" is not a date such as 2019-03-07");
}
