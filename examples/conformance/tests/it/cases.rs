//! The calls that every pair of client and service must answer alike.

use serde_json::{Value as Json, json};
use soa_common::serializer::Serializer;

/// One call of a client's method; the service's name is put in when it is made.
pub(crate) struct Case {
    pub(crate) method: &'static str,
    pub(crate) arguments: Json,
}

impl Case {
    /// The keyword arguments for a call to `service`.
    pub(crate) fn arguments_for(&self, service: &str) -> Json {
        let mut arguments = self.arguments.clone();
        match arguments.get_mut("jobs") {
            Some(jobs) => jobs.as_array_mut().unwrap().iter_mut().for_each(|job| job["service_name"] = json!(service)),
            None => arguments["service_name"] = json!(service),
        }
        arguments
    }
}

/// All that a serializer can carry, and a few that it cannot.
pub(crate) fn cases(serializer: Serializer) -> Vec<Case> {
    let own = match serializer {
        Serializer::Msgpack => [echoed(typed()), unwritable_in_msgpack()].concat(),
        Serializer::Json => echoed(unwritable_in_json()),
    };
    let actions = bodies().into_iter().chain(own).flat_map(|(action, body)| {
        let arguments = json!({"action": action, "body": body, "correlation_id": "c-1"});
        let mut returned = arguments.clone();
        returned["raise_action_errors"] = json!(false);
        returned["raise_job_errors"] = json!(false);
        [arguments, returned].map(|arguments| case("call_action", arguments))
    });
    actions.chain(headers()).chain(jobs()).chain(parallel()).collect()
}

fn echoed(bodies: Vec<Json>) -> Vec<(&'static str, Json)> {
    bodies.into_iter().map(|body| ("echo", body)).collect()
}

fn case(method: &'static str, arguments: Json) -> Case {
    Case { method, arguments }
}

/// Every action, with good bodies and bad ones.
fn bodies() -> Vec<(&'static str, Json)> {
    vec![
        ("square", json!({"number": 7})),
        ("square", json!({"number": 0, "note": null})),
        ("square", json!({"number": 3_000_000_000_u64, "note": "é\n\u{1f600}"})),
        ("square", json!({"number": u32::MAX})),
        ("square", json!({"number": -1})),
        ("square", json!({"number": "7"})),
        ("square", json!({"number": 7.0})),
        ("square", json!({"number": true})),
        ("square", json!({"number": null})),
        ("square", json!({"number": [1]})),
        ("square", json!({"number": 7, "note": 1})),
        ("square", json!({})),
        ("square", json!({"note": []})),
        ("square", json!({"number": 7, "b": 1, "a": 2})),
        ("square", json!({"number": -1, "note": 2, "": 3, "é": 4})),
        ("square", json!({"number": 13})),
        ("square", json!({"number": 13, "x": 1})),
        ("bad_response", json!({"number": 1})),
        ("bad_response", json!({"number": 13})),
        ("boom", json!({})),
        ("denied", json!({})),
        ("job_error", json!({})),
        ("unheard_of", json!({})),
        ("", json!({})),
        ("ünknown \"quoted\" {}", json!({})),
        ("big", json!({"size": 0})),
        ("big", json!({"size": 70_000})),
        ("big", json!({"size": 300_000})),
        ("big", json!({"size": -5})),
        ("big", json!({"size": true})),
        ("echo", json!({"too large": "a".repeat(110_000)})),
        ("big", json!({})),
        ("versioned", json!({})),
        ("context", json!({"ignored": 1})),
        ("sleep", json!({"seconds": 0.01})),
        ("sleep", json!({"seconds": 0})),
        ("sleep", json!({"seconds": "1"})),
        ("sleep", json!({})),
        ("spin", json!({"seconds": 0.001})),
        ("spin", json!({"seconds": -1.5})),
        ("spin", json!({"seconds": true})),
        ("pid", json!({})),
        ("get_users", json!({})),
        ("get_users", json!({"ids": []})),
        ("get_users", json!({"ids": [10, 1, 99, 1, 0, -1]})),
        ("get_users", json!({"ids": [1, "2", null, 4.0]})),
        ("get_users", json!({"ids": {"1": 2}})),
        ("get_users", json!({"ids": null})),
        ("get_users", json!({"ids": [u64::MAX, 2, i64::MIN]})),
        ("get_companies", json!({"ids": [5, 6, 2]})),
        ("get_companies", json!({})),
        ("local", json!({"number": 9})),
        ("local", json!({"number": 13})),
        ("local", json!({"number": -1})),
        ("local", json!({"number": "x"})),
        ("relay", json!({})),
        ("catalogue", json!({"id": "x", "list": [1], "text": "é\u{1f600}", "by_text": {"a": [null]}})),
        ("catalogue", json!({"list": [1, "x"], "any": null, "currency": "x", "polymorph": {"kind": "cow"}, "é": 1})),
        ("order", json!({"lines": [{"article": "A-1", "pieces": 0}, {}], "delivery": {"boxes": [-1]}, "b": 1, "a": 2})),
        ("echo", json!({})),
        (
            "echo",
            json!({
                "plain": [null, true, false, 0, -1, -33, 127, 128, 255, 256, 65_535, 65_536, 4_294_967_295_u64],
                "wide": [u64::MAX, i64::MAX, i64::MIN, -129, -32_769, -2_147_483_649_i64],
                "floats": [0.0, -0.0, 1.5, 1e300, -1e-300, 0.1],
                "texts": ["", "é", "\u{0}", "\u{10ffff}", "x".repeat(40), "y".repeat(300)],
                "deep": (0..100).fold(json!({"a": null}), |inner, _| json!([inner])),
                "list": (0..20).collect::<Vec<_>>(),
                "wide map": (0..20).map(|number| (format!("k{number}"), json!(number))).collect::<serde_json::Map<_, _>>(),
            }),
        ),
    ]
}

/// Bodies of types that only MessagePack has.
fn typed() -> Vec<Json> {
    vec![
        json!({"dates": [{"$date": "0001-01-01"}, {"$date": "2020-02-29"}, {"$date": "9999-12-31"}]}),
        json!({"times": [{"$time": "00:00:00"}, {"$time": "23:59:59.999999"}, {"$time": "01:02:03.000400"}]}),
        json!({"naive": [
            {"$datetime": "1970-01-01T00:00:00"},
            {"$datetime": "1969-12-31T23:59:59.999999"},
            {"$datetime": "0001-01-01T00:00:00"},
            {"$datetime": "9999-12-31T23:59:59"},
        ]}),
        json!({"utc": [{"$datetime_utc": "2020-01-31T23:59:59.000001"}, {"$datetime_utc": "1900-01-01T00:00:00"}]}),
        json!({"decimals": [
            {"$decimal": "NaN"}, {"$decimal": "-Infinity"}, {"$decimal": "1E+10"}, {"$decimal": "0.00"},
            {"$decimal": "-1.500"}, {"$decimal": "123456789012345678901234567890.1"},
        ]}),
        json!({"amounts": [
            {"$amount": ["USD", 1599]}, {"$amount": ["JPY", -1]}, {"$amount": ["EUR", i64::MAX]},
            {"$amount": ["EUR", i64::MIN]},
        ]}),
        json!({"bytes": [{"$bytes": ""}, {"$bytes": "AP8="}]}),
        json!({"floats": [{"$float": "inf"}, {"$float": "-inf"}, {"$float": "nan"}]}),
        json!({"keys": {"$map": [[1, "one"], [-5, "minus"], ["1", "text"], [u64::MAX, "max"]]}}),
        json!({"nested": {"$map": [[7, {"at": {"$date": "2020-01-31"}, "$tag": [{"$decimal": "1.0"}]}]]}}),
    ]
}

/// What gives numbers that only JSON can hold, written by Python.
fn unwritable_in_msgpack() -> Vec<(&'static str, Json)> {
    ["square", "local"].map(|action| (action, json!({"number": u64::MAX}))).to_vec()
}

/// Bodies that JSON has no form for.
fn unwritable_in_json() -> Vec<Json> {
    vec![
        json!({"date": {"$date": "2020-02-29"}}),
        json!({"list": [{"time": {"$time": "00:00:00"}}]}),
        json!({"datetime": {"$datetime": "1970-01-01T00:00:00"}}),
        json!({"decimal": {"$decimal": "1.5"}}),
        json!({"amount": {"$amount": ["USD", 1599]}}),
        json!({"bytes": {"$bytes": "AP8="}}),
    ]
}

/// Switches, context and control.
fn headers() -> Vec<Case> {
    let contexts = [
        json!({}),
        json!({"switches": [5, 3, 3]}),
        json!({"switches": []}),
        json!({"context": {"caller": "me", "extra": [1, {"a": null}]}}),
        json!({"context": {"switches": [9]}, "switches": [1]}),
        json!({"control_extra": {"flag": true, "nested": {"a": 1}}}),
        json!({"timeout": 20}),
        json!({"timeout": 20, "control_extra": {"timeout": 7}}),
    ];
    let versions = [json!([5]), json!([4, 5, 6]), json!([4])];
    let mut cases: Vec<_> = contexts
        .into_iter()
        .map(|mut arguments| {
            arguments["action"] = json!("context");
            arguments["correlation_id"] = json!("c-2");
            case("call_action", arguments)
        })
        .collect();
    cases.extend(versions.map(|switches| case("call_action", json!({"action": "versioned", "switches": switches}))));
    // The caller's own context names the correlation id when the argument does not.
    cases.push(case("call_action", json!({"action": "context", "context": {"correlation_id": "c-3"}})));
    cases
}

/// Several actions in one job.
fn jobs() -> Vec<Case> {
    let square = |number: i64| json!({"action": "square", "body": {"number": number}});
    let named = |action: &str| json!({"action": action});
    let lists = [
        json!([square(1), square(2), square(3)]),
        json!([square(1), square(13), square(3)]),
        json!([named("boom"), square(2)]),
        json!([square(1), named("unheard_of"), named("denied"), square(4)]),
        json!([square(1), named("job_error"), square(3)]),
        json!([named("pid"), named("versioned"), {"action": "echo", "body": {"a": 1}}]),
    ];
    let mut cases = Vec::new();
    for actions in lists {
        for continue_on_error in [false, true] {
            for raise in [false, true] {
                cases.push(case(
                    "call_actions",
                    json!({
                        "actions": actions, "continue_on_error": continue_on_error, "correlation_id": "c-4",
                        "raise_action_errors": raise, "raise_job_errors": raise,
                    }),
                ));
            }
        }
    }
    cases
}

/// Several jobs at once.
fn parallel() -> Vec<Case> {
    let square = |number: i64| json!({"action": "square", "body": {"number": number}});
    let squares: Vec<_> = (1..=12).map(square).collect();
    let mixed = json!([square(1), square(13), {"action": "boom"}, {"action": "denied"}, square(5)]);
    let jobs = json!([
        {"actions": [square(1), square(2)]},
        {"actions": [square(13), square(2)]},
        {"actions": [{"action": "job_error"}]},
        {"actions": [{"action": "versioned"}, {"action": "context"}]},
    ]);
    let returned = json!({"raise_action_errors": false, "raise_job_errors": false, "correlation_id": "c-5"});
    let with = |key: &str, value: &Json| {
        let mut arguments = returned.clone();
        arguments[key] = value.clone();
        arguments
    };
    vec![
        case("call_actions_parallel", json!({"actions": squares})),
        case("call_actions_parallel", json!({"actions": squares, "timeout": 20, "catch_transport_errors": true})),
        case("call_actions_parallel", json!({"actions": mixed})),
        case("call_actions_parallel", with("actions", &mixed)),
        case("call_actions_parallel", json!({"actions": []})),
        case("call_jobs_parallel", json!({"jobs": jobs})),
        case("call_jobs_parallel", with("jobs", &jobs)),
        case("call_jobs_parallel", {
            let mut arguments = with("jobs", &jobs);
            arguments["continue_on_error"] = json!(true);
            arguments["switches"] = json!([5]);
            arguments
        }),
    ]
}
