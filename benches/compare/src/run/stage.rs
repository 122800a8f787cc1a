//! A server with all that it needs, of its own for each measurement.

use std::{
    env,
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::json;
use soa_fixtures::{RedisServer, Reply};
use tempfile::TempDir;
use tokio::{net::TcpStream, process::Command, time::sleep};

use super::{
    contender::{Client, Contender, Log, Python, Server},
    process::{Process, processor_time},
    workload::Workload,
};
use crate::{BoxError, SERVICE};

/// How much of a log is shown when something fails.
const SHOWN: usize = 600;

/// Where the programs are.
#[derive(Clone, Debug)]
pub struct Programs {
    /// The Python that has PySOA as it is installed.
    pub python: PathBuf,
    /// The Python that has PySOA and msgpack 1.0.8.
    pub python_msgpack1: PathBuf,
    /// nats-server.
    pub nats: PathBuf,
}

/// What one contender needs to be called.
pub(super) struct Stage<'a> {
    programs: &'a Programs,
    /// What the client is told.
    address: String,
    pub(super) redis: Vec<RedisServer>,
    nats: Option<Process>,
    server: Option<Process>,
    workers: usize,
    directory: TempDir,
}

impl<'a> Stage<'a> {
    /// Starts everything that the server needs.
    pub(super) async fn set(
        programs: &'a Programs,
        contender: Contender,
        workload: &Workload,
    ) -> Result<Self, BoxError> {
        let directory = TempDir::with_prefix("soa-compare-")?;
        let mut stage = Self {
            programs,
            address: String::new(),
            redis: Vec::new(),
            nats: None,
            server: None,
            workers: workload.workers,
            directory,
        };
        match contender.server() {
            Server::Nats => stage.start_nats().await?,
            Server::Tonic => {}
            _ => {
                stage.redis = (0..workload.masters).map(|_| RedisServer::start()).collect();
                stage.address = stage.redis.iter().map(RedisServer::url).collect::<Vec<_>>().join(",");
            }
        }
        Ok(stage)
    }

    async fn start_nats(&mut self) -> Result<(), BoxError> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new(&self.programs.nats);
        command.args(["-a", "127.0.0.1", "-p", &port.to_string()]).stderr(Stdio::null());
        self.nats = Some(Process::spawn(&mut command)?);
        self.address = format!("nats://127.0.0.1:{port}");
        for _ in 0..500 {
            if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return Ok(());
            }
            sleep(Duration::from_millis(10)).await;
        }
        Err("nats-server does not listen".into())
    }

    /// Starts the server, and waits until it is ready if it says when it is; calls over Redis wait for it otherwise.
    pub(super) async fn start_server(&mut self, contender: Contender) -> Result<(), BoxError> {
        let log = File::create(self.directory.path().join("server.log"))?;
        let mut command = self.server(contender.server())?;
        command.stderr(log);
        if contender.server() == Server::Ours(Log::Null) {
            command.stderr(Stdio::null());
        }
        let mut server = Process::spawn(&mut command)?;
        if !matches!(contender.server(), Server::Ours(_) | Server::Pysoa(_)) {
            let address = server.expect("ready").await?;
            if !address.is_empty() {
                self.address = address;
            }
        }
        self.server = Some(server);
        Ok(())
    }

    fn server(&self, server: Server) -> Result<Command, BoxError> {
        let address = &self.address;
        let mut command;
        match server {
            Server::Ours(log) => {
                command = Command::new(beside("compare-service")?);
                command.args(["--redis", address, "--settings"]).arg(self.settings()?);
                if log == Log::Warnings {
                    command.args(["--log-level", "warning"]);
                }
                if self.workers > 1 {
                    command.args(["--fork", &self.workers.to_string()]);
                }
            }
            Server::Pysoa(python) => {
                command = self.python(python, "compare_service");
                command.args(["--settings", "compare_settings"]).env("COMPARE_REDIS", address);
            }
            Server::Bare { form } => {
                command = Command::new(beside("compare")?);
                command.args(["serve", "bare", address, form]);
            }
            Server::Nats => {
                command = Command::new(beside("compare")?);
                command.args(["serve", "nats", address]);
            }
            Server::Tonic => {
                command = Command::new(beside("compare")?);
                command.args(["serve", "tonic"]);
            }
        }
        Ok(command)
    }

    /// Large answers are cut into pieces; everything else is as it is by default.
    fn settings(&self) -> Result<PathBuf, BoxError> {
        let path = self.directory.path().join("settings.json");
        let kwargs = json!({
            "maximum_message_size_in_bytes": 4_000_000,
            "chunk_messages_larger_than_bytes": 102_400,
        });
        fs::write(&path, json!({ "transport": { "path": "redis", "kwargs": kwargs } }).to_string())?;
        Ok(path)
    }

    fn python(&self, python: Python, module: &str) -> Command {
        let mut command = Command::new(match python {
            Python::Pinned => &self.programs.python,
            Python::Msgpack1 => &self.programs.python_msgpack1,
        });
        let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        command.args(["-m", module]).env("PYTHONPATH", peers);
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONWARNINGS", "ignore");
        command
    }

    /// Starts a client: `work` is what it does, or the whole of what it is for `once` and `hold`.
    pub(super) fn start_client(
        &self,
        client: Client,
        work: &str,
        inflight: usize,
        bytes: usize,
        times: (f64, f64),
    ) -> Result<Process, BoxError> {
        let mut command = match client {
            Client::Rust(name) => {
                let mut command = Command::new(beside("compare")?);
                match work {
                    "once" | "hold" => command.args(["load", work]),
                    _ => command.args(["load", name, "--work", work]),
                };
                command
            }
            Client::Pysoa(python) => {
                let mut command = self.python(python, "compare_client");
                command.args(["--work", work]);
                command
            }
        };
        let ((warmup, window), log) = (times, File::create(self.directory.path().join("client.log"))?);
        command.arg(&self.address).args(["--inflight", &inflight.to_string()]).args(["--bytes", &bytes.to_string()]);
        command.args(["--warmup", &warmup.to_string()]).args(["--window", &window.to_string()]);
        Process::spawn(command.stderr(log))
    }

    pub(super) fn the_server(&self) -> Result<&Process, BoxError> {
        self.server.as_ref().ok_or_else(|| "there is no server".into())
    }

    /// The processor time of the server, and of what stands between it and its clients.
    pub(super) fn processor_times(&self) -> (f64, f64) {
        let server = self.server.iter().map(|server| server.pid).collect::<Vec<_>>();
        let nats = self.nats.iter().map(|nats| nats.pid);
        let between = self.redis.iter().filter_map(redis_pid).chain(nats).collect::<Vec<_>>();
        (processor_time(&server), processor_time(&between))
    }

    /// The ends of the logs, for an error.
    pub(super) fn logs(&self) -> String {
        let read = |name: &str| fs::read_to_string(self.directory.path().join(name)).unwrap_or_default();
        let end = |text: &str| text[text.floor_char_boundary(text.len().saturating_sub(SHOWN))..].trim().to_owned();
        let logs = ["client", "server"].map(|name| (name, end(&read(&format!("{name}.log")))));
        logs.iter()
            .filter(|(_, log)| !log.is_empty())
            .map(|(name, log)| format!("log of the {name}: {log}\n"))
            .collect()
    }

    /// How many requests wait.
    pub(super) fn queued(&self) -> usize {
        let key = format!("pysoa:service.{SERVICE}");
        let lengths = self.redis.iter().map(|redis| redis.command(&["LLEN", &key]));
        lengths.map(|length| if let Reply::Int(length) = length { length.try_into().unwrap_or(0) } else { 0 }).sum()
    }

    /// Ends the server.
    pub(super) async fn stop_server(&mut self) {
        match (self.server.take(), self.workers) {
            (Some(server), 1) => server.kill().await,
            (Some(server), _) => server.end().await,
            _ => {}
        }
    }

    /// Ends everything.
    pub(super) async fn clear(mut self) {
        self.stop_server().await;
        if let Some(nats) = self.nats.take() {
            nats.kill().await;
        }
    }
}

fn redis_pid(redis: &RedisServer) -> Option<u32> {
    let Reply::Bytes(info) = redis.command(&["INFO", "server"]) else {
        return None;
    };
    let info = String::from_utf8(info).ok()?;
    info.lines().find_map(|line| line.strip_prefix("process_id:"))?.trim().parse().ok()
}

/// A program that was built together with this one.
fn beside(name: &str) -> Result<PathBuf, BoxError> {
    Ok(env::current_exe()?.with_file_name(name))
}
