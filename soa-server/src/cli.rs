//! The command line of a service, and what it prints.

use std::{
    ffi::OsString,
    fmt,
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{
    Arg, ArgAction, CommandFactory, FromArgMatches, Parser,
    builder::{PossibleValuesParser, TypedValueParser},
};
use soa_common::envelope::PYSOA_VERSION;
use tracing::Level;

/// The names of levels are those of the settings.
const LEVELS: [(&str, Level); 4] =
    [("debug", Level::DEBUG), ("info", Level::INFO), ("warning", Level::WARN), ("error", Level::ERROR)];

const AFTER_HELP: &str = "\
Examples:
  NAME
      serve from the Redis on this machine
  NAME --fork 4 --redis redis://cache-1,redis://cache-2
      four worker processes, two Redis masters
  NAME --fork 4 --daemon 2>>service.log
      four workers in the background, their log in a file
  NAME --settings service.yaml --check-settings
      say whether the settings are right

Signals:
  SIGTERM or SIGINT finishes the requests that run and ends the service.
  The same signal again ends it at once.
  SIGHUP starts the workers of --fork anew, one after the other, with the
  program and the settings as they are then; no request is lost.

Exit codes:
  0  ended cleanly
  1  ended by force, or finishing took longer than harakiri.timeout
  2  wrong usage or settings, or the service could not be made
  3  all workers were given up
  70 code of the service did not yield its thread until its limit (without
     --fork; the parent starts such workers again)";

/// What can be typed.
#[derive(Debug, Parser)]
#[command(disable_version_flag = true)]
pub(crate) struct Args {
    /// How many worker processes to run, at most 5 for each processor. With 0 or 1 this process is the only worker
    #[arg(short, long, visible_alias = "fork-processes", value_name = "N", default_value_t = 0)]
    #[arg(allow_negative_numbers = true, value_parser = count)]
    pub(crate) fork: usize,

    /// Do not start workers again that have ended. Without this, each is given up at its 4th exit within 15 seconds or
    /// its 9th within 60
    #[arg(long)]
    pub(crate) no_respawn: bool,

    /// Serve in the background: print PID=<pid> and end with 0 once the service is ready. Its log goes to the file that
    /// standard error is (2>>FILE), else nowhere
    #[arg(short, long)]
    pub(crate) daemon: bool,

    /// Start the workers anew, as SIGHUP does, when these files change or anything in these directories [default: the
    /// program and its settings file]. Meant for development
    #[arg(long, value_name = "PATH[,PATH…]")]
    pub(crate) use_file_watcher: Option<Option<String>>,

    /// How long a worker may take to become ready when SIGHUP starts it anew; one that takes longer is ended again, and
    /// the other workers stay as they are. A daemon that takes longer is ended
    #[arg(long, value_name = "SECONDS", default_value = "60", allow_negative_numbers = true, value_parser = seconds)]
    pub(crate) start_timeout: Duration,

    /// A JSON, YAML or TOML file with settings
    #[arg(short, long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,

    /// The Redis masters, in ring order [default: the hosts of the settings, else SOA_REDIS_URL, else
    /// redis://localhost:6379]
    #[arg(long, value_name = "URL[,URL…]")]
    pub(crate) redis: Option<String>,

    /// Log to standard error what is at least this important
    #[arg(long, value_name = "LEVEL", default_value = "info", ignore_case = true, value_parser = levels())]
    pub(crate) log_level: Level,

    /// Read the settings, say what is wrong with them and end, without connecting to anything
    #[arg(long)]
    pub(crate) check_settings: bool,

    /// That this process is a daemon, given by the process that starts it together with its line.
    #[arg(long, hide = true)]
    pub(crate) detached: bool,

    /// The number of a worker, given by its parent together with its lifeline.
    #[arg(long, hide = true)]
    pub(crate) worker: Option<usize>,
}

/// Reads a command line.
///
/// # Errors
/// What is wrong with them, or the help or version that they ask for, ready to be printed.
pub(crate) fn parse(words: &[OsString]) -> Result<Args, clap::Error> {
    let program = words.first().and_then(|program| Path::new(program).file_name()?.to_str());
    let name = program.unwrap_or("service");
    let [major, minor, patch] = PYSOA_VERSION;
    let version = format!("(soa-server {}, PySOA {major}.{minor}.{patch})", env!("CARGO_PKG_VERSION"));
    let about = format!("Answers the requests to a service that come over Redis, as PySOA {major}.{minor} does");
    let command = Args::command()
        .name(name.to_owned())
        .version(version)
        .about(about)
        .after_help(AFTER_HELP.replace("NAME", name))
        .arg(Arg::new("version").short('V').long("version").action(ArgAction::Version).help("Print the version"));
    Args::from_arg_matches(&command.try_get_matches_from(words)?)
}

/// Tells why the process ends.
pub(crate) fn complain(why: impl fmt::Display) {
    // In one piece, as lines of other processes may come between two. There is nobody to tell that it cannot be written.
    let _ = io::stderr().write_all(format!("error: {why}\n").as_bytes());
}

/// Tells that the log of a daemon is lost.
pub(crate) fn warn_of_lost_log() {
    // There is nobody to tell that this cannot be written.
    let _ = writeln!(io::stderr(), "warning: the log of the daemon is lost; for a file: 2>>FILE");
}

/// Tells that a daemon is ready.
pub(crate) fn report_daemon(pid: u32) {
    // The daemon serves, whether or not somebody reads this.
    let _ = writeln!(io::stdout(), "PID={pid}");
}

/// Tells that the settings can be used, and what in them has no effect.
pub(crate) fn report_check(warnings: &[String]) {
    let mut report: String = warnings.iter().map(|warning| format!("warning: {warning}\n")).collect();
    report.push_str("the settings are right\n");
    // There is nobody to tell that this cannot be written.
    let _ = io::stdout().write_all(report.as_bytes());
}

/// Negative numbers get here too, so that they hear the same as all else that is no count.
fn count(typed: &str) -> Result<usize, &'static str> {
    typed.parse().map_err(|_| "allowed is an integer of 0 or more")
}

fn seconds(typed: &str) -> Result<Duration, &'static str> {
    let wrong = "allowed is a number above 0 (seconds)";
    let seconds = typed.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).ok_or(wrong)?;
    // A year is as good as for ever, and can be added to any time.
    if seconds.is_zero() { Err(wrong) } else { Ok(seconds.min(Duration::from_secs(365 * 86_400))) }
}

fn levels() -> impl TypedValueParser<Value = Level> {
    PossibleValuesParser::new(LEVELS.map(|(name, _)| name)).map(|typed| {
        let found = LEVELS.iter().find(|(name, _)| name.eq_ignore_ascii_case(&typed));
        found.map_or(Level::INFO, |(_, level)| *level)
    })
}
