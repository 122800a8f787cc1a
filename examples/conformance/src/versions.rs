//! The versions of a switched action.

use soa_common::{Body, Map};
use soa_server::{Action, ActionContext, ActionError};

/// What callers get who have not turned the switch on.
pub(crate) struct One;

/// What callers get who have turned it on.
pub(crate) struct Two;

impl Action for One {
    type Input = Body;
    type Output = Map;

    fn description(&self) -> Option<String> {
        Some("v1".to_owned())
    }

    async fn run(&self, _ctx: ActionContext, _body: Body) -> Result<Map, ActionError> {
        Ok(Map::from([("version", 1)]))
    }
}

impl Action for Two {
    type Input = Body;
    type Output = Map;

    fn description(&self) -> Option<String> {
        Some("v2".to_owned())
    }

    async fn run(&self, _ctx: ActionContext, _body: Body) -> Result<Map, ActionError> {
        Ok(Map::from([("version", 2)]))
    }
}
