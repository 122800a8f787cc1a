//! The service of this project that is measured, with the command line that every service of ours has.

use std::{process::ExitCode, time::Duration};

use mimalloc::MiMalloc;
use soa_compare::{
    SERVICE,
    payload::{Blob, Echo, Pause, Size},
};
use soa_server::{ActionError, Service};

/// As docs/operating.md advises.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Gives back what it got.
async fn echo(body: Echo) -> Result<Echo, ActionError> {
    Ok(body)
}

/// Gives a text of the wanted size.
async fn big(wanted: Size) -> Result<Blob, ActionError> {
    Ok(Blob { blob: "a".repeat(wanted.size as usize) })
}

/// Takes a while.
async fn slow(pause: Pause) -> Result<Pause, ActionError> {
    tokio::time::sleep(Duration::from_millis(pause.milliseconds.into())).await;
    Ok(pause)
}

fn main() -> ExitCode {
    soa_server::main(async |_settings| {
        let service = Service::builder(SERVICE).action("echo", echo).action("big", big).action("slow", slow);
        Ok(service.build()?)
    })
}
