//! One contender doing one workload once.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use tokio::time::{sleep, timeout};

use super::{
    contender::{Client, Contender, Server},
    process::{PATIENCE, Process, memory},
    stage::{Programs, Stage},
    workload::{Kind, Workload},
};
use crate::{
    BoxError,
    contenders::ours::PARALLEL,
    load::{BEGIN, Outcome},
    stats::median,
};

/// How often a server is started for one figure.
const STARTS: usize = 3;

/// How long a call is under way before the server that it waits for is started.
const BEFORE_START: Duration = Duration::from_millis(50);

/// How long everything has to come to rest.
const REST: Duration = Duration::from_millis(300);

/// The times of a closed loop, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// Before the measured time.
    pub warmup: f64,
    /// The measured time.
    pub window: f64,
}

type Values = BTreeMap<String, f64>;

/// Measures. What it starts has ended when it returns, and when it is dropped.
pub(super) async fn measure(
    programs: &Programs,
    contender: Contender,
    workload: &Workload,
    times: Times,
) -> Result<Values, BoxError> {
    let mut stage = Stage::set(programs, contender, workload).await?;
    let values = match workload.kind {
        Kind::Loop(work) => by_loop(&mut stage, contender, workload, work, times).await,
        Kind::Memory => by_memory(&mut stage, contender, workload).await,
        Kind::Start => by_start(&mut stage, contender, workload).await,
    };
    let values = values.map_err(|error| format!("{error}\n{}", stage.logs()).trim().into());
    stage.clear().await;
    values
}

async fn by_loop(
    stage: &mut Stage<'_>,
    contender: Contender,
    workload: &Workload,
    work: &str,
    times: Times,
) -> Result<Values, BoxError> {
    stage.start_server(contender).await?;
    let (inflight, bytes) = (workload.inflight, workload.bytes);
    let mut client = stage.start_client(contender.client(), work, inflight, bytes, (times.warmup, times.window))?;
    client.expect(BEGIN).await?;
    let before = stage.processor_times();
    let outcome = outcome(&mut client).await?;
    let after = stage.processor_times();
    client.kill().await;
    if outcome.requests == 0 {
        return Err("no call was answered".into());
    }
    let per_call = if work == "parallel" { PARALLEL as f64 } else { 1.0 };
    let calls = outcome.requests as f64 * per_call;
    let each = |seconds: f64| seconds * 1e6 / calls;
    let (server, between) = (after.0 - before.0, after.1 - before.1);
    Ok(named([
        ("rps", calls / outcome.seconds),
        ("mb_per_s", calls * bytes as f64 / outcome.seconds / 1e6),
        ("p50_us", outcome.p50),
        ("p99_us", outcome.p99),
        ("client_cpu_us", each(outcome.cpu)),
        ("server_cpu_us", each(server)),
        ("cpu_us", each(outcome.cpu + server)),
        ("between_cpu_us", each(between)),
        ("errors", outcome.errors as f64),
    ]))
}

/// Holds many calls in a client and in Redis while the worker stands still, then lets it go on.
async fn by_memory(stage: &mut Stage<'_>, contender: Contender, workload: &Workload) -> Result<Values, BoxError> {
    stage.start_server(contender).await?;
    let calls = workload.inflight;
    let mut client = stage.start_client(Client::Rust("ours"), "hold", calls, workload.bytes, (0.0, 0.0))?;
    client.expect(BEGIN).await?;
    sleep(REST).await;
    let server = stage.the_server()?;
    let (at_rest, before) = (memory(server.pid, "VmRSS")?, memory(client.pid, "VmRSS")?);
    if !matches!(contender.server(), Server::Ours { .. }) {
        // So many calls would wait in the client: each needs a reply list of its own.
        client.kill().await;
        return Ok(named([("rest_mb", at_rest / 1e6)]));
    }
    server.signal(Signal::STOP);
    client.nudge().await?;
    let queued = async {
        // What the worker asked for before it stood still is on its way to it.
        while stage.queued() < calls - calls / 50 {
            sleep(BEFORE_START).await;
        }
    };
    timeout(PATIENCE, queued).await.map_err(|_| format!("only {} calls were queued", stage.queued()))?;
    sleep(REST).await;
    let held = memory(client.pid, "VmRSS")?;
    server.signal(Signal::CONT);
    let outcome = outcome(&mut client).await?;
    Ok(named([
        ("rest_mb", at_rest / 1e6),
        ("queued_mb", memory(server.pid, "VmHWM")? / 1e6),
        ("bytes_per_call", (held - before) / calls as f64),
        ("errors", outcome.errors as f64),
    ]))
}

async fn by_start(stage: &mut Stage<'_>, contender: Contender, workload: &Workload) -> Result<Values, BoxError> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let mut client = stage.start_client(Client::Rust("ours"), "once", 1, workload.bytes, (0.0, 0.0))?;
        client.expect(BEGIN).await?;
        sleep(BEFORE_START).await;
        let begin = Instant::now();
        stage.start_server(contender).await?;
        outcome(&mut client).await?;
        times.push(begin.elapsed().as_secs_f64() * 1e3);
        stage.stop_server().await;
    }
    Ok(named([("start_ms", median(&times))]))
}

async fn outcome(client: &mut Process) -> Result<Outcome, BoxError> {
    let line = client.line().await?;
    let outcome: Outcome = serde_json::from_str(&line).map_err(|_| format!("the client said {line:?}"))?;
    match &outcome.error {
        Some(error) => Err(format!("{} of {} calls failed: {error}", outcome.errors, outcome.requests).into()),
        None => Ok(outcome),
    }
}

fn named<const N: usize>(values: [(&str, f64); N]) -> Values {
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
