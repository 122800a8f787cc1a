//! Processes: started, watched through `/proc`, and ended with the value that stands for them.

use std::{fs, process::Stdio, time::Duration};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::BoxError;

/// How long a process may take to say what is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(150);

/// How long one may take to end.
const END: Duration = Duration::from_secs(3);

/// A process that says things, killed when dropped.
pub(super) struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    pub(super) pid: u32,
}

impl Process {
    pub(super) fn spawn(command: &mut Command) -> Result<Self, BoxError> {
        let program = command.as_std().get_program().display().to_string();
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| format!("{program} cannot be started: {error}"))?;
        let (Some(output), Some(pid)) = (child.stdout.take(), child.id()) else {
            return Err(format!("{program} ended at once").into());
        };
        Ok(Self { child, lines: BufReader::new(output).lines(), pid })
    }

    /// The next line.
    pub(super) async fn line(&mut self) -> Result<String, BoxError> {
        match timeout(PATIENCE, self.lines.next_line()).await {
            Ok(line) => Ok(line?.ok_or("the process ended without a word")?),
            Err(_) => Err(format!("nothing was said for {PATIENCE:?}").into()),
        }
    }

    /// The next line without this word, with which it has to begin.
    pub(super) async fn expect(&mut self, word: &str) -> Result<String, BoxError> {
        let line = self.line().await?;
        let rest = line.strip_prefix(word).ok_or_else(|| format!("it said {line:?} in place of {word:?}"))?;
        Ok(rest.trim().to_owned())
    }

    /// Sends an empty line.
    pub(super) async fn nudge(&mut self) -> Result<(), BoxError> {
        let input = self.child.stdin.as_mut().ok_or("the process reads nothing")?;
        input.write_all(b"\n").await?;
        Ok(input.flush().await?)
    }

    pub(super) fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) {
            // It has ended: there is nothing to signal.
            let _ = kill_process(pid, signal);
        }
    }

    /// Ends the process in an orderly way, with the processes that it started.
    pub(super) async fn end(mut self) {
        self.signal(Signal::TERM);
        // When this takes too long it is killed.
        let _ = timeout(END, self.child.wait()).await;
    }

    /// Kills the process and waits until it is gone.
    pub(super) async fn kill(mut self) {
        // It has ended already.
        let _ = self.child.kill().await;
    }
}

/// The processor time, in seconds, of processes and all that they started.
pub(super) fn processor_time(pids: &[u32]) -> f64 {
    let parents: Vec<(u32, u32)> = all_processes().filter_map(|pid| Some((pid, parent(pid)?))).collect();
    let mut tree = pids.to_vec();
    let mut index = 0;
    while let Some(&pid) = tree.get(index) {
        tree.extend(parents.iter().filter(|(_, parent)| *parent == pid).map(|(child, _)| *child));
        index += 1;
    }
    tree.into_iter().map(own_time).sum()
}

/// A size out of the status of a process, in bytes: `VmRSS` is what it has now, `VmHWM` the most that it ever had.
pub(super) fn memory(pid: u32, name: &str) -> Result<f64, BoxError> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    read_memory(&status, name).ok_or_else(|| format!("process {pid} has no {name}").into())
}

fn read_memory(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kilobytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024.0)
}

fn all_processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn parent(pid: u32) -> Option<u32> {
    read_parent(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The name of a process may hold anything, so fields are counted behind it.
fn read_parent(stat: &str) -> Option<u32> {
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

/// What the scheduler counted for the threads that there are.
fn own_time(pid: u32) -> f64 {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let times = tasks.filter_map(|task| {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    });
    times.sum::<f64>() / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_proc_are_read() {
        assert_eq!(read_parent("7 (a) b) S 42 7 7 0"), Some(42));
        let status = "VmHWM:\t    2048 kB\nVmRSS:\t       1 kB\n";
        assert_eq!(read_memory(status, "VmRSS"), Some(1024.0));
        assert_eq!(read_memory(status, "VmHWM"), Some(2_097_152.0));
        assert_eq!(read_memory(status, "Vm"), None);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_process_and_its_children_are_watched_and_ended() {
        let script = "sh -c 'while :; do :; done' & echo ready $!; read line; echo \"got $line\"; read more";
        let mut shell = Process::spawn(Command::new("sh").args(["-c", script])).unwrap();
        let child: u32 = shell.expect("ready").await.unwrap().parse().unwrap();
        while processor_time(&[shell.pid]) < 0.02 {
            tokio::task::yield_now().await;
        }
        assert!(memory(shell.pid, "VmRSS").unwrap() > 0.0);
        let error = shell.nudge().await.and(shell.expect("other").await).unwrap_err();
        assert_eq!(error.to_string(), "it said \"got \" in place of \"other\"");
        let child = Pid::from_raw(child.try_into().unwrap()).unwrap();
        kill_process(child, Signal::KILL).unwrap();
        shell.kill().await;
    }
}
