//! The versions of a switched action.

use serde::Serialize;
use soa_common::Body;
use soa_server::{Action, ActionContext, ActionError};

/// What callers get who have not turned the switch on.
pub(crate) struct One;

/// What callers get who have turned it on.
pub(crate) struct Two;

#[derive(Serialize)]
pub(crate) struct Version {
    version: u32,
}

impl Action for One {
    type Input = Body;
    type Output = Version;

    fn description(&self) -> Option<String> {
        Some("v1".to_owned())
    }

    async fn run(&self, _ctx: ActionContext, _body: Body) -> Result<Version, ActionError> {
        Ok(Version { version: 1 })
    }
}

impl Action for Two {
    type Input = Body;
    type Output = Version;

    fn description(&self) -> Option<String> {
        Some("v2".to_owned())
    }

    async fn run(&self, _ctx: ActionContext, _body: Body) -> Result<Version, ActionError> {
        Ok(Version { version: 2 })
    }
}
