//! Actions that fail.

use soa_common::Body;
use soa_server::{ActionError, JobError};

/// Fails as nobody planned for.
pub(crate) async fn boom(_body: Body) -> Result<Body, ActionError> {
    Err(ActionError::internal("kaboom"))
}

/// Refuses every caller.
pub(crate) async fn denied(_body: Body) -> Result<Body, ActionError> {
    Err(ActionError::new("NOT_AUTHORIZED", "No").denied_permissions(["p.read"]))
}

/// Fails the whole job.
pub(crate) async fn job_error(_body: Body) -> Result<Body, ActionError> {
    Err(JobError::new("JOB_BAD", "job is bad").into())
}
