//! The `soa` command: calls services from a shell and asks what they are.

mod args;
mod ask;
mod bench;
mod call;
mod failure;
mod input;
mod introspect;
mod output;
mod schema;
mod status;
mod text;
mod tree;

use std::{env, io, process::ExitCode};

use clap::{CommandFactory, Parser};

use crate::args::{Args, Command};
use crate::failure::Failure;

fn main() -> ExitCode {
    let (result, as_json) = match Args::try_parse() {
        Ok(args) => {
            let as_json = args.command.json();
            (run(args.command), as_json)
        }
        // Help and the version come as errors too, as do mistakes that people read.
        Err(error) if !error.use_stderr() || !wants_json() => error.exit(),
        Err(error) => (Err(Failure::usage(error.to_string().trim_start_matches("error: ").trim_end())), true),
    };
    match result {
        Ok(code) => code,
        Err(failure) => {
            output::failure(&failure, as_json);
            failure.exit_code()
        }
    }
}

/// Whether `--json` stands in a command line that is wrong somewhere: before that, behind it or in it.
fn wants_json() -> bool {
    env::args_os().skip(1).take_while(|word| word != "--").any(|word| word == "--json")
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Status(status) => return status::run(status),
        Command::Call(call) => call::run(call)?,
        Command::Introspect(introspect) => introspect::run(introspect)?,
        Command::Bench(bench) => bench::run(bench)?,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "soa", &mut script);
            output::raw(&script)?;
        }
        Command::Man { directory } => clap_mangen::generate_to(Args::command(), &directory)
            .map_err(|error: io::Error| Failure::usage(format!("{}: {error}", directory.display())))?,
    }
    Ok(ExitCode::SUCCESS)
}
