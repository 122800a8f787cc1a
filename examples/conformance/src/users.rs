//! Users, found by their ids.

use std::{collections::HashSet, ops::RangeInclusive};

use schemars::JsonSchema;
use serde::Deserialize;
use soa_common::{Integer, Map};
use soa_server::ActionError;

const USERS: RangeInclusive<i64> = 1..=10;

/// Gives users by integer keys: all, or those of the given ids that there are.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Users {
    /// The ids; all users when absent
    #[serde(default = "everybody")]
    ids: Vec<Integer>,
}

pub(crate) async fn get_users(wanted: Users) -> Result<Map, ActionError> {
    let ids = known(&wanted.ids, &USERS).into_iter();
    let users: Map = ids.map(|id| (id, user(id))).collect();
    Ok(Map::from([("users", users)]))
}

fn everybody() -> Vec<Integer> {
    USERS.map(Integer::from).collect()
}

/// The ids that stand for something, each once, in the order of the request.
pub(crate) fn known(ids: &[Integer], all: &RangeInclusive<i64>) -> Vec<i64> {
    let mut seen = HashSet::new();
    ids.iter().filter_map(|id| id.as_i64()).filter(|id| all.contains(id) && seen.insert(*id)).collect()
}

fn user(id: i64) -> Map {
    let mut user = Map::new();
    user.insert("_type", "user");
    user.insert("id", id);
    user.insert("name", format!("User {id}"));
    user.insert("company_id", id % 5 + 1);
    user
}
