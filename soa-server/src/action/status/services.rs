use std::time::Duration;

use futures_util::future::join_all;
use soa_client::CallError;
use soa_common::{Error, JobResponse, Map, Value};

use super::Health;
use crate::{ActionContext, ActionError};

/// How long a service may take to say that it is there.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Asks every service that the client knows for its status. They are asked not to run their own checks, so services that
/// call each other do not ask in circles.
pub(super) async fn check<S>(ctx: ActionContext<S>) -> Result<Health, ActionError> {
    let client = ctx.client();
    let services = client.services();
    if services.is_empty() {
        return Ok(Health::good());
    }
    let answers = join_all(services.iter().map(|service| {
        let body = Map::from([("verbose", false)]);
        client
            .call_actions(service, [("status", body)])
            .timeout(TIMEOUT)
            .raise_job_errors(false)
            .raise_action_errors(false)
            .into_future()
    }))
    .await;
    let mut health = Health::good();
    let mut statuses = Map::new();
    for (service, answer) in services.into_iter().zip(answers) {
        match status(answer) {
            Ok(status) => statuses.push(service, status),
            Err((problem, description)) => {
                health = health.error(format!("{}_{problem}_ERROR", service.to_uppercase()), description);
            }
        }
    }
    Ok(health.diagnostic("services", statuses))
}

/// What a service says of itself, or what kind of problem there is, and which.
fn status(answer: Result<JobResponse, CallError>) -> Result<Value, (&'static str, String)> {
    let mut response = match answer {
        Ok(response) => response,
        Err(CallError::Transport(error)) => return Err(("TRANSPORT", error.to_string())),
        Err(error) => return Err(("CALL", error.to_string())),
    };
    if !response.errors.is_empty() {
        return Err(("CALL", list(&response.errors)));
    }
    match response.actions.pop() {
        Some(action) if action.errors.is_empty() => Ok(action.body.to_value()),
        Some(action) => Err(("STATUS", list(&action.errors))),
        None => Err(("CALL", "the response has no actions".to_owned())),
    }
}

/// The errors on one line.
fn list(errors: &[Error]) -> String {
    ActionError::from_errors(errors.to_vec()).to_string()
}
