//! Actions that show which process runs them, and what becomes of it.

use std::{
    process,
    time::{Duration, Instant},
};

use rustix::process::{Signal, getpid, kill_process};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use soa_common::Body;
use soa_server::{
    Action, ActionContext, ActionError, Schema,
    schema::{Dictionary, Float, Integer},
};

/// Gives the process id.
pub(crate) struct GetPid;

/// Gives the process id after a while, in which others may run.
pub(crate) struct Sleep;

/// Gives the process id after a while, in which nothing else can run in this thread.
pub(crate) struct Spin;

#[derive(Serialize, JsonSchema)]
pub(crate) struct Pid {
    pid: u32,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Pause {
    seconds: f64,
}

impl Pid {
    fn own() -> Self {
        Self { pid: process::id() }
    }

    fn schema() -> Schema {
        Dictionary::new().required("pid", Integer::new()).into()
    }
}

impl Pause {
    fn schema() -> Schema {
        Dictionary::new().required("seconds", Float::new()).into()
    }
}

impl Action for GetPid {
    type Input = Body;
    type Output = Pid;

    fn response_schema(&self) -> Option<Schema> {
        Some(Pid::schema())
    }

    async fn run(&self, _ctx: ActionContext, _body: Body) -> Result<Pid, ActionError> {
        Ok(Pid::own())
    }
}

impl Action for Sleep {
    type Input = Pause;
    type Output = Pid;

    fn request_schema(&self) -> Option<Schema> {
        Some(Pause::schema())
    }

    fn response_schema(&self) -> Option<Schema> {
        Some(Pid::schema())
    }

    async fn run(&self, _ctx: ActionContext, pause: Pause) -> Result<Pid, ActionError> {
        tokio::time::sleep(Duration::try_from_secs_f64(pause.seconds)?).await;
        Ok(Pid::own())
    }
}

impl Action for Spin {
    type Input = Pause;
    type Output = Pid;

    fn request_schema(&self) -> Option<Schema> {
        Some(Pause::schema())
    }

    fn response_schema(&self) -> Option<Schema> {
        Some(Pid::schema())
    }

    async fn run(&self, _ctx: ActionContext, pause: Pause) -> Result<Pid, ActionError> {
        let (begun, pause) = (Instant::now(), Duration::try_from_secs_f64(pause.seconds.max(0.0))?);
        while begun.elapsed() < pause {
            std::hint::spin_loop();
        }
        Ok(Pid::own())
    }
}

/// Kills the process.
pub(crate) async fn crash(_body: Body) -> Result<Body, ActionError> {
    kill_process(getpid(), Signal::KILL)?;
    Ok(Body::empty())
}
