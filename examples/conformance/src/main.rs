//! The conformance service: an action for every corner of the protocol, the same as on the original framework.
//!
//! Its name is taken from the environment variable `SERVICE_NAME`, by default `conformance`; it has all flags of
//! [`soa_server::main`]. The tests of this package let it and its twin on PySOA 1.4.9 answer the same calls.

mod square;

mod echo;
mod failures;
mod versions;

mod companies;
mod users;

mod calls;
mod process;

mod catalogue;
mod order;

use std::{env, process::ExitCode};

use soa_server::{ActionContext, ActionError, BoxError, Definition, Health, Service};

fn main() -> ExitCode {
    soa_server::main(async |_settings| service())
}

fn service() -> Result<Service, BoxError> {
    let name = env::var("SERVICE_NAME").unwrap_or_else(|_| "conformance".to_owned());
    let catalogue = Definition::of(echo::echo)
        .description("Gives back a body that has any of all fields.")
        .request_schema(catalogue::schema()?);
    let service = Service::builder(&name)
        .description("The conformance service.")
        .version("1.2.3")
        .build_id("build-7")
        .action("square", square::Square)
        .action("bad_response", square::BadResponse)
        .action("echo", echo::echo)
        .action("context", echo::context)
        .action("big", echo::big)
        .action("boom", failures::boom)
        .action("denied", failures::denied)
        .action("job_error", failures::job_error)
        .switched("versioned", |versions| versions.when(5, versions::Two).otherwise(versions::One))
        .action("get_users", users::get_users)
        .action("get_companies", companies::get_companies)
        .action("relay", calls::relay)
        .action("local", calls::local)
        .action("pid", process::pid)
        .action("sleep", process::sleep)
        .action("spin", process::spin)
        .action("crash", process::crash)
        .action("catalogue", catalogue)
        .action("order", order::order)
        .check_services()
        .check("disk", disk)
        .build()?;
    Ok(service)
}

/// What the checks of the service find; they look at nothing.
async fn disk(_ctx: ActionContext) -> Result<Health, ActionError> {
    let health = Health::good().diagnostic("free_bytes", 1024);
    Ok(health.warning("DISK_NEARLY_FULL", "One kilobyte is left").error("DISK_SLOW", "It takes a second"))
}
