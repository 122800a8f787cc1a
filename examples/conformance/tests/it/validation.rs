//! Both services find the same wrong with the same bodies, in the same words and order.

use serde_json::{Value as Json, json};
use soa_common::serializer::Serializer;
use soa_fixtures::{PythonService, RedisServer};

use crate::{
    bodies::{self, Values},
    comparable::difference,
    service::OurService,
    wire,
};

/// Both services on a Redis server of their own.
struct Twins {
    redis: RedisServer,
    _ours: OurService,
    _theirs: PythonService,
}

impl Twins {
    fn start() -> Self {
        let redis = RedisServer::start();
        let port = redis.port();
        // What is logged of so many bodies would take longer than checking them.
        let levels = ["request_log_success_level", "request_log_error_level"];
        let ours = OurService::builder("ours", &[port]);
        let ours = levels.iter().fold(ours, |ours, level| ours.setting(level, json!("DEBUG")));
        let theirs = PythonService::builder("theirs").redis(port);
        let theirs = levels.iter().fold(theirs, |theirs, level| theirs.setting(level, "\"DEBUG\""));
        Self { redis, _ours: ours.start(), _theirs: theirs.start() }
    }

    fn ask(&self, serializer: Serializer, service: &str, action: &str, bodies: &[Json]) -> Vec<Json> {
        // Many in one job, and fewer than a response has room for.
        let jobs = bodies.chunks(60);
        jobs.flat_map(|bodies| wire::ask(&self.redis, serializer, service, action, bodies)).collect()
    }

    /// Gives what the original answers to these bodies, once ours answers the same.
    #[track_caller]
    fn check(&self, serializer: Serializer, action: &str, bodies: &[Json]) -> Vec<Json> {
        let [ours, theirs] = ["ours", "theirs"].map(|service| self.ask(serializer, service, action, bodies));
        let mut differences = String::new();
        for ((body, found), expected) in bodies.iter().zip(&ours).zip(&theirs) {
            if found != expected {
                differences += &format!("{action} {body}\n{}", difference(found, expected).unwrap_or_default());
            }
        }
        assert!(differences.is_empty(), "{serializer:?}\n{differences}");
        theirs
    }
}

/// A body that fits.
fn base(action: &str) -> Json {
    match action {
        "catalogue" => json!({"id": "x"}),
        _ => bodies::order()[..bodies::REQUIRED]
            .iter()
            .map(|values| (values.key.to_owned(), values.good[0].clone()))
            .collect(),
    }
}

/// A body for each value of each key, and whether it fits.
fn one_by_one(action: &str, keys: &[Values]) -> Vec<(Json, bool)> {
    let body = |key: &str, value: &Json| {
        let mut body = base(action);
        body[key] = value.clone();
        body
    };
    let bodies = keys.iter().flat_map(|values| {
        let good = values.good.iter().map(|value| (body(values.key, value), true));
        let bad = values.bad.iter().map(|value| (body(values.key, value), false));
        good.chain(bad).collect::<Vec<_>>()
    });
    bodies.collect()
}

#[test]
fn each_field() {
    let twins = Twins::start();
    for (action, keys) in [("catalogue", bodies::catalogue()), ("order", bodies::order())] {
        let all = one_by_one(action, &keys);
        let plain: Vec<_> = all.iter().filter(|(body, _)| !body.to_string().contains("\"$")).cloned().collect();
        for (serializer, cases) in [(Serializer::Msgpack, all), (Serializer::Json, plain)] {
            let (bodies, fits): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
            let answers = twins.check(serializer, action, &bodies);
            for ((body, fits), answer) in bodies.iter().zip(fits).zip(&answers) {
                assert_eq!(answer["errors"] == json!([]), fits, "{body}: {answer}");
            }
        }
    }
}

/// What no field alone is about: absent and unknown keys, bodies that are wrong all over, and any mix of that.
#[test]
fn whole_bodies() {
    let twins = Twins::start();
    let worst = |keys: &[Values], with: Json| {
        let mut body = with;
        keys.iter().for_each(|values| body[values.key] = values.bad.last().or(values.good.first()).unwrap().clone());
        body
    };
    let catalogue = [
        json!({}),
        json!({"x": 1}),
        json!({"id": null, "ID": 1}),
        json!({"id": "x", "\u{1f600}": 1, "\u{ffff}": 1, "é": 1, "z": 1, "Z": 1, "": 1, "a.b": 1, "a,b": 1, "\u{0}": 1}),
        json!({"id": "x", "list": [1, "x", null, [], {}, 2.5, true]}),
        worst(&bodies::catalogue(), json!({})),
        worst(&bodies::catalogue(), json!({"id": 5, "b": 1, "a": 2})),
    ];
    twins.check(Serializer::Msgpack, "catalogue", &catalogue);
    let order = [
        json!({}),
        json!({"x": 1, "customer": "é"}),
        worst(&bodies::order(), json!({})),
        worst(&bodies::order(), json!({"fox": 1, "Fax": true})),
    ];
    twins.check(Serializer::Msgpack, "order", &order);
    generated(&twins);
}

fn generated(twins: &Twins) {
    let mut rng = fastrand::Rng::with_seed(1_4_9);
    let mut generate = |keys: &[Values], required| -> Vec<Json> {
        (0..200).map(|_| bodies::generated(&mut rng, keys, required)).collect()
    };
    let mut catalogue = generate(&bodies::catalogue(), 0);
    catalogue.iter_mut().skip(20).for_each(|body| body["id"] = json!("x"));
    let order = generate(&bodies::order(), bodies::REQUIRED);
    for (action, bodies) in [("catalogue", catalogue), ("order", order)] {
        let answers = twins.check(Serializer::Msgpack, action, &bodies);
        // Good and bad ones are both there.
        let good = answers.iter().filter(|answer| answer["errors"] == json!([])).count();
        assert!((10..190).contains(&good), "{good} of {action} are good");
    }
}

/// Where the original refuses what it should take, or fails, ours answers: each case, its error and our errors.
#[test]
fn what_the_original_cannot_check() {
    let twins = Twins::start();
    const RAISES: &str = "SERVER_ERROR";
    let cases = [
        // A switch that cannot be read.
        (json!({"polymorph": {"lives": 9}}), RAISES, json!([["MISSING", "Missing key: kind", "polymorph.kind"]])),
        (json!({"polymorph": "cat"}), RAISES, json!([["INVALID", "Not a dict", "polymorph"]])),
        (json!({"polymorph": {"kind": [1]}}), RAISES, json!([["UNKNOWN", "Invalid switch value '[1]'", "polymorph"]])),
        (json!({"deep_polymorph": {}}), RAISES, json!([["MISSING", "Missing key: head", "deep_polymorph.head"]])),
        // Keys that cannot be sorted.
        (
            json!({"sum": {"$map": [["x", 1], [2, 1], ["whole", 0], ["parts", []]]}}),
            RAISES,
            json!([["UNKNOWN", "Extra keys present: 2, x", "sum"]]),
        ),
        // Values that cannot be compared.
        (
            json!({"decimal": {"$decimal": "NaN"}}),
            RAISES,
            json!([["INVALID", "Value not < 2.5", "decimal"], ["INVALID", "Value not >= 1", "decimal"]]),
        ),
        (
            json!({"datetime": {"$datetime_utc": "2019-01-01T00:00:00"}}),
            RAISES,
            json!([["INVALID", "Value not >= 2020-01-01 02:03:04.000005", "datetime"]]),
        ),
        (
            json!({"moment": {"$datetime": "2020-01-01T00:00:00"}}),
            RAISES,
            json!([["INVALID", "Value not > 2020-01-01 00:00:00+00:00", "moment"]]),
        ),
        // A validator that cannot judge the value: the original tells of the exception.
        (json!({"even": "x"}), "INVALID", json!([["INVALID", "Not an even number", "even"]])),
        // What the original refuses whatever it is.
        (json!({"deprecated": 1}), "INVALID", json!([])),
        (json!({"deprecated": "1"}), "INVALID", json!([["INVALID", "Not an integer", "deprecated"]])),
        // Lists are all that the wire can carry in place of sets and tuples.
        (json!({"set": [1, 2]}), "INVALID", json!([])),
        (json!({"set": [1, "x"]}), "INVALID", json!([["INVALID", "Not an integer", "set.[x]"]])),
        (json!({"tuple": [1, "x"]}), "INVALID", json!([])),
        (
            json!({"tuple": [1]}),
            "INVALID",
            json!([["INVALID", "Number of elements 1 does not match expected 2", "tuple"]]),
        ),
    ];
    for (mut body, their_code, our_errors) in cases {
        body["id"] = json!("x");
        let [ours, theirs] = ["ours", "theirs"]
            .map(|service| twins.ask(Serializer::Msgpack, service, "catalogue", std::slice::from_ref(&body)).remove(0));
        assert_eq!(theirs["errors"][0]["code"], their_code, "{body}: {theirs}");
        let errors = ours["errors"].as_array().unwrap().iter();
        let errors: Json = errors.map(|error| json!([error["code"], error["message"], error["field"]])).collect();
        assert_eq!(errors, our_errors, "{body}");
    }
}
