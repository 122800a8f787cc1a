use std::{path::PathBuf, time::Duration};

use clap::{Args as Group, Parser, Subcommand};
use clap_complete::Shell;

/// Calls services over Redis.
#[derive(Debug, Parser)]
#[command(name = "soa", version, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Call(CallArgs),
    /// Prints a completion script for a shell
    ///
    /// For bash: soa completions bash > /etc/bash_completion.d/soa
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Writes the man pages into a directory
    Man {
        /// The directory, which must exist
        directory: PathBuf,
    },
}

/// Calls one action of a service and prints the body of its answer
///
/// The answer's body goes to standard output as one JSON value: indented on a terminal, one line otherwise. Everything
/// else goes to standard error.
#[derive(Debug, Group)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct CallArgs {
    /// The service's name
    pub(crate) service: String,

    /// The action's name
    pub(crate) action: String,

    /// The action's input: a JSON map, @FILE to read it from a file, or - for standard input
    ///
    /// What JSON cannot say is written as a map of one key: {"$bytes": base64}, {"$date": "2019-03-07"}, {"$time": "01:02:03"},
    /// {"$datetime": "2019-03-07T01:02:03Z"} (without Z: no zone), {"$decimal": "1.50"}, {"$amount": ["USD", 1599]}.
    #[arg(short, long, value_name = "JSON|@FILE|-", default_value = "{}")]
    pub(crate) body: String,

    /// How long to wait for the answer, in seconds [default: 5]
    #[arg(short, long, value_name = "SECONDS", value_parser = seconds, allow_hyphen_values = true)]
    pub(crate) timeout: Option<Duration>,

    /// A switch to activate; may be given several times
    #[arg(short, long = "switch", value_name = "NUMBER", value_parser = switch, allow_hyphen_values = true)]
    pub(crate) switches: Vec<i64>,

    /// More entries for the context header: a JSON map
    #[arg(short, long, value_name = "JSON")]
    pub(crate) context: Option<String>,

    /// The Redis masters, in ring order [default: SOA_REDIS_URL, else redis://localhost:6379]
    #[arg(short, long, value_name = "URL[,URL…]")]
    pub(crate) redis: Option<String>,

    /// Print for machines: one line of JSON, errors as a JSON list on standard error
    #[arg(long)]
    pub(crate) json: bool,

    /// Say on standard error what is called and how long it took
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

const AFTER_HELP: &str = "\
Examples:
  soa call demo square --body '{\"number\": 7}'
  soa call users get_users --body @ids.json --timeout 2 --switch 5
  echo '{\"number\": 7}' | soa call demo square --body - --json | jq .square

Exit codes:
  0  the action answered
  1  the job or the action answered with errors
  2  wrong usage
  3  no answer in time, or Redis out of reach";

fn switch(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| "allowed is an integer of 64 bits".to_owned())
}

/// A number of seconds above 0.
fn seconds(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .filter(|seconds| *seconds > 0.0)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|duration| !duration.is_zero() && duration.as_secs() <= 365 * 24 * 3600)
        .ok_or_else(|| "allowed is a number of seconds above 0, at most a year".to_owned())
}
