//! What is said of bodies that do not decode.

use std::{collections::BTreeMap, net::IpAddr};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value as Json, json};
use soa_common::msgpack;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Colour {
    Red,
    Green,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only decoded")]
struct Login {
    name: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only decoded")]
enum Either {
    Short(u8),
    Long(Vec<u8>),
}

/// Errors travel to callers and into logs, so that they must not hold the values.
#[expect(clippy::needless_pass_by_value, reason = "tables of values read better")]
fn check<T: DeserializeOwned>(body: Json, expected: &str) {
    let wire = msgpack::encode(&body).unwrap();
    let Err(error) = msgpack::decode::<T>(&wire) else { panic!("{body} decodes") };
    assert_eq!(error.to_string(), expected, "{body}");
}

#[test]
fn a_misfit_is_told_in_the_words_of_the_protocol_without_the_value() {
    check::<String>(json!(123_456), "found an integer, expected a text");
    check::<String>(json!(1.5), "found a float, expected a text");
    check::<String>(json!(true), "found a bool, expected a text");
    check::<String>(json!(null), "found null, expected a text");
    check::<String>(json!([1]), "found a list, expected a text");
    check::<String>(json!({"a": 1}), "found a map, expected a text");
    check::<char>(json!("S3CRET"), "found a text that does not fit, expected a text of one character");
    check::<bool>(json!("S3CRET"), "found a text, which is not what belongs here");
    check::<u64>(json!("S3CRET, expected \"S3CRET"), "found a text, which is not what belongs here");
    check::<f64>(json!("S3CRET"), "found a text, which is not what belongs here");
    check::<u8>(json!(300), "found an integer that does not fit, expected an integer from 0 to 255");
    check::<u64>(json!(-5), "found an integer that does not fit, expected an integer from 0 on");
    check::<std::num::NonZeroU8>(json!(0), "found an integer that does not fit, expected an integer other than 0");
    check::<Vec<u8>>(json!("S3CRET"), "found a text, expected a list");
    check::<(u8, u8)>(json!([1]), "found 1 entries, expected a list");
    check::<BTreeMap<String, u8>>(json!("S3CRET"), "found a text, expected a map");
    check::<Login>(json!("S3CRET"), "found a text, expected a map");
    check::<Login>(json!({}), "missing key: name");
    check::<Login>(json!({"nick": "S3CRET"}), "nick: unknown key: nick; known are: name");
    check::<Vec<Colour>>(json!(["S3CRET"]), "0: found a text that is none of: red, green");
    check::<Vec<Colour>>(json!(["S`, expected `S3CRET"]), "0: found a text that is none of: red, green");
    check::<Either>(json!("S3CRET"), "found none of the forms that are allowed here");
    check::<IpAddr>(json!("S3CRET"), "invalid IP address syntax");
}
