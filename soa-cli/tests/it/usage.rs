//! What is typed wrong, and what needs no service.

use crate::soa::{command, run, soa, soa_with_input};

#[track_caller]
fn check(arguments: &[&str], input: &str, expected: &[&str]) {
    check_command("call", arguments, input, expected);
}

#[track_caller]
fn check_command(name: &str, arguments: &[&str], input: &str, expected: &[&str]) {
    let run = soa_with_input(&[&[name], arguments].concat(), input);
    assert_eq!(run.code, 2, "{arguments:?}: {run:?}");
    assert_eq!(run.stdout, "", "{arguments:?}");
    for text in expected {
        assert!(run.stderr.contains(text), "{arguments:?} should say {text:?}: {run:?}");
    }
}

#[test]
fn wrong_usage_says_what_is_wrong_and_where() {
    check(&["demo"], "", &["<ACTION>"]);
    check(&["demo", "square", "--body", "{"], "", &["--body", "not JSON", "line 1"]);
    check(&["demo", "square", "--body", "[1]"], "", &["--body", "map"]);
    check(&["demo", "square", "--body", ""], "", &["--body", "not JSON"]);
    check(&["demo", "square", "--body", r#"{"a": {"$date": "2019-02-30"}}"#], "", &["--body", "2019-02-30", "a"]);
    check(&["demo", "square", "--body", "@/nonexistent.json"], "", &["/nonexistent.json"]);
    check(&["demo", "square", "--body", "@/"], "", &["@/", "directory"]);
    check(&["demo", "square", "--body", "-"], "7", &["standard input", "map"]);
    check(&["demo", "square", "--body", "-"], "", &["standard input", "not JSON"]);
    check(&["demo", "square", "--context", "7"], "", &["--context", "map"]);
    check(&["demo", "square", "--switch", "x"], "", &["--switch", "x", "allowed is an integer"]);
    for timeout in ["0", "-1", "x", "NaN", "inf", "1e300", "1e-30"] {
        check(&["demo", "square", "--timeout", timeout], "", &["--timeout", "above 0"]);
    }
    check(&["", "square"], "", &["service"]);
    check(&["demo!", "square"], "", &["demo!"]);
    check_command("introspect", &["demo", "square", "more"], "", &["more"]);
    check_command("bench", &["demo"], "", &["<ACTION>"]);
    check_command("bench", &["demo", "echo", "--body", "[1]"], "", &["--body", "map"]);
    check_command("bench", &["demo", "echo", "--body", "{"], "", &["--body", "not JSON"]);
    for (option, allowed, values) in [
        ("--concurrency", "from 1 to 100000", &["0", "-1", "100001", "1.5", "x", ""][..]),
        ("--requests", "from 1 to 1000000000000", &["0", "-1", "x"]),
        ("--warm-up", "from 0 to 1000000000000", &["-1", "x"]),
        ("--payload", "from 0 to 102400", &["-1", "1k", "102401", "99999999999999999999"]),
        ("--duration", "above 0", &["0", "-1", "x", "inf"]),
        ("--rate", "from 0.001 to 1000000", &["0", "-1", "x", "NaN", "inf", "1e7"]),
    ] {
        for value in values {
            check_command("bench", &["demo", "echo", option, value], "", &[option, &format!("'{value}'"), allowed]);
        }
    }
    for [one, other] in [["--body={}", "--payload=1"], ["--duration=1", "--requests=1"]] {
        let names = [one, other].map(|option| option.split('=').next().unwrap());
        check_command("bench", &["demo", "echo", one, other], "", &[names[0], names[1], "cannot be used with"]);
    }
    for name in ["status", "introspect"] {
        check_command(name, &[], "", &["<SERVICE>"]);
        check_command(name, &["demo!"], "", &["demo!"]);
        check_command(name, &["demo", "--timeout", "0"], "", &["--timeout", "above 0"]);
        check_command(name, &["demo", "--context", "7"], "", &["--context", "map"]);
        check_command(name, &["demo", "--redis", "http://localhost"], "", &["--redis"]);
    }
}

#[test]
fn a_wrong_url_is_named_without_its_password() {
    let run = soa(&["call", "demo", "square", "--redis", "http://user:hunter2@localhost"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("--redis") && run.stderr.contains("localhost"), "{run:?}");
    assert!(!run.stderr.contains("hunter2"), "{run:?}");
}

#[test]
fn the_environment_names_the_masters_where_the_command_line_does_not() {
    let run = run(command(&["call", "demo", "square"]).env("SOA_REDIS_URL", "http://a:hunter2@b"), "");
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("SOA_REDIS_URL") && !run.stderr.contains("hunter2"), "{run:?}");
}

#[test]
fn machines_get_usage_errors_as_json() {
    for wrong in [&["demo", "square", "--body", "[1]"][..], &["demo", "square", "--timeout", "x"], &["demo"]] {
        let run = soa(&[&["call", "--json"], wrong].concat());
        let errors: serde_json::Value = serde_json::from_str(&run.stderr).unwrap();
        assert_eq!((run.code, &errors[0]["code"]), (2, &"USAGE".into()), "{run:?}");
    }
    // Wherever it stands.
    for wrong in [
        &["status", "--json"][..],
        &["introspect", "--json"],
        &["bench", "demo", "echo", "--rate", "x", "--json"],
        &["bench", "demo", "echo", "--json", "--rate", "x"],
        &["bench", "--duration", "1", "--requests", "1", "--json", "demo", "echo"],
        &["bench", "demo", "echo", "--nonsense", "--json"],
        &["bench", "--json"],
        &["bench", "demo", "echo", "--payload", "102400", "--json"],
        &["call", "demo", "echo", "more", "--json"],
    ] {
        let run = soa(wrong);
        let errors: serde_json::Value = serde_json::from_str(&run.stderr).unwrap_or_else(|_| panic!("{run:?}"));
        assert_eq!((run.code, &errors[0]["code"]), (2, &"USAGE".into()), "{run:?}");
    }
    // An argument, not the option.
    assert!(soa(&["call", "demo", "echo", "--", "--json"]).stderr.starts_with("error: "));
}

#[test]
fn help_teaches_and_completions_and_man_pages_are_made() {
    let help = soa(&["call", "--help"]);
    assert_eq!(help.code, 0);
    for text in ["--body", "SOA_REDIS_URL", "Examples:", "Exit codes:", "$decimal"] {
        assert!(help.stdout.contains(text), "{text}: {}", help.stdout);
    }
    let help = soa(&["status", "--help"]);
    for text in ["--quick", "--timeout", "--redis", "Examples:", "a check found an error"] {
        assert!(help.stdout.contains(text), "{text}: {}", help.stdout);
    }
    let help = soa(&["introspect", "--help"]);
    for text in ["name[switch:5]", "--json-schema", "--timeout", "Examples:", "unknown action"] {
        assert!(help.stdout.contains(text), "{text}: {}", help.stdout);
    }
    let help = soa(&["bench", "--help"]);
    for text in [
        "--rate",
        "--warm-up",
        "--timeout",
        "waits for one",
        "Ctrl-C",
        "takes 10000",
        "102400",
        "Examples:",
        "no call succeeded",
    ] {
        assert!(help.stdout.contains(text), "{text}: {}", help.stdout);
    }
    let completions = soa(&["completions", "bash"]).stdout;
    assert!(
        ["--body", "--quick", "--json-schema", "--concurrency"].iter().all(|option| completions.contains(option)),
        "{completions}"
    );
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(soa(&["man", directory.path().to_str().unwrap()]).code, 0);
    for page in ["soa.1", "soa-call.1", "soa-status.1", "soa-introspect.1", "soa-bench.1"] {
        assert!(directory.path().join(page).is_file(), "{page}");
    }
    assert_eq!(soa(&["man", "/nonexistent"]).code, 2);
}
