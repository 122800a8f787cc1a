//! PySOA, the original framework, as live peers: processes of Python in an environment that the
//! test command makes.

mod client;
mod process;
mod service;

pub use client::{PythonClient, PythonClientBuilder};
pub use process::peer_python;
pub use service::{PythonService, PythonServiceBuilder};
