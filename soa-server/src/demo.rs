//! The demonstration service, which the program `soa-server` serves.
//!
//! It is an example as well: actions are plain functions from an input to an output.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use soa_common::{Body, codes};

use crate::{ActionError, Definition, Service};

/// The service `demo`, with the actions `echo` (gives any body back), `square` (`{number}` to `{square}`) and `sleep`
/// (`{seconds}`, at most 300, to `{}`).
///
/// ```
/// use soa_client::Client;
/// use soa_server::{LocalTransport, demo};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::builder().transport("demo", LocalTransport::new(demo::service())).build()?;
/// let response = client.call_action("demo", "square", serde_json::json!({"number": 7})).await?;
/// assert_eq!(response.body.get("square"), Some(49.into()));
/// # Ok(())
/// # }
/// ```
#[must_use]
#[expect(clippy::expect_used, reason = "the names above are constants that a test has built")]
pub fn service() -> Service {
    Service::builder("demo")
        .description("The demonstration service.")
        .version(env!("CARGO_PKG_VERSION"))
        .action("echo", Definition::of(echo).description("Gives any body back."))
        .action("square", square)
        .action("sleep", sleep)
        .build()
        .expect("the demonstration service is well-formed")
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

/// Answers after some seconds.
#[derive(Deserialize, JsonSchema)]
struct Sleep {
    /// How long to sleep
    #[schemars(range(min = 0, max = 300))]
    seconds: f64,
}

async fn echo(body: Body) -> Result<Body, ActionError> {
    Ok(body)
}

async fn square(input: Square) -> Result<Squared, ActionError> {
    let Some(square) = input.number.checked_mul(input.number) else {
        let message = "The square of this number does not fit in 64 bits";
        return Err(ActionError::new("TOO_LARGE", message).field("number"));
    };
    Ok(Squared { square })
}

async fn sleep(input: Sleep) -> Result<(), ActionError> {
    // The range of the schema lets not-a-number pass.
    let Ok(time) = Duration::try_from_secs_f64(input.seconds) else {
        return Err(ActionError::new(codes::INVALID, "Not a number of seconds").field("seconds"));
    };
    tokio::time::sleep(time).await;
    Ok(())
}
