//! Users, found by their ids.

use std::{collections::HashSet, ops::RangeInclusive};

use schemars::JsonSchema;
use serde::Deserialize;
use soa_common::{Map, Value};
use soa_server::{
    Action, ActionContext, ActionError, Schema,
    schema::{Dictionary, Integer, List},
};

const USERS: RangeInclusive<i64> = 1..=10;

/// Gives users by integer keys: all, or those of the given ids that there are.
pub(crate) struct GetUsers;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Input {
    ids: Option<Vec<Value>>,
}

impl Action for GetUsers {
    type Input = Input;
    type Output = Map;

    fn request_schema(&self) -> Option<Schema> {
        Some(Dictionary::new().optional("ids", List::new(Integer::new())).into())
    }

    async fn run(&self, _ctx: ActionContext, input: Input) -> Result<Map, ActionError> {
        let ids = match input.ids {
            Some(ids) => known(&ids, &USERS),
            None => USERS.collect(),
        };
        let users: Map = ids.into_iter().map(|id| (id, user(id))).collect();
        Ok(Map::from([("users", users)]))
    }
}

/// The ids that stand for something, each once, in the order of the request.
pub(crate) fn known(ids: &[Value], all: &RangeInclusive<i64>) -> Vec<i64> {
    let mut seen = HashSet::new();
    ids.iter().filter_map(Value::as_i64).filter(|id| all.contains(id) && seen.insert(*id)).collect()
}

fn user(id: i64) -> Map {
    let mut user = Map::new();
    user.insert("_type", "user");
    user.insert("id", id);
    user.insert("name", format!("User {id}"));
    user.insert("company_id", id % 5 + 1);
    user
}
