//! How a process of this program is started.

use std::{
    env,
    ffi::OsString,
    fs, io,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::Command,
};

use tokio::process::Child;

use crate::{
    systemd,
    worker::{line::Line, stop::deferring_hangups},
};

/// What is needed to start this program again: its path, its arguments and its directory, as they are now.
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
        let mut words = command_line.into_iter();
        let (typed, running, directory) = (words.next().unwrap_or_default(), env::current_exe()?, env::current_dir()?);
        let program = as_typed(&directory.join(typed), &running).unwrap_or(running);
        Ok(Self { program, arguments: words.collect(), directory })
    }

    /// The path of the program.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// The whole of a path on the command line.
    pub(crate) fn resolve(&self, path: &Path) -> PathBuf {
        self.directory.join(path)
    }

    /// Starts the worker with this number. The other end of its standard input is its line to this process.
    pub(super) fn start(&self, number: usize) -> io::Result<(Child, UnixStream)> {
        let (line, input) = Line::pair()?;
        let mut command = self.again(&format!("--worker={number}"));
        for variable in systemd::VARIABLES {
            command.env_remove(variable);
        }
        command.stdin(input);
        let mut command = tokio::process::Command::from(command);
        Ok((deferring_hangups(|| command.spawn())?, line))
    }

    /// The same command with one flag more.
    pub(super) fn again(&self, flag: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(flag).args(&self.arguments).current_dir(&self.directory);
        command
    }
}

/// The path that was typed, when it is that of the running program: it may lead through a link that a new version
/// changes, which the path that the system tells has lost.
fn as_typed(typed: &Path, running: &Path) -> Option<PathBuf> {
    (fs::canonicalize(typed).ok()? == fs::canonicalize(running).ok()?).then(|| typed.to_owned())
}

/// The command line of this process, its program first.
pub(crate) fn command_line() -> Vec<OsString> {
    env::args_os().collect()
}
