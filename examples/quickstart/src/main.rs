//! The main job in one process: a service is started, called in every way, and answers and errors are printed.
//!
//! It uses the local transport, so it needs no Redis: `cargo run -p quickstart`.

mod service;

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use serde_json::json;
use soa_client::{ActionResponse, CallError, Client};
use soa_server::LocalTransport;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Err(error) = run(&mut io::stdout()).await else { return ExitCode::SUCCESS };
    match error.downcast_ref::<io::Error>() {
        // Whoever read has seen enough.
        Some(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        _ => {
            // Nothing is left to be done where standard error cannot be written.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let client = Client::builder().transport("numbers", LocalTransport::new(service::numbers()?)).build()?;

    writeln!(out, "call_action: one action")?;
    let answer = client.call_action("numbers", "square", json!({"number": 7})).await?;
    show(out, "square 7", &answer)?;

    writeln!(out, "\ncall: one action, typed")?;
    let squared: service::Squared = client.call("numbers", "square", &service::Number { number: 12 }).await?;
    writeln!(out, "  square 12    → the number {}", squared.square)?;

    writeln!(out, "\ncall_actions: several actions in one job, run in order")?;
    let actions = [("square", json!({"number": 3})), ("root", json!({"number": 81}))];
    for answer in client.call_actions("numbers", actions).await?.actions {
        show(out, &answer.action, &answer)?;
    }

    writeln!(out, "\ncall_actions_parallel: a job each, at the same time, answers in the order of the calls")?;
    let actions = (1..=5).map(|number| ("square", json!({"number": number})));
    for (number, answer) in (1..).zip(client.call_actions_parallel("numbers", actions).await?) {
        show(out, &format!("square {number}"), &answer)?;
    }

    writeln!(out, "\nerrors")?;
    for (action, body) in
        [("root", json!({"number": -4})), ("square", json!({"number": "seven"})), ("cube", json!({"number": 2}))]
    {
        match client.call_action("numbers", action, body).await {
            Ok(answer) => show(out, action, &answer)?,
            Err(error @ CallError::Action { .. }) => writeln!(out, "  {error}")?,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn show(out: &mut impl Write, what: &str, answer: &ActionResponse) -> io::Result<()> {
    writeln!(out, "  {what:<12} → {}", answer.body)
}
