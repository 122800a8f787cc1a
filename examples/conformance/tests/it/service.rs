//! The conformance service as a process of its own.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// How long a process may take to end, on the slowest machine that runs the tests.
const END_TIMEOUT: Duration = Duration::from_secs(30);

/// A running `conformance`, killed with its workers when dropped.
///
/// It need not be waited for: what is called before it is ready waits in its queue.
pub(crate) struct OurService {
    child: Child,
    log: Arc<Mutex<String>>,
    _settings: TempDir,
}

/// Settings of an [`OurService`], in PySOA's own words.
#[derive(Clone)]
pub(crate) struct OurServiceBuilder {
    name: String,
    settings: Json,
    arguments: Vec<String>,
}

impl OurService {
    /// A service on Redis masters of this machine, which make a ring in this order.
    pub(crate) fn builder(name: &str, ports: &[u16]) -> OurServiceBuilder {
        let path = "pysoa.common.transport.redis_gateway.server:RedisServerTransport";
        OurServiceBuilder {
            name: name.to_owned(),
            settings: json!({"transport": {"path": path, "kwargs": backend(ports)}}),
            arguments: Vec::new(),
        }
    }

    /// The process that was started: the only worker, or the parent of the workers.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote to the standard error stream so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end of the process.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + END_TIMEOUT;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the service did not end");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for OurService {
    fn drop(&mut self) {
        // Both fail only when the process has been waited for already. Workers see their parent's end.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("log of {}:\n{}", self.child.id(), self.log());
        }
    }
}

impl OurServiceBuilder {
    /// Sets an argument of the Redis transport.
    pub(crate) fn transport(mut self, key: &str, value: Json) -> Self {
        self.settings["transport"]["kwargs"][key] = value;
        self
    }

    /// Sets a server setting.
    pub(crate) fn setting(mut self, key: &str, value: Json) -> Self {
        self.settings[key] = value;
        self
    }

    /// Lets the action `relay` call another service, on the given Redis masters.
    pub(crate) fn route(mut self, service: &str, ports: &[u16]) -> Self {
        let path = "pysoa.common.transport.redis_gateway.client:RedisClientTransport";
        self.settings["client_routing"][service] = json!({"transport": {"path": path, "kwargs": backend(ports)}});
        self
    }

    /// Puts the settings where Django's settings module has them.
    pub(crate) fn nested(mut self) -> Self {
        self.settings = json!({"SOA_SERVER_SETTINGS": self.settings});
        self
    }

    /// Adds an argument of the command line.
    pub(crate) fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    pub(crate) fn start(&self) -> OurService {
        let directory = TempDir::with_prefix("conformance-").unwrap();
        let settings = directory.path().join("settings.json");
        std::fs::write(&settings, self.settings.to_string()).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_conformance"))
            .args(&self.arguments)
            .arg("--settings")
            .arg(&settings)
            .env("SERVICE_NAME", &self.name)
            .env_remove("SOA_REDIS_URL")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = collect(child.stderr.take().unwrap());
        OurService { child, log, _settings: directory }
    }
}

fn backend(ports: &[u16]) -> Json {
    let hosts: Json = ports.iter().map(|port| json!(["127.0.0.1", port])).collect();
    json!({"backend_type": "redis.standard", "backend_layer_kwargs": {"hosts": hosts}})
}

/// Goes on reading, so that the process never blocks on a full pipe.
fn collect(output: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let log = Arc::<Mutex<String>>::default();
    let sink = Arc::clone(&log);
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let mut log = sink.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    });
    log
}
