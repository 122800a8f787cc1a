//! One Python process that speaks in lines.

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver},
    },
    thread,
    time::Duration,
};

/// How long a peer may take for one line. Its own time-outs are shorter, so longer means stuck.
const LINE_TIMEOUT: Duration = Duration::from_secs(120);

/// The interpreter that has PySOA: what `SOA_PEER_PYTHON` names, else the environment that
/// `scripts/test` makes in `target/peer`.
///
/// # Panics
/// When there is no such file.
#[track_caller]
pub fn peer_python() -> PathBuf {
    let python = env::var_os("SOA_PEER_PYTHON")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/peer/bin/python"), PathBuf::from);
    assert!(
        python.exists(),
        "the PySOA peer is not installed ({} is missing): run scripts/test once, it installs it",
        python.display()
    );
    python
}

/// A running script of the `peers` folder, killed when dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
    log: Arc<Mutex<String>>,
}

impl Process {
    #[track_caller]
    pub(super) fn start(script: &str, arguments: &[String]) -> Self {
        let python = peer_python();
        let mut child = Command::new(&python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(script))
            .args(arguments)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONWARNINGS", "ignore")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be run: {error}", python.display()));
        let stdin = child.stdin.take().expect("stdin is piped");
        let stdout = child.stdout.take().expect("stdout is piped");
        let stderr = child.stderr.take().expect("stderr is piped");
        Self { child, stdin, lines: read_lines(stdout), log: collect(stderr) }
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    #[track_caller]
    pub(super) fn write_line(&mut self, line: &str) {
        // When the process has ended, reading its answer says so, with its log.
        let _ = writeln!(self.stdin, "{line}");
    }

    /// The next line of the standard output.
    #[track_caller]
    pub(super) fn read_line(&self) -> String {
        self.lines.recv_timeout(LINE_TIMEOUT).unwrap_or_else(|error| {
            let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
            panic!("the Python peer said nothing ({error}), its log:\n{log}")
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only when the process has been waited for already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_lines(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    lines
}

/// Goes on reading, so that the process never blocks on a full pipe.
fn collect(output: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let log = Arc::<Mutex<String>>::default();
    let sink = Arc::clone(&log);
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let mut log = sink.lock().unwrap_or_else(PoisonError::into_inner);
            log.push_str(&line);
            log.push('\n');
        }
    });
    log
}
