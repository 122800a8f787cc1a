//! `soa introspect`

use std::process::Stdio;

use serde_json::{Value, json};
use soa_common::Map;
use soa_server::{
    ActionError, Definition, Service,
    schema::{Dictionary, Integer},
};

use crate::{
    fixture::{Fixture, Ours},
    soa::command,
};

#[test]
fn the_original_says_what_its_actions_take_and_give() {
    let fixture = Fixture::start();

    let run = fixture.run("introspect", &[]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    assert!(run.stdout.starts_with("peer has 22 actions\n  The conformance service.\n\nbad_response\n"), "{run:?}");
    let square = "\nsquare
  Squares a number.
  request   dictionary
    number  integer, at least 0
            The number to square
    note    text, optional, nullable
  response  dictionary
    square  integer, at least 0
";
    assert!(run.stdout.contains(square), "{run:?}");
    let titles: Vec<_> = run.stdout.lines().filter(|line| line.starts_with(|c: char| c.is_alphabetic())).collect();
    assert_eq!(titles[titles.len() - 4..], ["versioned[DEFAULT]", "versioned[switch:5]", "introspect", "status"]);

    assert_eq!(fixture.run("introspect", &["square"]).stdout, &square[1..]);
    let run = fixture.run("introspect", &["versioned[switch:5]"]);
    assert_eq!(run.stdout, "versioned[switch:5]\n  v2\n  request   no schema\n  response  no schema\n");
    let run = fixture.run("introspect", &["versioned"]);
    assert!(run.stdout.starts_with("versioned[DEFAULT]\n  v1\n") && run.stdout.contains("\n  v2\n"), "{run:?}");

    let run = fixture.run("introspect", &["square", "--json"]);
    let body: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(body["actions"]["square"]["request_schema"]["contents"]["number"]["gte"], 0, "{run:?}");
    assert_eq!(run.stdout.lines().count(), 1);
}

/// A service `math` with one documented action.
fn math() -> Ours {
    async fn square(input: Map) -> Result<Map, ActionError> {
        Ok(input)
    }

    let number = Integer::new().gte(0).lte(255).description("The number to square");
    let square = Definition::of(square)
        .description("Squares a number.")
        .request_schema(Dictionary::new().required("number", number))
        .response_schema(Dictionary::new().required("square", Integer::new()));
    Ours::start(Service::builder("math").description("Knows numbers.").action("square", square).build().unwrap())
}

#[test]
fn our_services_say_what_actions_they_have() {
    let math = math();

    let run = math.run("introspect", &[]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    assert!(run.stdout.starts_with("math has 3 actions\n  Knows numbers.\n\nsquare\n  Squares a number.\n"), "{run:?}");
    let (introspect, status) = (run.stdout.find("\nintrospect\n"), run.stdout.find("\nstatus\n"));
    assert!(introspect.is_some() && introspect < status, "{run:?}");

    let run = math.run("introspect", &["circle"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("INVALID action_name: Action not defined in service"), "{run:?}");
}

#[test]
fn our_services_say_it_in_both_forms() {
    let math = math();

    let square = "square
  Squares a number.
  request   dictionary
    number  integer, 0 to 255
            The number to square
  response  dictionary
    square  integer
";
    assert_eq!(math.run("introspect", &["square"]).stdout, square);

    let run = math.run("introspect", &["square", "--json-schema"]);
    let body: Value = serde_json::from_str(&run.stdout).unwrap();
    let number = &body["actions"]["square"]["request_schema"]["properties"]["number"];
    assert_eq!((run.code, &number["type"], &number["maximum"]), (0, &json!("integer"), &json!(255)), "{run:?}");
}

#[test]
fn what_a_service_refuses_is_explained() {
    let fixture = Fixture::start();

    let run = fixture.run("introspect", &["nothing"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("INVALID action_name: Action not defined in service"), "{run:?}");

    let run = fixture.run("introspect", &["square", "--json-schema"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("does not know JSON Schema, as no service of PySOA does"), "{run:?}");
    assert!(run.stderr.contains("without --json-schema"), "{run:?}");

    let run = fixture.run("introspect", &["nothing", "--json"]);
    let errors: Value = serde_json::from_str(&run.stderr).unwrap();
    assert_eq!((run.code, &errors[0]["field"]), (1, &json!("action_name")));
}

#[test]
fn every_type_of_the_original_is_readable() {
    let run = Ours::answering("introspect", include_str!("recorded/introspect.json")).run("introspect", &[]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    assert_eq!(run.stdout, include_str!("expected/introspect.txt"));
}

#[test]
fn what_is_not_known_is_shown_as_it_is() {
    let body = json!({"documentation": null, "more": 1, "actions": {
        "odd": {"documentation": 7, "request_schema": "?", "response_schema": {"type": 5}, "since": "1.0"},
        "new\n\u{1b}[2J": {"documentation": "a\u{202e}b", "request_schema": {
            "type": "dictionary",
            "contents": {
                "later": {"type": "later", "gte": 1, "size": {"x": 1}, "of": {"type": "integer"}, "description": "Comes later"},
                "bare": {"type": "list"},
                "halves": {"type": "any", "options": [], "max_length": 3},
                "all": {"type": "all"},
                "shape": {"type": "polymorph", "contents_map": 5},
                "old": {"type": "integer", "deprecated": true},
                "a long name that does not fit into any column": {"type": "unicode", "additional_validation": "V"},
                "evil\n\u{1b}[31m": {"type": "constant", "values": ["\u{9b}2J"]},
                "(each)": {"type": "boolean", "deprecated": "soon", "allow_blank": 3},
            },
            "optional_keys": "old",
        }},
        "list": [1],
    }});
    let run = Ours::answering("introspect", &body.to_string()).run("introspect", &[]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    assert_eq!(run.stdout, include_str!("expected/introspect_odd.txt"));

    #[track_caller]
    fn check(body: &Value, expected: &str) {
        let run = Ours::answering("introspect", &body.to_string()).run("introspect", &["x"]);
        assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, expected, ""), "{body}");
    }
    check(&json!({}), "recorded  {}\n");
    check(&json!({"actions": {}}), "");
    check(&json!({"actions": [1], "a": "b"}), "recorded\n  actions\n    (0)  1\n  a        b\n");
}

#[test]
fn the_deepest_schema_that_can_travel_is_shown() {
    let mut schema = json!({"type": "integer"});
    for level in 0..58 {
        schema = match level % 3 {
            0 => json!({"type": "list", "contents": schema, "description": "d"}),
            1 => json!({"type": "nullable", "nullable": schema}),
            _ => json!({"type": "dictionary", "contents": {"key": schema}}),
        };
    }
    let body = json!({"actions": {"deep": {"request_schema": schema}}});
    let run = Ours::answering("introspect", &body.to_string()).run("introspect", &[]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    assert!(run.stdout.contains("list of integer"), "{run:?}");
}

#[test]
fn a_reader_may_leave_early() {
    let service = Ours::answering("introspect", include_str!("recorded/introspect.json"));
    let mut soa = command(&["introspect", "recorded", "--redis", &service.url()]);
    let mut soa = soa.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(soa.stdout.take());
    let output = soa.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}
