//! What a measurement gave, for people and for machines.

use std::time::Duration;

use anstyle::AnsiColor;
use serde_json::{Value as Json, json};

use super::tally::Tally;
use crate::{
    output::{FAINT, STRONG},
    tree::{self, Node},
};

/// A measurement that is over.
pub(super) struct Report<'a> {
    pub(super) title: String,
    pub(super) tally: &'a Tally,
    pub(super) concurrency: u32,
    pub(super) rate: Option<f64>,
    pub(super) warm_up: u64,
    pub(super) warm_up_errors: u64,
    /// The time of measuring, without that of waiting for the last calls.
    pub(super) measured: Duration,
    /// CPU time of this process.
    pub(super) cpu: Duration,
    /// Calls that were due and could not begin.
    pub(super) missed: u64,
    /// Calls that were begun and not waited for.
    pub(super) unanswered: u64,
    pub(super) interrupted: bool,
}

/// The names of the quantiles, for people and for machines.
const QUANTILES: [(f64, &str, &str); 5] = [
    (0.5, "p50", "p50_us"),
    (0.9, "p90", "p90_us"),
    (0.99, "p99", "p99_us"),
    (0.999, "p99.9", "p999_us"),
    (1.0, "max", "max_us"),
];

/// How many calls succeeded in a second of the time of measuring.
pub(super) fn per_second(tally: &Tally, measured: Duration) -> f64 {
    match measured.is_zero() {
        true => 0.0,
        false => (tally.successes() - tally.late) as f64 / measured.as_secs_f64(),
    }
}

impl Report<'_> {
    pub(super) fn page(&self, width: usize) -> String {
        let requests = self.tally.requests();
        let load = match self.rate {
            Some(rate) => format!("{rate} calls due each second, at most {} in flight", self.concurrency),
            None => format!("{} in flight", self.concurrency),
        };
        let early = if self.interrupted { ", stopped early" } else { "" };
        let mut text = format!("{STRONG}{}{STRONG:#}: {FAINT}{load}{early}{FAINT:#}\n", self.title);
        let mut nodes = vec![
            leaf("requests/s", format!("{:.1}", per_second(self.tally, self.measured))),
            leaf("requests", self.requests()),
            self.errors(),
        ];
        if self.missed > 0 {
            let head = format!(
                "{} calls found no place in flight before the end: the service is too slow for this rate, or \
                 --concurrency is too low",
                self.missed
            );
            nodes.push(Node { colour: Some(AnsiColor::Yellow), ..leaf("missed", head) });
        }
        if self.unanswered > 0 {
            let head = format!("{} calls were in flight when it was stopped; they are in no figure", self.unanswered);
            nodes.push(Node { colour: Some(AnsiColor::Yellow), ..leaf("unanswered", head) });
        }
        if requests > 0 {
            let children = QUANTILES.map(|(quantile, name, _)| leaf(name, format!("{:.2?}", self.latency(quantile))));
            nodes.push(Node { label: "latency".to_owned(), children: children.into(), ..Node::default() });
            nodes.push(leaf("client CPU", format!("{:.3} s for 1,000 requests", self.cpu_per_thousand())));
        }
        tree::write(&mut text, &nodes, 2, width);
        text
    }

    pub(super) fn json(&self) -> Json {
        let requests = self.tally.requests();
        let problems = self.tally.problems.iter();
        let problems =
            problems.map(|(problem, count)| json!({"kind": problem.kind, "code": problem.code, "count": count}));
        let mut report = json!({
            "rps": rounded(per_second(self.tally, self.measured), 10.0),
            "requests": requests,
            "errors": self.tally.errors,
            "seconds": rounded(self.measured.as_secs_f64(), 1e6),
        });
        for (quantile, _, name) in QUANTILES {
            report[name] = (requests > 0).then(|| self.latency(quantile).as_micros() as u64).into();
        }
        report["mean_us"] = (requests > 0).then(|| rounded(self.tally.latencies.mean(), 10.0)).into();
        report["cpu_seconds_per_1000"] = (requests > 0).then(|| rounded(self.cpu_per_thousand(), 1e6)).into();
        report["error_counts"] = problems.collect();
        report["late"] = self.tally.late.into();
        report["missed"] = self.missed.into();
        report["unanswered"] = self.unanswered.into();
        report["concurrency"] = self.concurrency.into();
        report["rate"] = self.rate.into();
        report["warm_up"] = self.warm_up.into();
        report["warm_up_errors"] = self.warm_up_errors.into();
        report["interrupted"] = self.interrupted.into();
        report
    }

    fn requests(&self) -> String {
        let late = match self.tally.late {
            0 => String::new(),
            late => format!("; {late} succeeded after the end and do not count for requests/s"),
        };
        format!("{} in {:.3} s{late}", self.tally.requests(), self.measured.as_secs_f64())
    }

    fn errors(&self) -> Node {
        let children = self.tally.problems.iter().map(|(problem, count)| Node {
            colour: Some(AnsiColor::Red),
            ..leaf(&problem.code, format!("{count} ({})", problem.kind))
        });
        Node { children: children.collect(), ..leaf("errors", self.tally.errors.to_string()) }
    }

    fn latency(&self, quantile: f64) -> Duration {
        Duration::from_micros(self.tally.latencies.value_at_quantile(quantile))
    }

    fn cpu_per_thousand(&self) -> f64 {
        self.cpu.as_secs_f64() * 1000.0 / self.tally.requests() as f64
    }
}

fn leaf(label: &str, head: String) -> Node {
    Node { label: label.to_owned(), head, ..Node::default() }
}

fn rounded(number: f64, parts: f64) -> f64 {
    (number * parts).round() / parts
}
