//! What was measured, as it is.

use std::collections::BTreeSet;

use super::short;
use crate::{
    results::{Better, Results},
    stats::Spread,
};

/// Workloads that are told in one table, and the figures that say something about them.
struct Group {
    title: &'static str,
    workloads: &'static [&'static str],
    metrics: &'static [(&'static str, &'static str)],
}

const LOOP: &[(&str, &str)] = &[
    ("rps", "requests/s"),
    ("p50_us", "p50 µs"),
    ("p99_us", "p99 µs"),
    ("client_cpu_us", "CPU µs: client"),
    ("server_cpu_us", "server"),
    ("between_cpu_us", "between"),
];

const GROUPS: &[Group] = &[
    Group { title: "Echo of 100 bytes", workloads: &["echo/1", "echo/64", "echo/256"], metrics: LOOP },
    Group { title: "Echo of 10 KB", workloads: &["large/64"], metrics: LOOP },
    Group {
        title: "Answers of 1 MB in chunks of 100 KB",
        workloads: &["chunks/4"],
        metrics: &[("mb_per_s", "MB/s"), ("p50_us", "p50 µs"), ("cpu_us", "CPU µs of client and server")],
    },
    Group {
        title: "`call_actions_parallel` of 1,000",
        workloads: &["parallel/1000"],
        metrics: &[
            ("rps", "calls/s"),
            ("p50_us", "p50 µs of all 1,000"),
            ("cpu_us", "CPU µs of client and server a call"),
        ],
    },
    Group {
        title: "Workers and Redis masters, 10,000 in flight",
        workloads: &[
            "workers-10000/1",
            "workers-10000/2",
            "workers-10000/4",
            "masters-10000/1",
            "masters-10000/2",
            "masters-10000/3",
            "masters-10000/4",
        ],
        metrics: LOOP,
    },
    Group {
        title: "Workers and Redis masters, 64 in flight",
        workloads: &[
            "workers-64/1",
            "workers-64/2",
            "workers-64/4",
            "masters-64/1",
            "masters-64/2",
            "masters-64/3",
            "masters-64/4",
        ],
        metrics: LOOP,
    },
    Group {
        title: "Fast calls alone, and with one call of 20 ms beside every hundred",
        workloads: &["calm/16", "mixed/16"],
        metrics: &[("rps", "requests/s"), ("p50_us", "p50 µs"), ("p99_us", "p99 µs")],
    },
    Group {
        title: "Memory: a worker at rest, at most with 10,000 requests queued, and a client for each call in flight",
        workloads: &["memory/10000"],
        metrics: &[("rest_mb", "at rest MB"), ("queued_mb", "queued MB"), ("bytes_per_call", "client, bytes a call")],
    },
    Group { title: "Start of a server to its first answer", workloads: &["start/1"], metrics: &[("start_ms", "ms")] },
];

/// A table for each group of which something was measured.
pub(super) fn tables(results: &Results) -> String {
    let tables = GROUPS.iter().filter_map(|group| {
        let rows: String = group.workloads.iter().map(|workload| rows(results, workload, group.metrics)).collect();
        if rows.is_empty() {
            return None;
        }
        let titles: String = group.metrics.iter().map(|(_, title)| format!(" {title} |")).collect();
        let line = "---|".repeat(group.metrics.len());
        Some(format!("{}\n\n| in flight | contender |{titles}\n|---|---|{line}\n{rows}", group.title))
    });
    tables.collect::<Vec<_>>().join("\n")
}

fn rows(results: &Results, workload: &str, metrics: &[(&str, &str)]) -> String {
    let mut known = BTreeSet::new();
    let samples = results.samples.iter().filter(|sample| sample.workload == workload);
    let contenders = samples.map(|sample| &*sample.contender).filter(|contender| known.insert(*contender));
    let mut rows = String::new();
    for contender in contenders {
        let cells = metrics.iter().map(|(metric, _)| {
            let values = results.values(workload, &[contender], metric, Better::More);
            Spread::of(values.into_values()).map_or_else(|| " |".to_owned(), |found| format!(" {} |", cell(found)))
        });
        rows += &format!("| {} | {contender} |{}\n", label(workload), cells.collect::<String>());
    }
    rows
}

/// Workloads that differ in something else than concurrency are told by that.
fn label(workload: &str) -> String {
    match workload.split_once('/') {
        Some(("calm", inflight)) => format!("{inflight}, none slow"),
        Some(("mixed", inflight)) => format!("{inflight}, 1 % slow"),
        Some((kind, number)) => match kind.split_once('-') {
            Some((kind, inflight)) => format!("{inflight}, {number} {kind}"),
            None => number.to_owned(),
        },
        None => workload.to_owned(),
    }
}

fn cell(found: Spread) -> String {
    match found.least == found.most {
        true => short(found.median),
        false => format!("{} ({} to {})", short(found.median), short(found.least), short(found.most)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::results::Sample;

    #[test]
    fn a_table_has_a_row_for_each_contender_and_only_what_was_measured() {
        let sample = |contender: &str, round, value| Sample {
            workload: "start/1".to_owned(),
            contender: contender.to_owned(),
            round,
            values: BTreeMap::from([("start_ms".to_owned(), value)]),
        };
        let samples = vec![sample("pysoa", 0, 430.0), sample("ours", 0, 6.0), sample("ours", 1, 8.0)];
        let tables = tables(&Results { samples, ..Results::default() });
        let expected = "Start of a server to its first answer\n\n| in flight | contender | ms |\n|---|---|---|\n\
                        | 1 | pysoa | 430 |\n| 1 | ours | 7.00 (6.00 to 8.00) |\n";
        assert_eq!(tables, expected);
    }
}
