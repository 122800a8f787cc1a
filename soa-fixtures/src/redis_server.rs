//! A real `redis-server` for one test.

use std::{
    fs,
    io::{self, BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::resp::{self, Reply};

/// How long a server may take to start, on the slowest machine that runs the tests.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// How often a free port is looked for before giving up.
const PORT_ATTEMPTS: usize = 50;

/// A private `redis-server` on a free loopback port, killed when dropped.
///
/// Nothing is persisted unless [`RedisServerBuilder::appendonly`] asks for it.
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    child: Mutex<Option<Child>>,
    directory: TempDir,
}

/// Settings of a [`RedisServer`].
#[derive(Clone, Debug, Default)]
pub struct RedisServerBuilder {
    lines: Vec<String>,
}

impl RedisServer {
    /// Starts a server with default settings and waits until it accepts connections.
    ///
    /// # Panics
    /// When `redis-server` is not installed or does not start.
    #[track_caller]
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// Settings first, then [`RedisServerBuilder::start`].
    pub fn builder() -> RedisServerBuilder {
        RedisServerBuilder::default()
    }

    /// The port on 127.0.0.1; it stays the same over restarts.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Host and port.
    pub fn addr(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// The server's URL, `redis://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("redis://{}", self.addr())
    }

    /// Runs one command over a connection of its own and gives the answer, errors of Redis included.
    ///
    /// # Panics
    /// When the server does not answer within 30 seconds.
    #[track_caller]
    pub fn command<A: AsRef<[u8]>>(&self, arguments: &[A]) -> Reply {
        match resp::command(self.port, arguments) {
            Ok(reply) => reply,
            Err(error) => panic!("redis-server on port {} did not answer: {error}", self.port),
        }
    }

    /// Stops the server in an orderly way (SIGTERM) and waits for its end.
    pub fn stop(&self) {
        self.end(Signal::TERM);
    }

    /// Kills the server (SIGKILL) and waits for its end.
    pub fn kill(&self) {
        self.end(Signal::KILL);
    }

    /// Starts the server again on the same port, stopping it first when it runs.
    ///
    /// # Panics
    /// When it does not start.
    #[track_caller]
    pub fn restart(&self) {
        self.stop();
        match spawn(self.port, &self.directory) {
            Ok(child) => *self.child() = Some(child),
            Err(log) => panic!("redis-server did not start again on port {}:\n{log}", self.port),
        }
    }

    /// Freezes the process (SIGSTOP): connections stay open, nothing is answered.
    pub fn pause(&self) {
        signal(self.child().as_ref(), Signal::STOP);
    }

    /// Lets a frozen process go on (SIGCONT).
    pub fn resume(&self) {
        signal(self.child().as_ref(), Signal::CONT);
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, with: Signal) {
        let Some(mut child) = self.child().take() else {
            return;
        };
        signal(Some(&child), with);
        // A frozen process would not see a SIGTERM.
        signal(Some(&child), Signal::CONT);
        child.wait().expect("a child can be waited for");
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

impl RedisServerBuilder {
    /// Adds a line to `redis.conf`; an empty value is written `""`.
    pub fn config(mut self, key: &str, value: &str) -> Self {
        let value = if value.is_empty() { "\"\"" } else { value };
        self.lines.push(format!("{key} {value}"));
        self
    }

    /// Gives a command another name; an empty one takes it away, as on an older Redis. One that the server at hand does
    /// not have is passed over.
    pub fn rename_command(self, command: &str, name: &str) -> Self {
        self.config("rename-command", &format!("{command} \"{name}\""))
    }

    /// Keeps every write in a file, so that data outlives [`RedisServer::kill`] and a restart.
    pub fn appendonly(self, on: bool) -> Self {
        self.config("appendonly", if on { "yes" } else { "no" })
    }

    /// Starts the server and waits until it accepts connections.
    ///
    /// # Panics
    /// When `redis-server` is not installed or does not start.
    #[track_caller]
    pub fn start(mut self) -> RedisServer {
        let directory = TempDir::with_prefix("soa-redis-").expect("a temporary directory");
        let mut log = String::new();
        for _ in 0..PORT_ATTEMPTS {
            // Below the range from which the system serves outgoing connections, or one of those
            // could take the port while the server restarts.
            let port = fastrand::u16(10_000..32_000);
            fs::write(directory.path().join("redis.conf"), self.lines.join("\n")).expect("redis.conf");
            match spawn(port, &directory) {
                Ok(child) => {
                    return RedisServer { port, child: Mutex::new(Some(child)), directory };
                }
                Err(failed) if failed.contains("Address already in use") => log = failed,
                // A command that this Redis does not have needs not be taken away.
                Err(failed) if failed.contains("No such command in rename-command") => {
                    self.lines.retain(|line| !failed.contains(&format!("'{line}'")));
                    log = failed;
                }
                Err(failed) => panic!("redis-server did not start:\n{failed}"),
            }
        }
        panic!("no free port for redis-server in {PORT_ATTEMPTS} attempts, the last:\n{log}");
    }
}

/// Starts the process and waits until it says it is ready; the error is what it said instead.
#[track_caller]
fn spawn(port: u16, directory: &TempDir) -> Result<Child, String> {
    let mut child = Command::new("redis-server")
        .arg("redis.conf")
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        .args(["--save", "", "--daemonize", "no", "--dir"])
        .arg(directory.path())
        .current_dir(directory.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                panic!("redis-server is not installed: run scripts/test once, it installs it")
            }
            _ => panic!("redis-server cannot be run: {error}"),
        });
    let output = child.stdout.take().expect("stdout is piped");
    let (ready, started) = mpsc::sync_channel(1);
    // The thread goes on reading after the start, so that the server never blocks on a full pipe.
    thread::spawn(move || {
        let mut log = String::new();
        let mut starting = true;
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if starting && line.contains("Ready to accept connections") {
                starting = false;
                let _ = ready.send(Ok(()));
            } else if starting {
                log = log + &line + "\n";
            }
        }
        if starting {
            let _ = ready.send(Err(log));
        }
    });
    match started.recv_timeout(START_TIMEOUT) {
        Ok(Ok(())) => Ok(child),
        Ok(Err(log)) => {
            let output = child.wait_with_output().expect("a child can be waited for");
            Err(log + &String::from_utf8_lossy(&output.stderr))
        }
        Err(_) => {
            child.kill().expect("a child can be killed");
            child.wait().expect("a child can be waited for");
            Err(format!("not ready after {} seconds", START_TIMEOUT.as_secs()))
        }
    }
}

fn signal(child: Option<&Child>, signal: Signal) {
    if let Some(child) = child {
        // It fails only when the process has ended by itself, and then there is nothing to signal.
        let _ = kill_process(Pid::from_child(child), signal);
    }
}
