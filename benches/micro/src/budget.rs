//! How many instructions each case may take, and whether it does.

use std::{collections::BTreeMap, fmt};

use serde::Deserialize;

use crate::RUNS;

/// The instructions of one run of each case, by module and name.
pub type Counts = BTreeMap<String, BTreeMap<String, u64>>;

/// By how many per cent a case may exceed its budget, and stay below it before the budget is worth lowering.
const TOLERANCE: u64 = 10;

/// What stands above the budget.
const HEADER: &str = "\
# How many instructions one run of each microbenchmark may take; 10 % more are tolerated.
# Written by `scripts/bench-budget --update`. CONTRIBUTING.md says when to do that.
";

/// Why counts cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The budget is no table of tables of whole numbers.
    #[error("the budget is wrong: {0}")]
    Budget(#[from] toml::de::Error),
    /// A summary is not as gungraun writes it.
    #[error("the results of gungraun cannot be read: {0}")]
    Summary(#[from] serde_json::Error),
    /// A summary lacks what is needed of it.
    #[error("the results of gungraun have no instructions for {case}: is its version another one?")]
    NoInstructions {
        /// Which case it is about.
        case: String,
    },
    /// There are no summaries.
    #[error("gungraun gave no results")]
    NoSummaries,
}

/// One result of gungraun, as `--output-format=json` prints it.
#[derive(Deserialize)]
struct Summary {
    function_name: String,
    id: String,
    profiles: Vec<serde_json::Value>,
}

/// Reads a budget.
///
/// # Errors
/// When it is none.
pub fn read_budget(toml: &str) -> Result<Counts, ReadError> {
    Ok(toml::from_str(toml)?)
}

/// A budget of exactly these counts.
#[must_use]
pub fn write_budget(counts: &Counts) -> String {
    let mut toml = HEADER.to_owned();
    for (module, cases) in counts {
        toml += &format!("\n[{module}]\n");
        for (case, instructions) in cases {
            toml += &format!("{case} = {instructions}\n");
        }
    }
    toml
}

/// Reads what gungraun counted.
///
/// # Errors
/// When it is not what gungraun prints, or nothing.
pub fn read_summaries(json: &str) -> Result<Counts, ReadError> {
    let mut counts = Counts::new();
    for summary in serde_json::Deserializer::from_str(json).into_iter() {
        let Summary { function_name: module, id: case, profiles } = summary?;
        let count = profiles.iter().find_map(|profile| {
            profile.pointer("/data/total/metrics/Ir/values/new").and_then(serde_json::Value::as_u64)
        });
        let Some(count) = count else {
            return Err(ReadError::NoInstructions { case: format!("{module}::{case}") });
        };
        counts.entry(module).or_default().insert(case, count / u64::from(RUNS));
    }
    if counts.is_empty() { Err(ReadError::NoSummaries) } else { Ok(counts) }
}

/// The cases of a budget beside what was counted.
#[derive(Debug)]
pub struct Comparison(Vec<Row>);

#[derive(Debug)]
struct Row {
    name: String,
    budget: Option<u64>,
    now: Option<u64>,
}

impl Comparison {
    /// Puts what was counted beside the budget.
    #[must_use]
    pub fn new(budget: &Counts, now: &Counts) -> Self {
        let mut rows = BTreeMap::new();
        for (counts, is_budget) in [(budget, true), (now, false)] {
            for (module, cases) in counts {
                for (case, count) in cases {
                    let name = format!("{module}::{case}");
                    let row = rows.entry(name.clone()).or_insert(Row { name, budget: None, now: None });
                    *(if is_budget { &mut row.budget } else { &mut row.now }) = Some(*count);
                }
            }
        }
        Self(rows.into_values().collect())
    }

    /// Whether every case was counted and is within its budget.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.0.iter().all(Row::is_kept)
    }
}

impl Row {
    fn is_kept(&self) -> bool {
        matches!((self.budget, self.now), (Some(budget), Some(now)) if now * 100 <= budget * (100 + TOLERANCE))
    }

    fn change(&self) -> String {
        match (self.budget, self.now) {
            (Some(budget), Some(now)) => format!("{:+.1} %", (now as f64 / budget.max(1) as f64 - 1.0) * 100.0),
            _ => String::new(),
        }
    }

    fn remark(&self) -> &'static str {
        match (self.budget, self.now) {
            (_, None) => "MISSING: no benchmark of this name ran",
            (None, _) => "MISSING: has no budget",
            _ if !self.is_kept() => "TOO MUCH",
            (Some(budget), Some(now)) if now * 100 < budget * (100 - TOLERANCE) => "the budget can be lowered",
            _ => "",
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |count: Option<u64>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
        writeln!(f, "{:<28} {:>12} {:>12} {:>9}", "instructions of one run", "budget", "now", "change")?;
        for row in &self.0 {
            let (budget, now) = (count(row.budget), count(row.now));
            let line = format!("{:<28} {budget:>12} {now:>12} {:>9}  {}", row.name, row.change(), row.remark());
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(cases: &[(&str, &str, u64)]) -> Counts {
        let mut counts = Counts::new();
        for (module, case, count) in cases {
            counts.entry((*module).to_owned()).or_default().insert((*case).to_owned(), *count);
        }
        counts
    }

    #[test]
    fn a_budget_that_was_written_is_read_again() {
        let counts = counts(&[("frame", "decode", 870), ("server", "request", 160_000), ("server", "other", 1)]);
        assert_eq!(read_budget(&write_budget(&counts)).unwrap(), counts);
        assert_eq!(read_budget("").unwrap(), Counts::new());
    }

    #[test]
    fn wrong_budgets_are_told() {
        for (toml, part) in [
            ("[frame]\ndecode = -1\n", "decode = -1"),
            ("[frame]\ndecode = 1.5\n", "decode = 1.5"),
            ("frame = 1\n", "frame = 1"),
            ("[frame]\ndecode = 1\ndecode = 2\n", "duplicate key"),
            ("[frame\n", "[frame"),
        ] {
            let error = read_budget(toml).unwrap_err().to_string();
            assert!(error.starts_with("the budget is wrong: ") && error.contains(part), "{toml:?}: {error}");
        }
    }

    #[test]
    fn counts_are_those_of_one_run() {
        let summary = |case, values| {
            let data = format!(r#"{{"total":{{"metrics":{{"Ir":{{"values":{values}}}}}}}}}"#);
            format!(r#"{{"function_name":"frame","id":"{case}","profiles":[{{"tool":"Callgrind","data":{data}}}]}}"#)
        };
        let json = [summary("decode", r#"{"new":87020}"#), summary("encode", r#"{"new":500,"old":400}"#)].join("\n");
        let expected = counts(&[("frame", "decode", 870), ("frame", "encode", 5)]);
        assert_eq!(read_summaries(&json).unwrap(), expected);
    }

    #[test]
    fn wrong_results_are_told() {
        for (json, message) in [
            ("", "gungraun gave no results"),
            ("warning: no", "the results of gungraun cannot be read: expected value at line 1 column 1"),
            (r#"{"id":"decode"}"#, "the results of gungraun cannot be read: missing field `function_name`"),
            (
                r#"{"function_name":"frame","id":"decode","profiles":[{}]}"#,
                "the results of gungraun have no instructions for frame::decode: is its version another one?",
            ),
        ] {
            let error = read_summaries(json).unwrap_err().to_string();
            assert!(error.starts_with(message), "{json:?}: {error}");
        }
    }

    #[test]
    fn only_what_grew_by_more_than_a_tenth_or_is_missing_breaks_a_budget() {
        let check = |budget, now, is_kept, line: &str| {
            let of = |count: Option<u64>| counts(&count.map(|count| ("a", "b", count)).into_iter().collect::<Vec<_>>());
            let comparison = Comparison::new(&of(budget), &of(now));
            assert_eq!(comparison.is_kept(), is_kept, "{comparison}");
            let shown = comparison.to_string();
            let row = shown.lines().nth(1).unwrap_or_default();
            assert_eq!(row.split_whitespace().collect::<Vec<_>>().join(" "), line);
        };
        check(Some(1000), Some(1000), true, "a::b 1000 1000 +0.0 %");
        check(Some(1000), Some(1100), true, "a::b 1000 1100 +10.0 %");
        check(Some(1000), Some(1101), false, "a::b 1000 1101 +10.1 % TOO MUCH");
        check(Some(1000), Some(900), true, "a::b 1000 900 -10.0 %");
        check(Some(1000), Some(899), true, "a::b 1000 899 -10.1 % the budget can be lowered");
        check(Some(1000), None, false, "a::b 1000 - MISSING: no benchmark of this name ran");
        check(None, Some(1000), false, "a::b - 1000 MISSING: has no budget");
        check(Some(0), Some(1), false, "a::b 0 1 +0.0 % TOO MUCH");
        check(None, None, true, "");
    }
}
