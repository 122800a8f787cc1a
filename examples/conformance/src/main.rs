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

use std::{env, process::ExitCode};

use soa_server::{BoxError, Service};

fn main() -> ExitCode {
    soa_server::main(async |_settings| service())
}

fn service() -> Result<Service, BoxError> {
    let name = env::var("SERVICE_NAME").unwrap_or_else(|_| "conformance".to_owned());
    let service = Service::builder(&name)
        .description("The conformance service.")
        .version("1.2.3")
        .build_id("build-7")
        .action("square", square::Square)
        .action("bad_response", square::BadResponse)
        .action("echo", echo::echo)
        .action("context", echo::context)
        .action("big", echo::Big)
        .action("boom", failures::boom)
        .action("denied", failures::denied)
        .action("job_error", failures::job_error)
        .switched("versioned", |versions| versions.when(5, versions::Two).otherwise(versions::One))
        .action("get_users", users::GetUsers)
        .action("get_companies", companies::GetCompanies)
        .action("relay", calls::Relay)
        .action("local", calls::Local)
        .action("pid", process::GetPid)
        .action("sleep", process::Sleep)
        .action("spin", process::Spin)
        .action("crash", process::crash)
        .build()?;
    Ok(service)
}
