//! A PySOA service.

use super::process::Process;

/// One worker process of the conformance service on PySOA, killed when dropped.
///
/// Its actions: `square`, `bad_response`, `boom`, `big`, `denied`, `echo`, `context`, `versioned`,
/// `sleep`, `spin`, `crash`, `pid`, `job_error`, `get_users`, `get_companies`, `relay`, `local`,
/// `catalogue`, `order`, and the built-in `status` and `introspect`.
#[derive(Debug)]
pub struct PythonService {
    process: Process,
}

/// Settings of a [`PythonService`].
#[derive(Clone, Debug)]
pub struct PythonServiceBuilder {
    arguments: Vec<String>,
}

impl PythonService {
    /// Settings first, then [`PythonServiceBuilder::start`].
    pub fn builder(name: &str) -> PythonServiceBuilder {
        PythonServiceBuilder { arguments: vec![name.to_owned()] }
    }

    /// The process id, as the action `pid` answers it.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    #[track_caller]
    fn wait_until_ready(&self) {
        self.process.read_line();
    }
}

impl PythonServiceBuilder {
    /// Adds a Redis master by its port on 127.0.0.1; several make a ring, in this order.
    pub fn redis(self, port: u16) -> Self {
        self.argument("redis", &port.to_string())
    }

    /// Sets an argument of the Redis transport, such as `maximum_message_size_in_bytes`; the value
    /// is JSON.
    pub fn transport(self, key: &str, json: &str) -> Self {
        self.argument("transport", &format!("{key}={json}"))
    }

    /// Sets a server setting, such as `harakiri`; the value is JSON.
    pub fn setting(self, key: &str, json: &str) -> Self {
        self.argument("setting", &format!("{key}={json}"))
    }

    /// Lets the action `relay` call another service, on the same Redis masters.
    pub fn route(self, service: &str) -> Self {
        self.argument("route", service)
    }

    /// Starts one worker and waits until it is set up.
    ///
    /// # Panics
    /// When the peer is not installed or does not start.
    #[track_caller]
    pub fn start(&self) -> PythonService {
        let service = self.spawn();
        service.wait_until_ready();
        service
    }

    /// Starts several workers of the service, and waits until all are set up.
    ///
    /// # Panics
    /// When the peer is not installed or does not start.
    #[track_caller]
    pub fn start_workers(&self, count: usize) -> Vec<PythonService> {
        let workers: Vec<_> = (0..count).map(|_| self.spawn()).collect();
        workers.iter().for_each(PythonService::wait_until_ready);
        workers
    }

    #[track_caller]
    fn spawn(&self) -> PythonService {
        PythonService { process: Process::start("service.py", &self.arguments) }
    }

    fn argument(mut self, name: &str, value: &str) -> Self {
        self.arguments.push(format!("--{name}={value}"));
        self
    }
}
