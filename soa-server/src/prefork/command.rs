//! How a worker process is started.

use std::{env, ffi::OsString, io, path::PathBuf, process::Stdio};

use tokio::process::{Child, ChildStdin, Command};

/// What is needed to start a worker: this program, its arguments and its directory, as they are now.
///
/// A program that is replaced while it runs is found under its path again, and is what the next worker runs.
#[derive(Debug)]
pub(crate) struct WorkerCommand {
    program: PathBuf,
    arguments: Vec<OsString>,
    directory: PathBuf,
}

impl WorkerCommand {
    /// The command that starts this process, whose command line is given.
    ///
    /// # Errors
    /// When the path of the program or the directory cannot be found out.
    pub(crate) fn of_this_process(command_line: Vec<OsString>) -> io::Result<Self> {
        let arguments = command_line.into_iter().skip(1).collect();
        Ok(Self { program: env::current_exe()?, arguments, directory: env::current_dir()? })
    }

    /// Starts the worker with this number. The other end of its standard input is its lifeline.
    pub(super) fn start(&self, number: usize) -> io::Result<(Child, Option<ChildStdin>)> {
        let mut child = Command::new(&self.program)
            .arg(format!("--worker={number}"))
            .args(&self.arguments)
            .current_dir(&self.directory)
            .stdin(Stdio::piped())
            .spawn()?;
        // Taken out of the child, because waiting for it would close it.
        let lifeline = child.stdin.take();
        Ok((child, lifeline))
    }
}

/// The command line of this process, its program first.
pub(crate) fn command_line() -> Vec<OsString> {
    env::args_os().collect()
}
