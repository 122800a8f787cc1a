//! `soa bench`

use std::{sync::Arc, time::Duration};

use rustix::time::{ClockId, clock_gettime};
use soa_common::{Body, Map};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::interval,
};

mod args;
mod load;
mod pace;
mod progress;
mod report;
mod size;
mod tally;

pub(crate) use args::BenchArgs;

use crate::{
    ask::{Caller, runtime},
    failure::Failure,
    input, output,
    text::harmless,
};
use load::{End, Load};
use pace::Pace;
use progress::Progress;
use report::Report;

const DEFAULT_DURATION: Duration = Duration::from_secs(10);

pub(crate) fn run(args: BenchArgs) -> Result<(), Failure> {
    let body = body(&args)?;
    let size_option = if args.payload.is_some() { "--payload" } else { "--body" };
    let BenchArgs { service, action, concurrency, duration, requests, rate, warm_up, options, .. } = args;
    let end = match requests {
        Some(requests) => End::Requests(requests),
        None => End::After(duration.unwrap_or(DEFAULT_DURATION)),
    };
    // More places could never be filled.
    let concurrency =
        requests.map_or(concurrency, |requests| concurrency.min(u32::try_from(requests).unwrap_or(u32::MAX)));
    let (as_json, verbose) = (options.json, options.verbose);
    let bench = Bench {
        title: format!("{service} {action}"),
        caller: Arc::new(Caller::new(&service, options)?),
        action: action.into(),
        body,
        concurrency,
        end,
        rate,
        warm_up: warm_up.unwrap_or(concurrency.into()),
        as_json,
    };
    if verbose {
        output::note(&format!("{} over {}", bench.title, bench.caller.masters));
    }
    runtime()?.block_on(async {
        size::check(&bench.caller, &bench.action, &bench.body, size_option).await?;
        bench.run().await
    })
}

/// The input of each call, encoded once.
fn body(args: &BenchArgs) -> Result<Body, Failure> {
    let body = match (&args.body, args.payload) {
        (Some(body), _) => input::body(body)?,
        (None, Some(bytes)) => Map::from([("payload", "x".repeat(bytes))]),
        (None, None) => Map::new(),
    };
    Body::from_msgpack(Body::from(body).to_msgpack()).map_err(|error| Failure::usage(format!("--body: {error}")))
}

struct Bench {
    title: String,
    caller: Arc<Caller>,
    action: Arc<str>,
    body: Body,
    concurrency: u32,
    end: End,
    rate: Option<f64>,
    warm_up: u64,
    as_json: bool,
}

impl Bench {
    async fn run(self) -> Result<(), Failure> {
        let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| Failure::runtime(&error))?;
        let warm_up_errors = self.warm_up(&mut interrupt).await?;

        let pace = self.rate.map(Pace::start).transpose().map_err(|error| Failure::runtime(&error))?;
        let cpu = cpu_time();
        let mut load = self.load(self.end, pace);
        let progress = Progress::new(self.end, !self.as_json);
        let mut ticks = interval(Duration::from_millis(100));
        let interrupted = loop {
            tokio::select! {
                () = load.finish() => break false,
                _ = interrupt.recv() => break true,
                _ = ticks.tick() => progress.show(&load.tally(), load.measured()),
            }
        };
        let (measured, cpu, missed) = (load.measured(), cpu_time().saturating_sub(cpu), load.missed());
        let unanswered = load.unanswered();
        drop(progress);

        let mut tally = load.tally();
        let report = Report {
            title: self.title,
            tally: &tally,
            concurrency: self.concurrency,
            rate: self.rate,
            warm_up: self.warm_up,
            warm_up_errors,
            measured,
            cpu,
            missed,
            unanswered,
            interrupted,
        };
        match self.as_json {
            true => output::raw(format!("{}\n", report.json()).as_bytes())?,
            false => output::page(&report.page(output::width()))?,
        }
        match (tally.successes(), tally.first_error.take()) {
            (0, Some(error)) => Err(self.caller.failure(error)),
            (0, None) => Err(ended_early("no call was answered before the end")),
            _ => Ok(()),
        }
    }

    /// Gives how many calls failed. Fails when the service cannot be reached, for which nobody should have to wait for
    /// long.
    async fn warm_up(&self, interrupt: &mut Signal) -> Result<u64, Failure> {
        if self.warm_up == 0 {
            return Ok(0);
        }
        let mut load = self.load(End::Requests(self.warm_up), None);
        let is_interrupted = tokio::select! {
            () = load.finish() => false,
            _ = interrupt.recv() => true,
        };
        let mut tally = load.tally();
        if is_interrupted {
            let (ended, all) = (tally.requests(), self.warm_up);
            let message = format!("stopped before anything was measured: {ended} of {all} warm-up calls had ended");
            return Err(ended_early(&message));
        }
        match tally.first_error.take() {
            Some(error) if !tally.answered => return Err(self.caller.failure(error)),
            Some(error) if !self.as_json => output::note(&format!(
                "{} of {} warm-up calls failed, the first with: {}",
                tally.errors,
                tally.requests(),
                harmless(&error.to_string()).replace('\n', " ")
            )),
            _ => {}
        }
        Ok(tally.errors)
    }

    fn load(&self, end: End, pace: Option<Pace>) -> Load {
        let (caller, action, body) = (self.caller.clone(), self.action.clone(), self.body.clone());
        let call = move || {
            let call = caller.call(&action, body.clone()).into_future();
            async { call.await.map(drop) }
        };
        Load::start(self.concurrency, end, pace, call)
    }
}

fn ended_early(message: &str) -> Failure {
    Failure::Transport { code: "NO_ANSWER", message: message.to_owned() }
}

/// What this process has used so far of all processors.
fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}
