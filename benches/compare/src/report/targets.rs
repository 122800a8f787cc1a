//! What is aimed at, and whether it was reached.

use super::short;
use crate::{
    results::{Better, Results},
    stats::{Spread, ratios},
};

/// Any of PySOA's two: the better one counts.
const PYSOA: &[&str] = &["pysoa", "pysoa-msgpack1"];
const BARE: &[&str] = &["bare"];
const BEST_BARE: &[&str] = &["bare", "bare-transaction"];
const NATS: &[&str] = &["nats"];
const TONIC: &[&str] = &["tonic"];
const OURS: &[&str] = &["ours"];

/// One line of the table.
struct Target {
    what: &'static str,
    workload: &'static str,
    metric: &'static str,
    of: &'static [&'static str],
    to: To,
    better: Better,
    limit: f64,
}

/// What a figure is compared with.
enum To {
    /// Another contender doing the same, of this name.
    Contender(&'static str, &'static [&'static str]),
    /// The same doing another workload.
    Workload(&'static str, &'static str),
    /// Nothing: it counts itself, in this unit.
    Nothing(&'static str),
}

use Better::{Less, More};
use To::{Contender, Nothing, Workload};

const ECHO_64: &str = "echo of 100 bytes, 64 in flight, requests/s";
const ECHO_256: &str = "the same, 256 in flight";
const ALONE: &str = "one in flight, median latency";
const PROCESSOR: &str = "processor time of client and server, 64 in flight";
const LARGE: &str = "10 KB, 64 in flight, requests/s";
const PARALLEL: &str = "`call_actions_parallel` of 1,000, calls/s";
const CHUNKS: &str = "answers of 1 MB in chunks, 4 in flight, MB/s";
const CLIENT_IN: &str = "PySOA's client, our server";
const SERVER_IN: &str = "our client, PySOA's server";
const SELF: &str = "PySOA with itself";

#[rustfmt::skip]
const TARGETS: &[Target] = &[
    Target { what: ECHO_64, workload: "echo/64", metric: "rps", of: OURS, to: Contender("bare pair", BARE), better: More, limit: 0.85 },
    Target { what: ECHO_64, workload: "echo/64", metric: "rps", of: OURS, to: Contender("PySOA", PYSOA), better: More, limit: 40.0 },
    Target { what: ECHO_64, workload: "echo/64", metric: "rps", of: OURS, to: Contender("NATS", NATS), better: More, limit: 1.0 },
    Target { what: ECHO_64, workload: "echo/64", metric: "rps", of: OURS, to: Contender("tonic", TONIC), better: More, limit: 1.5 },
    Target { what: ECHO_256, workload: "echo/256", metric: "rps", of: OURS, to: Contender("bare pair", BARE), better: More, limit: 0.85 },
    Target { what: ECHO_256, workload: "echo/256", metric: "rps", of: OURS, to: Contender("NATS", NATS), better: More, limit: 0.9 },
    Target { what: ECHO_256, workload: "echo/256", metric: "rps", of: OURS, to: Contender("tonic", TONIC), better: More, limit: 1.3 },
    Target { what: ALONE, workload: "echo/1", metric: "p50_us", of: OURS, to: Contender("bare pair", BARE), better: Less, limit: 1.1 },
    Target { what: ALONE, workload: "echo/1", metric: "p50_us", of: OURS, to: Contender("PySOA", PYSOA), better: Less, limit: 0.4 },
    Target { what: PROCESSOR, workload: "echo/64", metric: "cpu_us", of: OURS, to: Contender("bare pair", BARE), better: Less, limit: 1.35 },
    Target { what: LARGE, workload: "large/64", metric: "rps", of: OURS, to: Contender("best bare pair", BEST_BARE), better: More, limit: 0.85 },
    Target { what: LARGE, workload: "large/64", metric: "rps", of: OURS, to: Contender("tonic", TONIC), better: More, limit: 1.0 },
    Target { what: CHUNKS, workload: "chunks/4", metric: "mb_per_s", of: OURS, to: Contender("PySOA", PYSOA), better: More, limit: 10.0 },
    Target { what: PARALLEL, workload: "parallel/1000", metric: "rps", of: OURS, to: Contender("PySOA", PYSOA), better: More, limit: 30.0 },
    Target { what: CLIENT_IN, workload: "echo/1", metric: "rps", of: &["pysoa-to-ours"], to: Contender(SELF, &["pysoa-msgpack1"]), better: More, limit: 1.0 },
    Target { what: CLIENT_IN, workload: "echo/64", metric: "rps", of: &["pysoa-to-ours"], to: Contender(SELF, &["pysoa-msgpack1"]), better: More, limit: 1.0 },
    Target { what: SERVER_IN, workload: "echo/1", metric: "rps", of: &["ours-to-pysoa"], to: Contender(SELF, &["pysoa-msgpack1"]), better: More, limit: 1.0 },
    Target { what: SERVER_IN, workload: "echo/64", metric: "rps", of: &["ours-to-pysoa"], to: Contender(SELF, &["pysoa-msgpack1"]), better: More, limit: 1.0 },
    Target { what: "memory of a worker at rest", workload: "memory/10000", metric: "rest_mb", of: OURS, to: Nothing("MB"), better: Less, limit: 10.0 },
    Target { what: "most memory of a worker, 10,000 requests queued", workload: "memory/10000", metric: "queued_mb", of: OURS, to: Nothing("MB"), better: Less, limit: 40.0 },
    Target { what: "start of a server to its first answer", workload: "start/1", metric: "start_ms", of: OURS, to: Nothing("ms"), better: Less, limit: 40.0 },
    Target { what: "2 workers, 10,000 in flight, requests/s", workload: "workers-10000/2", metric: "rps", of: OURS, to: Workload("1 worker", "workers-10000/1"), better: More, limit: 1.0 },
    Target { what: "4 workers, 10,000 in flight, requests/s", workload: "workers-10000/4", metric: "rps", of: OURS, to: Workload("1 worker", "workers-10000/1"), better: More, limit: 1.0 },
    Target { what: "2 Redis masters, 10,000 in flight, requests/s", workload: "masters-10000/2", metric: "rps", of: OURS, to: Workload("1 master", "masters-10000/1"), better: More, limit: 1.0 },
    Target { what: "3 Redis masters, 10,000 in flight, requests/s", workload: "masters-10000/3", metric: "rps", of: OURS, to: Workload("1 master", "masters-10000/1"), better: More, limit: 1.0 },
    Target { what: "4 Redis masters, 10,000 in flight, requests/s", workload: "masters-10000/4", metric: "rps", of: OURS, to: Workload("1 master", "masters-10000/1"), better: More, limit: 1.0 },
    Target { what: "2 workers, 64 in flight, requests/s", workload: "workers-64/2", metric: "rps", of: OURS, to: Workload("1 worker", "workers-64/1"), better: More, limit: 1.0 },
    Target { what: "4 workers, 64 in flight, requests/s", workload: "workers-64/4", metric: "rps", of: OURS, to: Workload("1 worker", "workers-64/1"), better: More, limit: 1.0 },
    Target { what: "2 Redis masters, 64 in flight, requests/s", workload: "masters-64/2", metric: "rps", of: OURS, to: Workload("1 master", "masters-64/1"), better: More, limit: 1.0 },
    Target { what: "3 Redis masters, 64 in flight, requests/s", workload: "masters-64/3", metric: "rps", of: OURS, to: Workload("1 master", "masters-64/1"), better: More, limit: 1.0 },
    Target { what: "4 Redis masters, 64 in flight, requests/s", workload: "masters-64/4", metric: "rps", of: OURS, to: Workload("1 master", "masters-64/1"), better: More, limit: 1.0 },
    Target { what: "memory of a client, 10,000 calls in flight", workload: "memory/10000", metric: "bytes_per_call", of: OURS, to: Nothing("bytes a call"), better: Less, limit: 4096.0 },
    Target { what: "1 slow action in 100: median latency of the others", workload: "mixed/16", metric: "p50_us", of: OURS, to: Workload("none slow", "calm/16"), better: Less, limit: 1.1 },
    Target { what: "1 slow action in 100: 99th percentile of the others", workload: "mixed/16", metric: "p99_us", of: OURS, to: Workload("none slow", "calm/16"), better: Less, limit: 1.25 },
];

/// The table of targets.
pub(super) fn table(results: &Results) -> String {
    let mut table = "| what | target | median | spread | met |\n|---|---|---|---|---|\n".to_owned();
    for target in TARGETS {
        let measured = Spread::of(target.measured(results));
        let (median, spread, met) = match measured {
            Some(found) => {
                let spread = format!("{} to {}", short(found.least), short(found.most));
                (short(found.median), spread, target.verdict(found))
            }
            None => ("not measured".to_owned(), String::new(), ""),
        };
        table += &format!("| {} | {} | {median} | {spread} | {met} |\n", target.what(), target.aim());
    }
    table
}

impl Target {
    fn what(&self) -> String {
        match (self.what, self.workload.rsplit_once('/')) {
            (CLIENT_IN | SERVER_IN, Some((_, inflight))) => format!("{}, {inflight} in flight, requests/s", self.what),
            _ => self.what.to_owned(),
        }
    }

    fn aim(&self) -> String {
        let sign = if self.better == More { '≥' } else { '≤' };
        match self.to {
            Contender(name, _) | Workload(name, _) => format!("{sign} {} × {name}", self.limit),
            Nothing(unit) => format!("{sign} {} {unit}", self.limit),
        }
    }

    /// The figure, or the ratio, of each round.
    fn measured(&self, results: &Results) -> Vec<f64> {
        let find = |workload, contenders| results.values(workload, contenders, self.metric, self.better);
        let of = find(self.workload, self.of);
        match self.to {
            Contender(_, to) => ratios(&of, &find(self.workload, to)),
            Workload(_, workload) => ratios(&of, &find(workload, self.of)),
            Nothing(_) => of.into_values().collect(),
        }
    }

    fn verdict(&self, found: Spread) -> &'static str {
        let is_met = |value: f64| if self.better == More { value >= self.limit } else { value <= self.limit };
        let best = if self.better == More { found.most } else { found.least };
        match (is_met(found.median), is_met(best)) {
            (true, _) => "yes",
            (false, true) => "no, but within the spread",
            (false, false) => "no",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::results::Sample;

    fn results(samples: &[(&str, &str, usize, &str, f64)]) -> Results {
        let sample = |&(workload, contender, round, metric, value): &(&str, &str, usize, &str, f64)| Sample {
            workload: workload.to_owned(),
            contender: contender.to_owned(),
            round,
            values: BTreeMap::from([(metric.to_owned(), value)]),
        };
        Results { samples: samples.iter().map(sample).collect(), ..Results::default() }
    }

    fn line(results: &Results, what: &str) -> String {
        let table = table(results);
        table.lines().find(|line| line.contains(what)).unwrap().to_owned()
    }

    #[test]
    fn a_ratio_to_the_better_of_two_is_told_with_its_spread() {
        let results = results(&[
            ("large/64", "ours", 0, "rps", 80.0),
            ("large/64", "bare", 0, "rps", 50.0),
            ("large/64", "bare-transaction", 0, "rps", 100.0),
            ("large/64", "ours", 1, "rps", 90.0),
            ("large/64", "bare", 1, "rps", 100.0),
        ]);
        let expected = "| 10 KB, 64 in flight, requests/s | ≥ 0.85 × best bare pair | 0.85 | 0.80 to 0.90 | yes |";
        assert_eq!(line(&results, "best bare pair"), expected);
        let expected = "| 10 KB, 64 in flight, requests/s | ≥ 1 × tonic | not measured |  |  |";
        assert_eq!(line(&results, "1 × tonic"), expected);
    }

    #[test]
    fn less_is_better_for_times_and_sizes() {
        let rest = |value| results(&[("memory/10000", "ours", 0, "rest_mb", value)]);
        assert!(line(&rest(9.5), "at rest").ends_with("≤ 10 MB | 9.50 | 9.50 to 9.50 | yes |"));
        assert!(line(&rest(10.5), "at rest").ends_with("| no |"));
        let workers = results(&[
            ("workers-64/1", "ours", 0, "rps", 10.0),
            ("workers-64/2", "ours", 0, "rps", 9.0),
            ("workers-64/1", "ours", 1, "rps", 10.0),
            ("workers-64/2", "ours", 1, "rps", 10.5),
            ("workers-64/1", "ours", 2, "rps", 10.0),
            ("workers-64/2", "ours", 2, "rps", 9.5),
        ]);
        assert!(line(&workers, "2 workers, 64").ends_with("| 0.95 | 0.90 to 1.05 | no, but within the spread |"));
    }
}
