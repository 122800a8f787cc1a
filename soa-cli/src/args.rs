use std::{path::PathBuf, time::Duration};

use clap::{Args as Group, Parser, Subcommand};
use clap_complete::Shell;

use crate::bench::BenchArgs;

/// Calls services over Redis, and asks them how they are and what they do.
#[derive(Debug, Parser)]
#[command(name = "soa", version, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Call(CallArgs),
    Status(StatusArgs),
    Introspect(IntrospectArgs),
    Bench(BenchArgs),
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

impl Command {
    /// Whether the output is for machines.
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::Call(CallArgs { options, .. })
            | Self::Status(StatusArgs { options, .. })
            | Self::Introspect(IntrospectArgs { options, .. })
            | Self::Bench(BenchArgs { options, .. }) => options.json,
            Self::Completions { .. } | Self::Man { .. } => false,
        }
    }
}

/// Calls one action of a service and prints the body of its answer
///
/// The answer's body goes to standard output as one JSON value: indented on a terminal, one line otherwise. Everything
/// else goes to standard error.
#[derive(Debug, Group)]
#[command(after_help = AFTER_CALL)]
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

    #[command(flatten)]
    pub(crate) options: Options,
}

/// Asks a service for its versions and its health
///
/// Calls the action status and prints what it answers: a line with the verdict, the versions, the errors and warnings of the
/// service's health checks, and their diagnostics.
#[derive(Debug, Group)]
#[command(after_help = AFTER_STATUS)]
pub(crate) struct StatusArgs {
    /// The service's name
    pub(crate) service: String,

    /// Ask for the versions only: the service does not run its checks
    #[arg(short, long)]
    pub(crate) quick: bool,

    #[command(flatten)]
    pub(crate) options: Options,
}

/// Asks a service which actions it has, and what goes into them and comes out
///
/// Calls the action introspect and prints each action with its documentation and the schemas of its request and its
/// response, a key a line: its type, what it allows, and its description.
#[derive(Debug, Group)]
#[command(after_help = AFTER_INTROSPECT)]
pub(crate) struct IntrospectArgs {
    /// The service's name
    pub(crate) service: String,

    // Not a doc comment: what stands in brackets there is a link.
    #[arg(help = "The action's name; of a switched action also one version: 'name[switch:5]', 'name[DEFAULT]' \
                  [default: all actions]")]
    pub(crate) action: Option<String>,

    /// Ask for the schemas as JSON Schema and print the answer as JSON; services of PySOA do not know this form
    #[arg(long)]
    pub(crate) json_schema: bool,

    #[command(flatten)]
    pub(crate) options: Options,
}

// How every call is made and told of. Its doc comment would take the place of those of the commands.
#[derive(Debug, Group)]
pub(crate) struct Options {
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

    /// Print for machines: the answer's body or the figures as one line of JSON, errors as a JSON list on standard error
    #[arg(long)]
    pub(crate) json: bool,

    /// Say on standard error what is called and over which masters; also how long it took, except for bench
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

/// The end of the help of a command: examples, and the codes that all commands share but for the first two.
macro_rules! after_help {
    (examples: $examples:literal, 0: $answer:literal, 1: $errors:literal) => {
        concat!(
            "Examples:\n",
            $examples,
            "\n\nExit codes:\n  0  ",
            $answer,
            "\n  1  ",
            $errors,
            "\n  2  wrong usage\n  3  no answer in time, or Redis out of reach"
        )
    };
}
pub(crate) use after_help;

const AFTER_CALL: &str = after_help!(
    examples: "  soa call demo square --body '{\"number\": 7}'
  soa call users get_users --body @ids.json --timeout 2 --switch 5
  echo '{\"number\": 7}' | soa call demo square --body - --json | jq .square",
    0: "the action answered",
    1: "the job or the action answered with errors"
);

const AFTER_STATUS: &str = after_help!(
    examples: "  soa status users
  soa status users --quick --json | jq -r .version
  soa status users --timeout 2 > /dev/null || echo \"users is not well\"",
    0: "the service answered, and its checks found no error; warnings do not count",
    1: "a check found an error, or the job or the action answered with errors"
);

const AFTER_INTROSPECT: &str = after_help!(
    examples: "  soa introspect users
  soa introspect users get_users
  soa introspect users 'get_users[switch:5]'
  soa introspect users --json | jq -r '.action_names[]'
  soa introspect users get_users --json-schema > get_users.json",
    0: "the service answered",
    1: "the job or the action answered with errors, such as for an unknown action"
);

fn switch(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| "allowed is an integer of 64 bits".to_owned())
}

/// A number of seconds above 0.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .filter(|seconds| *seconds > 0.0)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|duration| !duration.is_zero() && duration.as_secs() <= 365 * 24 * 3600)
        .ok_or_else(|| "allowed is a number of seconds above 0, at most a year".to_owned())
}
