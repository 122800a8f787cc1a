//! Actions that show which process runs them, and what becomes of it.

use std::{
    process,
    time::{Duration, Instant},
};

use rustix::process::{Signal, getpid, kill_process};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use soa_common::Body;
use soa_server::ActionError;

/// Which process answered.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Pid {
    /// The process id
    pid: u32,
}

/// Gives the process id after a while.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Pause {
    /// How long, in seconds
    seconds: f64,
}

impl Pid {
    fn own() -> Self {
        Self { pid: process::id() }
    }
}

/// Gives the process id.
pub(crate) async fn pid(_body: Body) -> Result<Pid, ActionError> {
    Ok(Pid::own())
}

/// Lets others run in the meantime.
pub(crate) async fn sleep(pause: Pause) -> Result<Pid, ActionError> {
    tokio::time::sleep(Duration::try_from_secs_f64(pause.seconds)?).await;
    Ok(Pid::own())
}

/// Lets nothing else run in this thread in the meantime.
pub(crate) async fn spin(pause: Pause) -> Result<Pid, ActionError> {
    let (begun, pause) = (Instant::now(), Duration::try_from_secs_f64(pause.seconds.max(0.0))?);
    while begun.elapsed() < pause {
        std::hint::spin_loop();
    }
    Ok(Pid::own())
}

/// Kills the process.
pub(crate) async fn crash(_body: Body) -> Result<Body, ActionError> {
    kill_process(getpid(), Signal::KILL)?;
    Ok(Body::empty())
}
