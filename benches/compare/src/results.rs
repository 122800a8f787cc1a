//! What a run measured, as it is kept in a file.

use std::{collections::BTreeMap, fs, path::Path};

use serde::{Deserialize, Serialize};

use crate::BoxError;

/// All of a run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Results {
    /// Facts of the machine and the programs, by what they are about.
    pub machine: Vec<(String, String)>,
    /// How was measured, in words.
    pub method: String,
    /// What was measured, in the order of time.
    pub samples: Vec<Sample>,
    /// What could not be measured, and why.
    pub failures: Vec<String>,
}

/// One contender doing one workload once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sample {
    /// The workload: its kind, and behind a stroke how much of it.
    pub workload: String,
    /// The contender.
    pub contender: String,
    /// The round, from 0. Ratios are made within a round.
    pub round: usize,
    /// The figures, by name.
    pub values: BTreeMap<String, f64>,
}

impl Results {
    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// When the file is not there or is something else.
    pub fn load(path: &Path) -> Result<Self, BoxError> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?)
    }

    /// Writes a file, with its directory.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), BoxError> {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        Ok(fs::write(path, serde_json::to_string(self)?)?)
    }

    /// The figures of this name by round; in each round that of the best of these contenders.
    #[must_use]
    pub fn values(&self, workload: &str, contenders: &[&str], metric: &str, better: Better) -> BTreeMap<usize, f64> {
        let mut values = BTreeMap::new();
        for sample in &self.samples {
            if sample.workload == workload
                && contenders.contains(&&*sample.contender)
                && let Some(&value) = sample.values.get(metric)
            {
                let best = values.entry(sample.round).or_insert(value);
                *best = better.of(*best, value);
            }
        }
        values
    }
}

/// Which figures are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Large ones.
    More,
    /// Small ones.
    Less,
}

impl Better {
    fn of(self, one: f64, other: f64) -> f64 {
        match self {
            Self::More => one.max(other),
            Self::Less => one.min(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(contender: &str, round: usize, rps: f64) -> Sample {
        let (workload, values) = ("echo/64".to_owned(), BTreeMap::from([("rps".to_owned(), rps)]));
        Sample { workload, contender: contender.to_owned(), round, values }
    }

    #[test]
    fn the_best_of_several_contenders_is_taken_in_each_round() {
        let samples = vec![sample("a", 0, 1.0), sample("b", 0, 2.0), sample("a", 1, 4.0), sample("b", 1, 3.0)];
        let results = Results { samples, ..Results::default() };
        let check = |contenders: &[&str], better, expected: &[f64]| {
            let values = results.values("echo/64", contenders, "rps", better);
            assert_eq!(values.into_values().collect::<Vec<_>>(), expected);
        };
        check(&["a", "b"], Better::More, &[2.0, 4.0]);
        check(&["a", "b"], Better::Less, &[1.0, 3.0]);
        check(&["b"], Better::More, &[2.0, 3.0]);
        check(&["c"], Better::More, &[]);
    }

    #[test]
    fn a_file_gives_back_what_was_saved() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new").join("results.json");
        let results = Results { samples: vec![sample("a", 2, 1.5)], ..Results::default() };
        results.save(&path).unwrap();
        let loaded = Results::load(&path).unwrap();
        assert_eq!(format!("{loaded:?}"), format!("{results:?}"));
        let error = Results::load(&directory.path().join("none.json")).unwrap_err().to_string();
        assert!(error.contains("none.json: No such file"), "{error}");
    }
}
