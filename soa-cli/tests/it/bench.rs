//! `soa bench`

use std::{
    fs::File,
    io::Read,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver},
    },
    time::Duration,
};

use rustix::{
    process::{Pid, Signal, kill_process},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
};
use serde_json::{Value, json};
use soa_common::{Body, Map};
use soa_fixtures::RedisServer;
use soa_server::{ActionContext, ActionError, Service};
use tokio::sync::Semaphore;

use crate::{
    fixture::{Fixture, Ours},
    soa::{Run, command, soa},
};

/// A service `counted` that tells of each call, and answers it in its own way.
fn counted<F>(answer: impl Fn(u64) -> F + Send + Sync + 'static) -> (Ours, Receiver<Map>)
where
    F: Future<Output = Result<(), ActionError>> + Send + 'static,
{
    let (told, calls) = mpsc::channel();
    let number = AtomicU64::new(0);
    let action = move |body: Map| {
        let answer = answer(number.fetch_add(1, Ordering::Relaxed));
        told.send(body).unwrap();
        answer
    };
    (Ours::start(Service::builder("counted").action("call", action).build().unwrap()), calls)
}

/// One that answers each call at once.
fn willing() -> (Ours, Receiver<Map>) {
    counted(async |_| Ok(()))
}

/// One that answers as many calls as there are permits.
fn patient() -> (Ours, Receiver<Map>, Arc<Semaphore>) {
    let permits = Arc::new(Semaphore::new(0));
    let taken = permits.clone();
    let (service, calls) = counted(move |_| {
        let permits = taken.clone();
        async move {
            permits.acquire().await.unwrap().forget();
            Ok(())
        }
    });
    (service, calls, permits)
}

#[track_caller]
fn json(run: &Run) -> Value {
    assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn people_get_a_page_and_the_service_every_call() {
    let (service, calls) = willing();
    let run = service.run("bench", &["call", "--requests", "20", "--concurrency", "4", "--warm-up", "3"]);
    assert_eq!((run.code, run.stderr.as_str(), calls.try_iter().count()), (0, "", 23), "{run:?}");
    let words: Vec<_> = run.stdout.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    let expected =
        ["counted", "requests/s", "requests", "errors", "latency", "p50", "p90", "p99", "p99.9", "max", "client"];
    assert_eq!(words, expected, "{run:?}");
    assert!(run.stdout.starts_with("counted call: 4 in flight\n"), "{run:?}");
    assert!(run.stdout.contains("\n  requests    20 in ") && run.stdout.contains("\n  errors      0\n"), "{run:?}");
}

#[test]
fn machines_get_one_object() {
    let (service, calls) = willing();
    let run = service.run("bench", &["call", "--json", "--requests", "30", "--concurrency", "5", "--rate", "100000"]);
    assert_eq!((run.code, run.stderr.as_str(), calls.try_iter().count()), (0, "", 35), "{run:?}");
    let report = json(&run);
    for (key, expected) in [
        ("requests", json!(30)),
        ("errors", json!(0)),
        ("error_counts", json!([])),
        ("missed", json!(0)),
        ("concurrency", json!(5)),
        ("rate", json!(100_000.0)),
        ("late", json!(0)),
        ("unanswered", json!(0)),
        ("warm_up", json!(5)),
        ("warm_up_errors", json!(0)),
        ("interrupted", json!(false)),
    ] {
        assert_eq!(report[key], expected, "{key}: {run:?}");
    }
    let number = |key: &str| report[key].as_f64().unwrap_or_else(|| panic!("{key}: {run:?}"));
    let latencies = ["p50_us", "p90_us", "p99_us", "p999_us", "max_us"].map(number);
    assert!(latencies.is_sorted() && latencies[0] > 0.0, "{run:?}");
    assert!(number("mean_us") <= latencies[4] && number("cpu_seconds_per_1000") > 0.0, "{run:?}");
    assert!((number("rps") * number("seconds") / 30.0 - 1.0).abs() < 0.05, "{run:?}");
}

#[test]
fn warm_up_calls_that_fail_are_told() {
    let unlucky = || counted(async |number| if number < 3 { Err(ActionError::new("COLD", "no\nway")) } else { Ok(()) });
    let options = ["call", "--requests", "5", "--warm-up", "4", "--concurrency", "1"];
    let (service, _calls) = unlucky();
    let run = service.run("bench", &options);
    let line = "3 of 4 warm-up calls failed, the first with: ";
    assert!(run.stderr.starts_with(line) && run.stderr.contains("COLD"), "{run:?}");
    assert_eq!((run.code, run.stderr.lines().count()), (0, 1), "{run:?}");
    assert!(run.stdout.contains("\n  errors      0\n"), "{run:?}");

    let (service, _calls) = unlucky();
    let run = service.run("bench", &[&options[..], &["--json"]].concat());
    let report = json(&run);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "machines get one object: {run:?}");
    assert_eq!((&report["warm_up_errors"], &report["errors"]), (&json!(3), &json!(0)), "{run:?}");
}

#[test]
fn a_request_that_cannot_be_sent_is_wrong_usage() {
    let (service, calls) = willing();
    let bench = |options: &[&str]| service.run("bench", &[&["call", "--requests", "1", "--json"], options].concat());
    let excess = |run: &Run| {
        let errors: Value = serde_json::from_str(&run.stderr).unwrap();
        assert_eq!((run.code, run.stdout.as_str(), &errors[0]["code"]), (2, "", &json!("USAGE")), "{run:?}");
        let message = errors[0]["message"].as_str().unwrap();
        let excess = message.split("at least ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
        (message.split(':').next().unwrap().to_owned(), excess.parse::<usize>().unwrap())
    };
    let (option, more) = excess(&bench(&["--payload", "102400"]));
    assert_eq!(option, "--payload");
    let most = 102_400 - more;
    assert!(most > 102_000, "{most}");
    assert_eq!(excess(&bench(&["--payload", &(most + 1).to_string(), "--warm-up", "0"])).1, 1);
    assert_eq!(calls.try_iter().count(), 0, "nothing should be sent before");
    assert_eq!(bench(&["--payload", &most.to_string()]).code, 0);

    let body = format!(r#"{{"a": "{}"}}"#, "x".repeat(110_000));
    assert_eq!(excess(&bench(&["--body", &body])).0, "--body");
    let context = format!(r#"{{"a": "{}"}}"#, "x".repeat(1_000));
    assert!(excess(&bench(&["--payload", &most.to_string(), "--context", &context])).1 > 1_000);
}

#[test]
fn no_more_places_are_made_than_calls() {
    let (service, calls) = willing();
    let report = json(&service.run("bench", &["call", "--json", "--requests", "2"]));
    assert_eq!((&report["concurrency"], &report["warm_up"], calls.try_iter().count()), (&json!(2), &json!(2), 4));
}

#[test]
fn a_duration_ends_the_calls() {
    let (service, calls) = willing();
    let report = json(&service.run("bench", &["call", "--json", "--duration", "0.1", "--warm-up", "0"]));
    assert_eq!(report["requests"].as_u64(), Some(calls.try_iter().count() as u64), "{report}");
    assert_eq!(report["seconds"], json!(0.1), "{report}");
    let [rps, requests, late] = ["rps", "requests", "late"].map(|key| report[key].as_f64().unwrap());
    assert!((rps * 0.1 - (requests - late)).abs() < 0.1, "{report}");
}

#[test]
fn calls_are_not_made_before_they_are_due() {
    let (service, calls) = willing();
    let run = service.run("bench", &["call", "--json", "--requests", "30", "--rate", "500", "--warm-up", "0"]);
    assert_eq!((run.code, calls.try_iter().count()), (0, 30), "{run:?}");
    // The last one is due after 29 times 2 ms, and the rate is no higher for that it is answered at once.
    assert!(json(&run)["seconds"].as_f64().unwrap() >= 0.06, "{run:?}");
}

#[test]
fn a_rate_beyond_the_places_is_told() {
    let (service, calls, places) = patient();
    let options = ["--duration", "0.05", "--rate", "1000", "--concurrency", "2", "--warm-up", "0", "--timeout", "0.2"];
    let run = service.run("bench", &[&["call", "--json"], &options[..]].concat());
    places.add_permits(2);
    let report = json(&run);
    let [requests, errors, missed] = ["requests", "errors", "missed"].map(|key| report[key].as_u64().unwrap());
    assert_eq!((run.code, calls.try_iter().count() as u64, errors), (3, requests, requests), "{run:?}");
    assert!(requests <= 2 && requests + missed == 50, "{run:?}");
}

#[test]
fn what_is_sent_is_what_was_asked_for() {
    let (service, calls) = willing();
    let once = ["--requests", "1", "--warm-up", "0"];
    service.run("bench", &[&["call", "--payload", "1000"], &once[..]].concat());
    assert_eq!(calls.try_recv().unwrap(), Map::from([("payload", "x".repeat(1000))]));
    service.run("bench", &[&["call", "--body", r#"{"at": {"$date": "2019-03-07"}}"#], &once[..]].concat());
    assert_eq!(Body::from(calls.try_recv().unwrap()).to_string(), r#"{"at":"2019-03-07"}"#);
    service.run("bench", &[&["call"], &once[..]].concat());
    assert_eq!(calls.try_recv().unwrap(), Map::new());

    let headers = |context: ActionContext, _: Map| async move {
        let locale = context.context().as_body().get("locale");
        match (context.switches().as_slice(), locale.as_ref().and_then(|locale| locale.as_str())) {
            ([5, 9], Some("de")) => Ok(()),
            other => Err(ActionError::new("WRONG", format!("{other:?}"))),
        }
    };
    let service = Ours::start(Service::builder("headers").action("call", headers).build().unwrap());
    let options = ["--switch", "5", "--switch", "9", "--context", r#"{"locale": "de"}"#];
    let run = service.run("bench", &[&["call"], &options[..], &once[..]].concat());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
}

#[test]
fn errors_are_counted_by_what_they_were() {
    let (service, _calls) = counted(async |number| match number % 4 {
        0 => Err(ActionError::new("UNLUCKY", "no\u{1b}[2J")),
        1 => Err(ActionError::new("EVIL\u{1b}[2J", "no")),
        _ => Ok(()),
    });
    let options = ["call", "--requests", "8", "--warm-up", "0", "--concurrency", "1"];
    let run = service.run("bench", &[&options[..], &["--json"]].concat());
    let report = json(&run);
    assert_eq!((run.code, run.stderr.as_str(), &report["errors"]), (0, "", &json!(4)), "{run:?}");
    let counts = json!([
        {"kind": "action", "code": "EVIL\u{1b}[2J", "count": 2}, {"kind": "action", "code": "UNLUCKY", "count": 2},
    ]);
    assert_eq!(report["error_counts"], counts);
    assert!(!run.stdout.contains('\u{1b}'), "{run:?}");

    let run = service.run("bench", &options);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("    UNLUCKY        2 (action)\n"), "{run:?}");
    assert!(run.stdout.contains("    EVIL\\u{1b}[2J  2 (action)\n"), "{run:?}");
}

#[test]
fn the_report_comes_first_when_every_call_failed() {
    let fixture = Fixture::start();
    let run = fixture.run("bench", &["square", "--body", r#"{"number": 13}"#, "--requests", "3", "--json"]);
    let errors: Value = serde_json::from_str(&run.stderr).unwrap();
    assert_eq!((run.code, &errors[0]["code"]), (1, &json!("UNLUCKY")), "{run:?}");
    let report = json(&run);
    assert_eq!((&report["requests"], &report["errors"], &report["rps"]), (&json!(3), &json!(3), &json!(0.0)));

    let run = fixture.run("bench", &["job_error", "--requests", "2", "--json"]);
    let counts = &json(&run)["error_counts"];
    assert_eq!((run.code, counts), (1, &json!([{"kind": "job", "code": "JOB_BAD", "count": 2}])), "{run:?}");
}

#[test]
fn nobody_waits_for_a_service_that_cannot_be_reached() {
    let redis = RedisServer::start();
    let url = redis.url();
    let options = ["bench", "nobody", "x", "--timeout", "0.2", "--json", "--redis", &url];
    let run = soa(&options);
    let errors: Value = serde_json::from_str(&run.stderr).unwrap();
    let code = &errors[0]["code"];
    assert_eq!((run.code, run.stdout.as_str(), code), (3, "", &json!("MESSAGE_RECEIVE_TIMEOUT")));

    let run = soa(&[&options[..], &["--warm-up", "0", "--requests", "2"]].concat());
    let counts = json!([{"kind": "timeout", "code": "MESSAGE_RECEIVE_TIMEOUT", "count": 2}]);
    assert_eq!((run.code, &json(&run)["error_counts"]), (3, &counts), "{run:?}");

    drop(redis);
    let run = soa(&[&options[..], &["--warm-up", "0", "--requests", "2"]].concat());
    let counts = json!([{"kind": "transport", "code": "MESSAGE_SEND", "count": 2}]);
    assert_eq!((run.code, &json(&run)["error_counts"]), (3, &counts), "{run:?}");
}

#[test]
fn a_terminal_shows_the_progress_until_the_report_comes() {
    /// What a terminal gets on standard error.
    fn shown(arguments: &[&str]) -> String {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let path = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
        let stderr = File::options().read(true).write(true).open(path).unwrap();
        let mut child = command(arguments).env("TERM", "xterm").stdout(Stdio::null()).stderr(stderr).spawn().unwrap();
        let mut text = Vec::new();
        // When the command has ended nobody has the terminal open, and reading on is an error.
        let _ = File::from(terminal).read_to_end(&mut text);
        assert_eq!(child.wait().unwrap().code(), Some(0));
        String::from_utf8(text).unwrap()
    }

    let (service, _calls) = willing();
    let url = service.url();
    let arguments = ["bench", "counted", "call", "--requests", "10", "--redis", &url];
    let bar = shown(&arguments);
    assert!(bar.contains("0% ") && bar.contains(" requests/s, 0 errors"), "{bar:?}");
    assert!(bar.ends_with("\r\u{1b}[2K"), "the bar should go away: {bar:?}");
    assert_eq!(shown(&[&arguments[..], &["--json"]].concat()), "");
}

#[test]
fn ctrl_c_ends_early_and_prints_what_was_measured() {
    let (service, calls, places) = patient();
    let url = service.url();
    // Interrupts the command when it has made some calls of which all but one are answered.
    let interrupted = |answered: usize, options: &[&str]| {
        let arguments = ["bench", "counted", "call", "--concurrency", "1", "--timeout", "60", "--redis", &url];
        let mut command = command(&[&arguments[..], options].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        places.add_permits(answered);
        (0..=answered).for_each(|_| drop(calls.recv_timeout(Duration::from_secs(60)).unwrap()));
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        let (mut stdout, mut stderr) = (String::new(), String::new());
        child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        places.add_permits(1);
        Run { code: child.wait().unwrap().code().unwrap(), stdout, stderr }
    };

    let run = interrupted(4, &["--duration", "3600", "--json"]);
    let report = json(&run);
    assert_eq!((run.code, &report["requests"], &report["interrupted"]), (0, &json!(3), &json!(true)), "{run:?}");
    assert_eq!(report["unanswered"], json!(1), "{run:?}");
    let run = interrupted(4, &["--requests", "1000000", "--rate", "100000"]);
    assert!(run.stdout.contains(", stopped early\n") && run.stdout.contains("\n  requests    3 in "), "{run:?}");
    assert!(run.stdout.contains("\n  unanswered  1 calls were in flight"), "{run:?}");

    let run = interrupted(0, &["--warm-up", "0"]);
    assert_eq!((run.code, run.stderr.as_str()), (3, "error: no call was answered before the end\n"), "{run:?}");
    assert!(run.stdout.contains("\n  requests    0 in "), "{run:?}");
    let run = interrupted(0, &[]);
    assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{run:?}");
    assert!(run.stderr.contains("stopped before anything was measured: 0 of "), "{run:?}");
}
