//! A PySOA client.

use std::sync::{Mutex, PoisonError};

use super::process::Process;

/// A process that holds one PySOA client and calls its methods, killed when dropped.
///
/// Values that JSON has no word for are tagged, in both directions: `{"$date": "2020-01-31"}`,
/// `{"$time": "23:59:59.000001"}`, `{"$datetime": "2020-01-31T23:59:59"}`, `{"$datetime_utc": …}`
/// (written without an offset), `{"$decimal": "1.50"}`, `{"$amount": ["USD", 1599]}` (minor units),
/// `{"$bytes": base64}`, `{"$float": "nan"}`, `{"$map": [[key, value], …]}` for keys that are not
/// text.
#[derive(Debug)]
pub struct PythonClient {
    process: Mutex<Process>,
}

/// Settings of a [`PythonClient`].
#[derive(Clone, Debug, Default)]
pub struct PythonClientBuilder {
    arguments: Vec<String>,
}

impl PythonClient {
    /// Settings first, then [`PythonClientBuilder::start`].
    pub fn builder() -> PythonClientBuilder {
        PythonClientBuilder::default()
    }

    /// Calls a method of the client by its Python name with keyword arguments, a JSON object on
    /// one line, and gives the answer as JSON.
    ///
    /// The answer is `{"result": …}`, where responses are maps and a generator is a list, or
    /// `{"raises": class, "message": …, "errors": […], "actions": […]}`; a transport error caught
    /// in a list of results has the latter form too. This blocks the thread: a test that answers
    /// the call itself calls it from another one.
    ///
    /// # Panics
    /// When the process has ended or is stuck.
    #[track_caller]
    pub fn call(&self, method: &str, arguments: &str) -> String {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        process.write_line(&format!(r#"{{"call": "{method}", "args": {arguments}}}"#));
        process.read_line()
    }
}

impl PythonClientBuilder {
    /// Adds a service that can be called.
    pub fn service(self, name: &str) -> Self {
        self.argument("service", name)
    }

    /// Adds a Redis master by its port on 127.0.0.1; several make a ring, in this order.
    pub fn redis(self, port: u16) -> Self {
        self.argument("redis", &port.to_string())
    }

    /// Sets an argument of the Redis transport, such as `protocol_version`; the value is JSON.
    pub fn transport(self, key: &str, json: &str) -> Self {
        self.argument("transport", &format!("{key}={json}"))
    }

    /// Sends JSON instead of MessagePack.
    pub fn json(self) -> Self {
        let path = "pysoa.common.serializer.json_serializer:JSONSerializer";
        self.transport("default_serializer_config", &format!(r#"{{"path": "{path}"}}"#))
    }

    /// Sets a key in the context of every request; the value is JSON.
    pub fn context(self, key: &str, json: &str) -> Self {
        self.argument("context", &format!("{key}={json}"))
    }

    /// Starts the process and waits until the client is made.
    ///
    /// # Panics
    /// When the peer is not installed or does not start.
    #[track_caller]
    pub fn start(&self) -> PythonClient {
        let process = Process::start("client.py", &self.arguments);
        process.read_line();
        PythonClient { process: Mutex::new(process) }
    }

    fn argument(mut self, name: &str, value: &str) -> Self {
        self.arguments.push(format!("--{name}={value}"));
        self
    }
}
