//! Runs the command.

use std::{
    io::Write,
    process::{Command, Stdio},
};

/// What a run of the command gave.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn soa(arguments: &[&str]) -> Run {
    soa_with_input(arguments, "")
}

pub(crate) fn soa_with_input(arguments: &[&str], input: &str) -> Run {
    run(command(arguments).env_remove("SOA_REDIS_URL"), input)
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_soa"));
    command.args(arguments);
    command
}

pub(crate) fn run(command: &mut Command, input: &str) -> Run {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The command may end without reading all of it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
