//! Calls to the original's service over a real Redis.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use soa_fixtures::RedisServer;

use crate::{
    fixture::Fixture,
    soa::{soa, soa_with_input},
};

#[test]
fn the_body_of_the_answer_is_all_that_is_printed() {
    let fixture = Fixture::start();

    let run = fixture.run("call", &["square", "--body", r#"{"number": 7}"#]);
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "{\"square\":49}\n", ""));

    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), r#"{"number": 5}"#).unwrap();
    let run = fixture.run("call", &["square", "--body", &format!("@{}", file.path().display())]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "{\"square\":25}\n"));

    let url = fixture.redis.url();
    let run = soa_with_input(&["call", "peer", "square", "-b", "-", "-r", &url], r#"{"number": 3}"#);
    assert_eq!((run.code, run.stdout.as_str()), (0, "{\"square\":9}\n"));

    let typed = r#"{"at":{"$datetime":"2019-03-07T01:02:03Z"},"n":{"$decimal":"1.50"},"b":{"$bytes":"AP8Q"},"s":"☃"}"#;
    let run = fixture.run("call", &["echo", "--body", typed]);
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    let expected = json!({"at": "2019-03-07T01:02:03Z", "n": "1.50", "b": {"$bytes": "AP8Q"}, "s": "☃"});
    assert_eq!(answer, expected, "{run:?}");

    let run =
        fixture.run("call", &["context", "--switch", "9", "--switch", "5", "--context", r#"{"locale": "de"}"#, "-v"]);
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&answer["switches"], &answer["context"]["locale"]), (&json!([5, 9]), &json!("de")), "{run:?}");
    assert!(run.stderr.contains("peer context took"), "{run:?}");
}

#[test]
fn errors_of_the_service_are_readable_for_people_and_for_machines() {
    let fixture = Fixture::start();

    let run = fixture.run("call", &["square", "--body", r#"{"number": "x", "more": 1}"#]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("INVALID number: Not an integer"), "{run:?}");
    assert!(run.stderr.contains("UNKNOWN: Extra keys present: more"), "{run:?}");

    let run = fixture.run("call", &["square", "--body", r#"{"number": 13}"#, "--json"]);
    let errors: Value = serde_json::from_str(&run.stderr).unwrap();
    let expected = json!([{
        "code": "UNLUCKY", "message": "Not thirteen", "field": "number", "traceback": null,
        "variables": {"number": "13"}, "denied_permissions": null, "is_caller_error": true,
    }]);
    assert_eq!((run.code, run.stdout.as_str(), errors), (1, "", expected));

    let run = fixture.run("call", &["or\nder\u{1b}[31m\u{202e}"]);
    assert!(run.stderr.contains(r"der\u{1b}[31m\u{202e}"), "{run:?}");
    assert!(!run.stderr.contains(['\u{1b}', '\u{202e}']), "{run:?}");

    let run = fixture.run("call", &["job_error"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("JOB_BAD: job is bad"), "{run:?}");
}

#[test]
fn no_answer_is_told_apart_from_an_error() {
    let redis = RedisServer::start();

    let run = soa(&["call", "nobody", "x", "--redis", &redis.url(), "--timeout", "0.2"]);
    assert_eq!((run.code, run.stdout.as_str()), (3, ""));
    assert!(
        run.stderr.contains("is a worker of nobody running there, and is --timeout long enough for it?"),
        "{run:?}"
    );
    assert!(run.stderr.contains(&redis.url()), "{run:?}");

    let url = redis.url();
    drop(redis);
    let started = Instant::now();
    let run = soa(&["call", "nobody", "x", "--redis", &url, "--timeout", "0.5", "--json"]);
    assert_eq!(run.code, 3);
    let errors: Value = serde_json::from_str(&run.stderr).unwrap();
    assert_eq!(errors[0]["code"], "MESSAGE_SEND", "{run:?}");
    assert!(started.elapsed() < Duration::from_secs(10), "the call went on past its deadline");
}
