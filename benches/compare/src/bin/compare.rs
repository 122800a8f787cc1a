//! `compare run` measures, `compare report` makes tables of what was measured before; the other commands are started by
//! `run`.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use soa_compare::{
    BoxError,
    contenders::{
        bare::{self, Bare, Form},
        nats::{self, Nats},
        ours::{self, Ours, Work},
        tonic::{self, Tonic},
    },
    load::{Plan, closed_loop, say},
    report,
    results::Results,
    run::{Contender, Options, Programs, Times, run},
};
use tokio::{
    select,
    signal::{
        ctrl_c,
        unix::{SignalKind, signal},
    },
};

/// Where a whole run is told.
const DOCUMENT: &str = "docs/benchmarks.md";

/// Where any other run is told.
const PARTIAL: &str = "target/compare/benchmarks.md";

#[derive(Parser)]
#[command(about = "Measures this project beside PySOA, a bare pair on Redis, NATS and tonic")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure
    Run(Run),
    /// Make tables and the plot of what was measured before
    Report(Report),
    /// Be a server
    #[command(subcommand, hide = true)]
    Serve(Serve),
    /// Be a client
    #[command(hide = true)]
    Load(Load),
}

#[derive(clap::Args)]
struct Run {
    /// Fewer rounds, shorter ones, fewer points in the plot
    #[arg(long)]
    quick: bool,
    /// Workloads whose names begin so
    #[arg(long, value_name = "NAME[,NAME…]", value_delimiter = ',')]
    only: Vec<String>,
    /// These contenders only
    #[arg(long, value_name = "NAME[,NAME…]", value_delimiter = ',')]
    contenders: Vec<Contender>,
    /// How often everything is measured [default: 5, or 2 with --quick]
    #[arg(long)]
    rounds: Option<usize>,
    /// How long each measurement is, in seconds [default: 2, or 0.7 with --quick]
    #[arg(long)]
    window: Option<f64>,
    /// How long to call before it, in seconds [default: a quarter of the window]
    #[arg(long)]
    warmup: Option<f64>,
    #[command(flatten)]
    files: Files,
    /// A Python that has pysoa 1.4.9
    #[arg(long, default_value = "target/compare/pysoa/bin/python")]
    python: PathBuf,
    /// A Python that has pysoa 1.4.9 and msgpack 1.0.8
    #[arg(long, default_value = "target/compare/pysoa-msgpack1/bin/python")]
    python_msgpack1: PathBuf,
    #[arg(long, default_value = "nats-server")]
    nats: PathBuf,
}

#[derive(clap::Args)]
struct Report {
    #[command(flatten)]
    files: Files,
}

#[derive(clap::Args)]
struct Files {
    /// All that is measured
    #[arg(long, default_value = "target/compare/results.json")]
    results: PathBuf,
    /// The document whose generated part is written anew, with the plot beside it [default: docs/benchmarks.md; where
    /// something was left out target/compare/benchmarks.md]
    #[arg(long)]
    document: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Serve {
    Bare { redis: String, form: Form },
    Nats { address: String },
    Tonic,
}

#[derive(clap::Args)]
struct Load {
    client: Client,
    /// Of Redis, NATS or the server
    address: String,
    #[arg(long, default_value_t = 1)]
    inflight: usize,
    /// Of the body of an echo, or of a big answer
    #[arg(long, default_value_t = 100)]
    bytes: usize,
    #[arg(long, default_value_t = 0.5)]
    warmup: f64,
    #[arg(long, default_value_t = 2.0)]
    window: f64,
    #[arg(long, default_value = "echo")]
    work: Work,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Client {
    Ours,
    /// Ours: one call
    Once,
    /// Ours: many calls that wait
    Hold,
    Bare,
    BareTransaction,
    Nats,
    Tonic,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let done = match Args::parse().command {
        Command::Run(run) => run.run_unless_stopped().await,
        Command::Report(report) => report.run(),
        Command::Serve(serve) => serve.run().await,
        Command::Load(load) => load.run().await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Run {
    /// A signal drops what runs, and with it every process that was started.
    async fn run_unless_stopped(self) -> Result<(), BoxError> {
        let mut stop = signal(SignalKind::terminate())?;
        select! {
            done = self.run() => done,
            _ = stop.recv() => Err("stopped".into()),
            _ = ctrl_c() => Err("stopped".into()),
        }
    }

    async fn run(self) -> Result<(), BoxError> {
        let window = self.window.unwrap_or(if self.quick { 0.7 } else { 2.0 });
        let options = Options {
            rounds: self.rounds.unwrap_or(if self.quick { 2 } else { 5 }),
            times: Times { warmup: self.warmup.unwrap_or(window / 4.0), window },
            is_quick: self.quick,
            only: self.only,
            contenders: self.contenders,
        };
        let document = if options.is_partial() { PARTIAL } else { DOCUMENT };
        let programs = Programs { python: self.python, python_msgpack1: self.python_msgpack1, nats: self.nats };
        let results = run(&programs, &options, &self.files.results).await?;
        self.files.write(&results, document)
    }
}

impl Report {
    fn run(self) -> Result<(), BoxError> {
        self.files.write(&Results::load(&self.files.results)?, DOCUMENT)
    }
}

impl Files {
    fn write(&self, results: &Results, document: &str) -> Result<(), BoxError> {
        let document = self.document.clone().unwrap_or_else(|| document.into());
        report::write(results, &document)?;
        eprintln!("{} is written", document.display());
        Ok(())
    }
}

impl Serve {
    async fn run(self) -> Result<(), BoxError> {
        match self {
            Self::Bare { redis, form } => bare::serve(&redis, form).await,
            Self::Nats { address } => nats::serve(&address).await,
            Self::Tonic => tonic::serve().await,
        }
    }
}

impl Load {
    async fn run(self) -> Result<(), BoxError> {
        let Self { client, address, inflight, bytes, .. } = self;
        let plan = Plan {
            inflight,
            warmup: Duration::from_secs_f64(self.warmup),
            window: Duration::from_secs_f64(self.window),
        };
        let outcome = match client {
            Client::Ours => closed_loop(Ours::new(&address, self.work, bytes)?, plan).await,
            Client::Once => ours::once(&Ours::new(&address, self.work, bytes)?).await,
            Client::Hold => ours::hold(Ours::new(&address, self.work, bytes)?, inflight).await,
            Client::Bare => closed_loop(Bare::connect(&address, bytes, Form::Script).await?, plan).await,
            Client::BareTransaction => {
                closed_loop(Bare::connect(&address, bytes, Form::Transaction).await?, plan).await
            }
            Client::Nats => closed_loop(Nats::connect(&address, bytes).await?, plan).await,
            Client::Tonic => closed_loop(Tonic::connect(&address, bytes).await?, plan).await,
        };
        say(&serde_json::to_string(&outcome?)?)?;
        Ok(())
    }
}
