use std::{fs, path::Path};

use proptest::prelude::*;
use serde_json::{Value, json};
use soa_common::settings::{Side, read_file, settings_of};

/// What reading a file of this name with this content says; the file's folder is left out.
fn read(name: &str, content: &[u8]) -> Result<Value, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    let shown = format!("{}/", folder.path().display());
    read_file(&path).map_err(|error| error.to_string().replace(&shown, ""))
}

fn check(name: &str, content: &str, expected: Result<Value, &str>) {
    assert_eq!(read(name, content.as_bytes()), expected.map_err(str::to_owned), "{content}");
}

#[test]
fn three_languages_say_the_same() {
    let expected = json!({ "users.v2": { "Transport-X": [1, 2.5, null] }, "b": true, "a": "x", "4": 5 });
    let json = expected.to_string();
    let yaml = "users.v2:\n  Transport-X: [1, 2.5, ~]\nb: true\na: x\n4: 5\n";
    check("s.json", &json, Ok(expected.clone()));
    check("s.JSON", &format!("\u{feff}{json}"), Ok(expected.clone()));
    check("s.yaml", yaml, Ok(expected.clone()));
    check("s.yml", yaml, Ok(expected.clone()));
    let toml = "b = true\na = \"x\"\n4 = 5\n[\"users.v2\"]\nTransport-X = [1, 2.5]\n";
    check("s.toml", toml, Ok(json!({ "b": true, "a": "x", "4": 5, "users.v2": { "Transport-X": [1, 2.5] } })));
}

#[test]
fn keys_stay_in_the_order_of_the_file() {
    for (name, content) in [
        ("s.json", r#"{"z": 1, "a": {"y": 1, "b": 2}}"#),
        ("s.yaml", "z: 1\na: {y: 1, b: 2}"),
        ("s.toml", "z = 1\na = {y = 1, b = 2}"),
    ] {
        let value = read(name, content.as_bytes()).unwrap();
        assert_eq!(value.to_string(), r#"{"z":1,"a":{"y":1,"b":2}}"#, "{name}");
    }
}

#[test]
fn what_cannot_be_parsed_is_said_with_its_place() {
    check("s.json", "{\n  \"a\": 1\n  \"b\": 2}", Err("s.json: line 3, column 3: expected `,` or `}`"));
    check("s.json", "{\"a\": 1} x", Err("s.json: line 1, column 10: trailing characters"));
    check("s.json", "{\"a\": 1,\n\"a\": 2}", Err("s.json: line 2, column 3: duplicate key \"a\""));
    check("s.json", "{\"a\": 1e999}", Err("s.json: line 1, column 11: number out of range"));
    check("s.json", "{\"a\": [", Err("s.json: line 1, column 7: EOF while parsing a list"));
    check("s.yaml", "a: 1\n  b: 2", Err("s.yaml: line 2, column 4: mapping values are not allowed in this context"));
    check("s.yaml", "a: 1\na: 2", Err("s.yaml: line 2, column 4: duplicate key \"a\""));
    check("s.yaml", "- 1\n- 2", Err("s.yaml: found a list; allowed is a map"));
    check("s.yaml", "a: 1\n---\nb: 2", Err("s.yaml: Got 2 YAML documents, expected 1"));
    check("s.toml", "a = 1\na = 2", Err("s.toml: line 2, column 1: duplicate key"));
    check("s.toml", "a = inf", Err("s.toml: a number is infinite, not a number or too large"));
}

#[test]
fn an_error_quotes_no_value() {
    for (name, content) in [
        ("s.json", "{\"password\": \"hunter2}"),
        ("s.json", "{\"password\": hunter2}"),
        ("s.toml", "password = \"hunter2\nb = 3"),
        ("s.toml", "password = hunter2"),
        ("s.yaml", "password: \"hunter2\nb: ]"),
        ("s.yaml", "password: 'hunter2' x: y"),
    ] {
        let error = read(name, content.as_bytes()).unwrap_err();
        assert!(error.contains("line 1, column") || error.contains("line 2, column"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    assert_eq!(
        read("s.ini", b"a=1"),
        Err("s.ini: unknown kind of file; allowed are: .json, .toml, .yaml, .yml".into())
    );
    assert_eq!(read("s.json", b"{\"a\":\n \"\xff\"}"), Err("s.json: line 2, column 3: not UTF-8".into()));
    for name in ["s.json", "s.yaml", "s.toml"] {
        let empty = format!("{name}: the file is empty; allowed is a map of settings");
        assert_eq!(read(name, b" \n"), Err(empty));
    }
    let missing = read_file(Path::new("missing.json")).unwrap_err().to_string();
    assert!(missing.starts_with("missing.json: cannot be read: No such file"), "{missing}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.yaml");
    fs::create_dir(&path).unwrap();
    let folder = read_file(&path).unwrap_err().to_string();
    assert!(folder.contains("s.yaml: cannot be read: Is a directory"), "{folder}");
}

#[test]
fn deep_nesting_is_refused() {
    let deep = "[".repeat(100_000);
    for (name, content) in
        [("s.json", format!("{{\"a\": {deep}")), ("s.yaml", format!("a: {deep}")), ("s.toml", format!("a = {deep}"))]
    {
        let error = read(name, content.as_bytes()).unwrap_err();
        assert!(error.contains("recurs"), "{error}");
        assert!(error.len() < 200, "{error}");
    }
}

#[test]
fn a_file_may_hold_both_sides() {
    let check = |side, file: Value, expected: Result<Value, &str>| {
        let made = settings_of("s.json", side, file).map_err(|error| error.to_string());
        assert_eq!(made, expected.map_err(str::to_owned));
    };
    let both = json!({ "SOA_CLIENT_SETTINGS": { "users": {} }, "SOA_SERVER_SETTINGS": { "concurrency": 1 } });
    check(Side::Server, both.clone(), Ok(json!({ "concurrency": 1 })));
    check(Side::Client, both, Ok(json!({ "users": {} })));
    check(Side::Client, json!({ "LOUD": {} }), Ok(json!({ "LOUD": {} })));
    check(Side::Server, json!([1]), Ok(json!([1])));
    check(
        Side::Client,
        json!({ "SOA_SERVER_SETTINGS": {} }),
        Err("s.json: 1 setting is wrong\n  SOA_CLIENT_SETTINGS: missing; allowed is a map of settings"),
    );
    check(
        Side::Server,
        json!({ "LOGGING": {}, "SOA_SERVER_SETTINGS": {} }),
        Err(
            "s.json: 1 setting is wrong\n  LOGGING: unknown key; allowed are: SOA_CLIENT_SETTINGS, SOA_SERVER_SETTINGS; \
             dump only that one setting of the Python module",
        ),
    );
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(content in "[\\[\\]{}:,\"'a&*!|>#=\n\t 0-9.-]{0,60}") {
        for name in ["s.json", "s.yaml", "s.toml"] {
            let _ = read(name, content.as_bytes());
        }
    }
}
