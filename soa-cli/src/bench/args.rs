use std::time::Duration;

use clap::{ArgGroup, Args};
use soa_common::transport::redis::RedisSettings;

use crate::args::{Options, after_help, seconds};

/// Loads one action of a service with calls and prints how fast it answers
///
/// Without --rate, each of the calls in flight is followed by the next as soon as it is answered (a closed loop): this shows
/// how much a service can do, and a slow service gets fewer calls. With --rate, calls are due at fixed times whatever the
/// service does (an open loop): this shows how long callers wait at that load. Latencies are then measured from the time at
/// which a call was due, so that a call that had to wait for a free place in flight counts with its waiting.
///
/// Some calls before the measurement open the connections; they are in no figure. Latencies are those of all measured calls,
/// also of failed ones; requests/s counts those that succeeded in the time of measuring. Ctrl-C ends the measurement and
/// prints what there is, also how many calls were not answered yet.
///
/// Calls wait in the service's queue on Redis until a worker takes them, and a queue takes 10000. With more calls in flight
/// than that, and than the workers run, a call may find it full: it is tried again, and then fails with MESSAGE_SEND.
#[derive(Debug, Args)]
#[command(after_help = AFTER_BENCH, group = ArgGroup::new("end").args(["duration", "requests"]))]
pub(crate) struct BenchArgs {
    /// The service's name
    pub(crate) service: String,

    /// The action's name
    pub(crate) action: String,

    /// The input of each call: a JSON map, @FILE to read it from a file, or - for standard input, as of soa call
    /// [default: {}]
    #[arg(short, long, value_name = "JSON|@FILE|-", conflicts_with = "payload")]
    pub(crate) body: Option<String>,

    /// Send {"payload": "x…"} as the input, with a text of so many bytes; the action must take it, as echo of the service
    /// demo does. A request may have 102400 bytes in all: its headers and names take some 300 of them, more with --context
    #[arg(long, value_name = "BYTES", value_parser = bytes, allow_hyphen_values = true)]
    pub(crate) payload: Option<usize>,

    /// How many calls may be in flight at the same time; with --rate, a call that is due and finds no place waits for one
    #[arg(long, value_name = "COUNT", default_value_t = 64, value_parser = places, allow_hyphen_values = true)]
    pub(crate) concurrency: u32,

    /// How long to measure, in seconds; calls in flight at the end are waited for, and count for all but requests/s
    /// [default: 10]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_hyphen_values = true)]
    pub(crate) duration: Option<Duration>,

    /// How many calls to measure, instead of for how long
    #[arg(long, value_name = "COUNT", value_parser = requests, allow_hyphen_values = true)]
    pub(crate) requests: Option<u64>,

    /// How many calls are due each second, evenly spaced [default: as many as are answered]
    #[arg(long, value_name = "PER_SECOND", value_parser = rate, allow_hyphen_values = true)]
    pub(crate) rate: Option<f64>,

    /// How many calls to make before the measurement, as fast as they are answered; 0 for none [default: as many as may be
    /// in flight]
    #[arg(long, value_name = "COUNT", value_parser = warm_up, allow_hyphen_values = true)]
    pub(crate) warm_up: Option<u64>,

    #[command(flatten)]
    pub(crate) options: Options,
}

const AFTER_BENCH: &str = after_help!(
    examples: "  soa bench demo echo --payload 100
  soa bench demo square --body '{\"number\": 7}' --concurrency 1 --requests 10000
  soa bench users get_users --body @ids.json --rate 2000 --duration 60
  soa bench demo echo --json | jq '.rps, .p99_us'",
    0: "at least one measured call succeeded; the report counts those that failed",
    1: "no call succeeded: the job or the action answered with errors"
);

const MOST: u64 = 1_000_000_000_000;

fn places(text: &str) -> Result<u32, String> {
    count(text, 1, 100_000)
}

fn requests(text: &str) -> Result<u64, String> {
    count(text, 1, MOST)
}

fn warm_up(text: &str) -> Result<u64, String> {
    count(text, 0, MOST)
}

/// What else a request holds is known later.
fn bytes(text: &str) -> Result<usize, String> {
    count(text, 0, RedisSettings::client().maximum_message_size as u64)
}

fn count<T: TryFrom<u64>>(text: &str, least: u64, most: u64) -> Result<T, String> {
    text.parse()
        .ok()
        .filter(|count| (least..=most).contains(count))
        .and_then(|count| T::try_from(count).ok())
        .ok_or_else(|| format!("allowed is an integer from {least} to {most}"))
}

fn rate(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|rate| (0.001..=1e6).contains(rate))
        .ok_or_else(|| "allowed is a number of calls a second from 0.001 to 1000000".to_owned())
}
