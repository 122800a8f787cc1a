//! Companies, found by their ids.

use std::ops::RangeInclusive;

use schemars::JsonSchema;
use serde::Deserialize;
use soa_common::{Integer, Map};
use soa_server::ActionError;

use crate::users::known;

const COMPANIES: RangeInclusive<i64> = 1..=5;

/// Gives the companies of the given ids by integer keys, those that there are.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Companies {
    /// The ids in any order
    ids: Vec<Integer>,
}

pub(crate) async fn get_companies(wanted: Companies) -> Result<Map, ActionError> {
    let ids = known(&wanted.ids, &COMPANIES).into_iter();
    let companies: Map = ids.map(|id| (id, company(id))).collect();
    Ok(Map::from([("companies", companies)]))
}

fn company(id: i64) -> Map {
    let mut company = Map::new();
    company.insert("_type", "company");
    company.insert("id", id);
    company.insert("name", format!("Company {id}"));
    company.insert("owner_id", id + 1);
    company
}
