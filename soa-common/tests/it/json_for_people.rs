//! The JSON form of values for people, and what is censored in it.

use serde_json::json;
use soa_common::{
    ActionRequest, Amount, Body, Date, DateTime, JobRequest, Map, Time, UtcDateTime, Value, json, redact::Redactor,
};

#[test]
fn every_value_has_a_form() {
    let (date, time) = (Date::new(2019, 3, 7).unwrap(), Time::new(1, 2, 3, 400_000).unwrap());
    let check = |value: Value, expected: serde_json::Value| assert_eq!(json::to_json(&value), expected);
    check(Value::Null, json!(null));
    check(u64::MAX.into(), json!(u64::MAX));
    check(i64::MIN.into(), json!(i64::MIN));
    check(1.5.into(), json!(1.5));
    check(f64::NAN.into(), json!("NaN"));
    check(f64::INFINITY.into(), json!("Infinity"));
    check(f64::NEG_INFINITY.into(), json!("-Infinity"));
    check(b"\0\xff\x10".to_vec().into(), json!({"$bytes": "AP8Q"}));
    check(date.into(), json!("2019-03-07"));
    check(time.into(), json!("01:02:03.400000"));
    check(DateTime::new(date, time).into(), json!("2019-03-07T01:02:03.400000"));
    check(UtcDateTime::new(date, time).into(), json!("2019-03-07T01:02:03.400000Z"));
    check(Value::Decimal("1E+10".parse().unwrap()), json!("1E+10"));
    check(Amount::new("JPY", -70).unwrap().into(), json!("JPY -70"));
    let mut map = Map::new();
    map.push(1, "a");
    map.push(true, Value::List(vec![date.into()]));
    map.push(date, Value::Null);
    check(map.into(), json!({"1": "a", "true": ["2019-03-07"], "2019-03-07": null}));
}

#[test]
fn what_people_write_is_read() {
    let (date, time) = (Date::new(2019, 3, 7).unwrap(), Time::new(1, 2, 3, 0).unwrap());
    let check = |json: serde_json::Value, expected: Value| assert_eq!(json::from_json(json).unwrap(), expected);
    check(json!([null, true, 7, -7, u64::MAX, 1.5, "x"]), {
        Value::List(vec![Value::Null, true.into(), 7.into(), (-7).into(), u64::MAX.into(), 1.5.into(), "x".into()])
    });
    check(json!({"$bytes": "AP8Q"}), b"\0\xff\x10".to_vec().into());
    check(json!({"$date": "2019-03-07"}), date.into());
    check(json!({"$time": "01:02:03"}), time.into());
    check(json!({"$datetime": "2019-03-07T01:02:03"}), DateTime::new(date, time).into());
    check(json!({"$datetime": "2019-03-07T01:02:03Z"}), UtcDateTime::new(date, time).into());
    check(json!({"$decimal": "1.50"}), Value::Decimal("1.50".parse().unwrap()));
    check(json!({"$amount": ["USD", 1599]}), Amount::new("USD", 1599).unwrap().into());
    check(json!({"$other": "x"}), Map::from([("$other", "x")]).into());
    check(json!({"$date": "x", "more": 1}), Map::from([("$date", Value::from("x")), ("more", 1.into())]).into());
}

#[test]
fn what_cannot_be_read_names_its_path() {
    let check = |json: serde_json::Value, expected: &str| {
        let error = json::from_json(json!({"a": [0, json]})).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    check(json!({"$date": "7 March"}), "a.1.$date: \"7 March\" is not a date such as 2019-03-07");
    check(json!({"$time": 5}), "a.1.$time: 5 is not a text");
    check(json!({"$datetime": "x"}), "a.1.$datetime: \"x\" is not a date-time such as 2019-03-07T01:02:03");
    check(json!({"$decimal": "1_0"}), "a.1.$decimal: \"1_0\" is not a decimal");
    check(json!({"$bytes": "?"}), "a.1.$bytes: the text is not base64, with its padding");
    let amount = |json| format!("a.1.$amount: {json} is not an amount such as [\"USD\", 1599], in minor units");
    for json in ["\"USD 15.99\"", "[\"USD\",15.99]", "[\"US\",1]", "[\"USD\"]"] {
        check(json!({"$amount": serde_json::from_str::<serde_json::Value>(json).unwrap()}), &amount(json));
    }
}

#[test]
fn sensitive_fields_are_censored_at_any_depth() {
    let redactor = Redactor::default();
    let check = |json: serde_json::Value, expected: serde_json::Value| {
        let value = json::from_json(json).unwrap();
        assert_eq!(redactor.show(&value).to_string(), expected.to_string());
        assert_eq!(format!("{:?}", redactor.show(&value)), expected.to_string());
    };
    let hidden = "**********";
    check(json!({"password": "x", "ok": {"pass-phrase": "y", "authToken": 7}}), {
        json!({"password": hidden, "ok": {"pass-phrase": hidden, "authToken": hidden}})
    });
    check(json!({"secrets": ["a", 1, [{"x": "y"}]], "private": {"a": {"b": 1.5}}}), {
        json!({"secrets": [hidden, hidden, [{"x": hidden}]], "private": {"a": {"b": hidden}}})
    });
    check(json!({"cvv": {"$bytes": "AP8Q"}, "pin": {"$decimal": "1"}, "cid": {"$date": "2019-03-07"}}), {
        json!({"cvv": hidden, "pin": hidden, "cid": hidden})
    });
    let harmless =
        json!({"password": "", "pin": 0, "cvv": 0.0, "secret": true, "auth": null, "token": [], "Password": "x"});
    check(harmless.clone(), harmless);
    assert_eq!(redactor.show(&Value::from("password")).to_string(), "\"password\"");
}

#[test]
fn bodies_and_jobs_are_censored() {
    let redactor = Redactor::new(["nick"]);
    let body = Body::encode(&json!({"nick": "Ada", "pin": "1234", "n": 7})).unwrap();
    let censored = r#"{"nick":"**********","pin":"**********","n":7}"#;
    assert_eq!(redactor.show(&body).to_string(), censored);
    let job = JobRequest { actions: vec![ActionRequest::new("log_in", body)], ..JobRequest::default() };
    let expected = format!(r#"{{"control":{{}},"context":{{}},"actions":[{{"action":"log_in","body":{censored}}}]}}"#);
    assert_eq!(redactor.show(&job).to_string(), expected);
}

#[test]
fn messagepack_is_censored_as_it_stands() {
    let redactor = Redactor::default();
    let check = |bytes: &[u8], expected: &str| assert_eq!(redactor.show(bytes).to_string(), expected);
    check(b"\x82\xa3pin\x07\xa3pin\x08", r#"{"pin":"**********","pin":"**********"}"#);
    let after = |msgpack: &[u8]| {
        let mut text = b"job: \xc3\xa4 ".to_vec();
        redactor.show(msgpack).push_to(&mut text);
        String::from_utf8(text).unwrap()
    };
    assert_eq!(after(b"\x91\xc3"), "job: ä [true]");
    for broken in [&b"\x91"[..], b"\x92\xa1a\xa1\xff", b"\xa1\xff", b""] {
        let shown = redactor.show(broken).to_string();
        assert!(!shown.is_empty());
        assert_eq!(after(broken), format!("job: ä {shown}"));
    }
    check(b"\xa6\"\\\n\x1f\x7f/", "\"\\\"\\\\\\n\\u001f\u{7f}/\"");
    // What was never checked does no harm.
    check(b"\xd4\x63\x00", "extension type 99 is unknown");
    check(b"", "the bytes end early: a value at offset 0 needs 1 more and there are 0");
    check(b"\xdf\xff\xff\xff\xff", "the bytes end early: a value at offset 5 needs 1 more and there are 0");
    for bytes in [
        &b"\x92\xa1\xffx"[..],
        b"\x93\xa1x\xa1\xff",
        b"\x81\xa1\xff\x01",
        b"\x81\xa3pin\xa1\xff",
        b"\x92\xa2\xc3\"\xc1",
    ] {
        let error = soa_common::msgpack::check(bytes).unwrap_err().to_string();
        check(bytes, &error);
    }
    check(b"\x81\x90\x01", "a map key is a list or a map");
    check(&[0x91; 100_000], "lists and maps nest too deep");
}

#[test]
fn values_and_bodies_are_displayed_as_one_line() {
    assert_eq!(Value::from(49).to_string(), "49");
    assert_eq!(soa_common::Body::encode(&serde_json::json!({"square": 49})).unwrap().to_string(), r#"{"square":49}"#);
}
