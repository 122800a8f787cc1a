//! Holds what gungraun counted against the budget; `scripts/bench-budget` runs it.
//!
//! Exit code 1: a case is over its budget or missing. 2: a file cannot be used.

use std::{
    error::Error,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use soa_benches::budget::{Comparison, Counts, read_budget, read_summaries, write_budget};

/// Compares the instructions that gungraun counted with the budget.
#[derive(Parser)]
struct Args {
    /// Write the counts into the budget instead of failing.
    #[arg(long)]
    update: bool,
    /// The budget, in TOML.
    budget: PathBuf,
    /// What gungraun printed, in JSON.
    summaries: PathBuf,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::from(2)
        }
    }
}

/// Gives whether the budget is kept.
fn run(args: &Args) -> Result<bool, Box<dyn Error>> {
    let now = read(&args.summaries, read_summaries)?;
    let budget = match args.update && !args.budget.exists() {
        true => Counts::new(),
        false => read(&args.budget, read_budget)?,
    };
    let comparison = Comparison::new(&budget, &now);
    write!(io::stdout(), "{comparison}")?;
    if args.update {
        fs::write(&args.budget, write_budget(&now)).map_err(|error| named(&args.budget, &error))?;
        writeln!(io::stdout(), "{} has these counts now.", args.budget.display())?;
        return Ok(true);
    }
    if !comparison.is_kept() {
        writeln!(
            io::stderr(),
            "The budget is not kept. Find out why; if the instructions are worth it, or a benchmark came or went, run \
             scripts/bench-budget --update and say in the commit what they are spent on."
        )?;
    }
    Ok(comparison.is_kept())
}

fn read<E: Error>(path: &Path, parse: impl Fn(&str) -> Result<Counts, E>) -> Result<Counts, String> {
    let text = fs::read_to_string(path).map_err(|error| named(path, &error))?;
    parse(&text).map_err(|error| named(path, &error))
}

fn named(path: &Path, error: &dyn Error) -> String {
    format!("{}: {error}", path.display())
}
