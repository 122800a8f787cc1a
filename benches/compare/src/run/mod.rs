//! Measuring: round after round, in each round every workload, for each workload one contender after the other.

mod contender;
mod machine;
mod measure;
mod process;
mod stage;
mod workload;

use std::{collections::VecDeque, path::Path};

pub use contender::Contender;
pub use measure::Times;
pub use stage::Programs;
pub use workload::Workload;

use crate::{
    BoxError,
    results::{Results, Sample},
};

/// Bodies of so many bytes make a large log.
const LARGE: usize = 10_000;

/// What to measure.
#[derive(Clone, Debug)]
pub struct Options {
    /// How often.
    pub rounds: usize,
    /// How long each time.
    pub times: Times,
    /// Fewer points in the plot.
    pub is_quick: bool,
    /// Workloads whose names begin with one of these; all when there are none.
    pub only: Vec<String>,
    /// These contenders; all when there are none.
    pub contenders: Vec<Contender>,
}

impl Options {
    /// Whether something is left out.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.is_quick || !self.only.is_empty() || !self.contenders.is_empty()
    }

    fn workloads(&self) -> Vec<Workload> {
        let mut workloads = Workload::all(self.is_quick);
        if !self.only.is_empty() {
            workloads.retain(|workload| self.only.iter().any(|only| workload.name.starts_with(only)));
        }
        if !self.contenders.is_empty() {
            for workload in &mut workloads {
                workload.contenders.retain(|contender| self.contenders.contains(contender));
            }
        }
        workloads
    }
}

/// Measures, tells on standard error how far it is, and saves what there is after each round.
///
/// # Errors
/// When nothing fits the options, or the results cannot be saved. What cannot be measured is a line of the results.
pub async fn run(programs: &Programs, options: &Options, file: &Path) -> Result<Results, BoxError> {
    let workloads = options.workloads();
    let cells = |round| workloads.iter().filter(move |workload| round < workload.rounds);
    let total: usize = (0..options.rounds).flat_map(cells).map(|workload| workload.contenders.len()).sum();
    if total == 0 {
        let names: Vec<_> = Workload::all(true).into_iter().map(|workload| workload.name).collect();
        return Err(format!("nothing to measure; workloads are {}", names.join(", ")).into());
    }
    let Times { warmup, window } = options.times;
    let method = format!("{window} s each after {warmup} s of warm-up, {} rounds", options.rounds);
    let mut results = Results { machine: machine::describe(programs), method, ..Results::default() };
    let mut done = 0;
    for round in 0..options.rounds {
        for workload in cells(round) {
            // Who comes first is different in each round.
            let mut contenders = VecDeque::from(workload.contenders.clone());
            contenders.rotate_left(round % contenders.len().max(1));
            for contender in contenders {
                done += 1;
                let name = contender.name();
                machine::touch_memory(if workload.bytes >= LARGE { 4 << 30 } else { 1 << 29 });
                let measured = measure::measure(programs, contender, workload, options.times).await;
                let told = match measured {
                    Ok(values) => {
                        let told = tell(&values);
                        let workload = workload.name.clone();
                        results.samples.push(Sample { workload, contender: name.clone(), round, values });
                        told
                    }
                    Err(error) => {
                        results.failures.push(format!("{} {name}, round {round}: {error}", workload.name));
                        format!("failed: {error}")
                    }
                };
                eprintln!("[{done}/{total}] round {} {} {name}: {told}", round + 1, workload.name);
            }
        }
        results.save(file)?;
    }
    Ok(results)
}

fn tell(values: &std::collections::BTreeMap<String, f64>) -> String {
    let shown = ["rps", "p50_us", "cpu_us", "rest_mb", "queued_mb", "bytes_per_call", "start_ms"];
    let shown = shown.iter().filter_map(|name| Some(format!("{name} {:.1}", values.get(*name)?)));
    shown.collect::<Vec<_>>().join(", ")
}
