//! The smallest server: one typed action and everything that comes with `soa_server::main`.
//!
//! `cargo run -p square -- --redis redis://localhost:6379`, then
//! `cargo run -p soa-cli -- call square square --body '{"number": 7}'`.

use std::process::ExitCode;

use mimalloc::MiMalloc;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use soa_server::{ActionContext, ActionError, Service};

/// Many small allocations of one batch are freed together, which it does faster than glibc.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

struct App {
    limit: u64,
}

/// Squares a number.
#[derive(Deserialize, JsonSchema)]
struct Square {
    /// The number to square
    number: i64,
}

#[derive(Serialize, JsonSchema)]
struct Squared {
    square: i64,
}

async fn square(context: ActionContext<App>, input: Square) -> Result<Squared, ActionError> {
    if context.state().limit < input.number.unsigned_abs() {
        return Err(ActionError::new("TOO_LARGE", "The number is too large").field("number"));
    }
    Ok(Squared { square: input.number * input.number })
}

fn main() -> ExitCode {
    soa_server::main(async |_settings| {
        Ok(Service::builder("square").state(App { limit: 1_000 }).action("square", square).build()?)
    })
}
