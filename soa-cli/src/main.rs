//! The `soa` command: calls services from a shell.

mod args;
mod call;
mod failure;
mod input;
mod output;

use std::{io, process::ExitCode};

use clap::{CommandFactory, Parser};

use crate::args::{Args, Command};
use crate::failure::Failure;

fn main() -> ExitCode {
    let args = Args::parse();
    let as_json = matches!(&args.command, Command::Call(call) if call.json);
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::failure(&failure, as_json);
            failure.exit_code()
        }
    }
}

fn run(args: Args) -> Result<(), Failure> {
    match args.command {
        Command::Call(call) => call::run(call),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "soa", &mut script);
            output::raw(&script)
        }
        Command::Man { directory } => clap_mangen::generate_to(Args::command(), &directory)
            .map_err(|error: io::Error| Failure::usage(format!("{}: {error}", directory.display()))),
    }
}
