//! `soa status`

use serde_json::{Value, json};
use soa_fixtures::RedisServer;
use soa_server::{ActionContext, ActionError, Health, Service};

use crate::{
    fixture::{Fixture, Ours},
    soa::{command, run, soa},
};

#[test]
fn the_original_says_its_versions_and_its_health() {
    let fixture = Fixture::start();

    let run = fixture.run("status", &[]);
    let mut lines = run.stdout.lines();
    assert_eq!(
        (run.code, run.stderr.as_str(), lines.next()),
        (1, "", Some("peer is not healthy: 1 error, 1 warning")),
        "{run:?}"
    );
    assert_eq!(lines.next(), Some("  version      1.2.3"));
    assert_eq!(lines.next(), Some("  build        build-7"));
    assert!(lines.any(|line| line == "  pysoa        1.4.9"), "{run:?}");
    assert!(lines.any(|line| line == "    DISK_SLOW  It takes a second"), "{run:?}");

    let run = fixture.run("status", &["--quick", "-v"]);
    assert!(run.stdout.starts_with("peer answers; it ran no health checks\n  version "), "{run:?}");
    assert!(run.stderr.contains("peer status took"), "{run:?}");

    let run = fixture.run("status", &["--json"]);
    let body: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        (&body["version"], &body["healthcheck"]["errors"]),
        (&json!("1.2.3"), &json!([["DISK_SLOW", "It takes a second"]]))
    );
    assert_eq!(run.stdout.lines().count(), 1);
    let quick: Value = serde_json::from_str(&fixture.run("status", &["-q", "--json"]).stdout).unwrap();
    assert_eq!(quick.get("healthcheck"), None);
}

#[test]
fn our_services_say_their_versions_and_what_their_checks_found() {
    async fn database(_: ActionContext) -> Result<Health, ActionError> {
        Ok(Health::good().error("DB_DOWN", "no connection").diagnostic("pool", 7))
    }

    let demo = Ours::start(soa_server::demo::service());
    let run = demo.run("status", &[]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    assert!(run.stdout.starts_with("demo is healthy\n  version     "), "{run:?}");
    assert!(run.stdout.contains("\n  pysoa       1.4.9\n  soa_server  "), "{run:?}");

    let sick = Ours::start(Service::builder("sick").version("2").check("database", database).build().unwrap());
    let run = sick.run("status", &[]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.starts_with("sick is not healthy: 1 error\n  version      2\n"), "{run:?}");
    assert!(run.stdout.contains("\n  errors\n    DB_DOWN  no connection\n"), "{run:?}");
    assert!(run.stdout.ends_with("\n  diagnostics\n    pool  7\n"), "{run:?}");
    let run = sick.run("status", &["--quick"]);
    assert_eq!((run.code, run.stdout.contains("DB_DOWN")), (0, false), "{run:?}");
}

#[test]
fn what_the_checks_found_is_told_and_errors_are_a_failure() {
    let service = Ours::answering(
        "status",
        r#"{"soa_server": "0.1.0", "rust": "1.91.0", "pysoa": "1.4.9", "version": "2.0.0", "healthcheck": {
            "warnings": [["SLOW", "The database takes its time: the last ten queries took longer than the five seconds that they should take at most"]],
            "errors": [["DB_DOWN", "no database\nat all"], ["EVIL\u001b[2J", "\u001b]0;x\u0007"], "odd"],
            "diagnostics": {"services": {"users": {"version": "1.0.0", "ok": true}}, "queues": [1, 2.5], "none": {}, "a key": null}
        }}"#,
    );

    let plain = service.run("status", &[]);
    assert_eq!((plain.code, plain.stderr.as_str()), (1, ""), "{plain:?}");
    assert_eq!(plain.stdout, include_str!("expected/status.txt"));

    let mut coloured = command(&["status", "recorded", "--redis", &service.url()]);
    let coloured = run(coloured.env("CLICOLOR_FORCE", "1"), "").stdout;
    for text in ["\u{1b}[1m\u{1b}[31mDB_DOWN\u{1b}[0m", "\u{1b}[1m\u{1b}[33mSLOW\u{1b}[0m", r"EVIL\u{1b}[2J"] {
        assert!(coloured.contains(text), "{text:?}: {coloured:?}");
    }

    let run = service.run("status", &["--json"]);
    let body: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((run.code, &body["healthcheck"]["errors"][0][0], run.stderr.as_str()), (1, &json!("DB_DOWN"), ""));
}

#[test]
fn a_service_may_answer_in_its_own_way() {
    #[track_caller]
    fn check(body: &str, code: i32, expected: &str) {
        let run = Ours::answering("status", body).run("status", &[]);
        assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (code, expected, ""), "{body}");
    }

    check("{}", 0, "recorded answers; it ran no health checks\n");
    check(r#"{"healthcheck": {}}"#, 0, "recorded is healthy\n");
    check(
        r#"{"healthcheck": {"warnings": [["W", "x"]], "more": 1}}"#,
        0,
        "recorded is healthy, with 1 warning\n  warnings\n    W  x\n  more      1\n",
    );
    check(
        r#"{"healthcheck": {"errors": "all broken", "warnings": null}}"#,
        1,
        "recorded is not healthy: 1 error\n  errors\n    (0)  all broken\n",
    );
    check(
        r#"{"up": true, "healthcheck": "fine"}"#,
        0,
        "recorded answers; it ran no health checks\n  up           true\n  healthcheck  fine\n",
    );
}

#[test]
fn a_service_that_does_not_answer_is_told_apart() {
    let redis = RedisServer::start();
    let run = soa(&["status", "nobody", "--redis", &redis.url(), "--timeout", "0.2", "--json"]);
    let errors: Value = serde_json::from_str(&run.stderr).unwrap();
    assert_eq!((run.code, run.stdout.as_str(), &errors[0]["code"]), (3, "", &json!("MESSAGE_RECEIVE_TIMEOUT")));
}
