//! Companies, found by their ids.

use std::ops::RangeInclusive;

use schemars::JsonSchema;
use serde::Deserialize;
use soa_common::{Map, Value};
use soa_server::{
    Action, ActionContext, ActionError, Schema,
    schema::{Dictionary, Integer, List},
};

use crate::users::known;

const COMPANIES: RangeInclusive<i64> = 1..=5;

/// Gives the companies of the given ids by integer keys, those that there are.
pub(crate) struct GetCompanies;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Input {
    ids: Vec<Value>,
}

impl Action for GetCompanies {
    type Input = Input;
    type Output = Map;

    fn request_schema(&self) -> Option<Schema> {
        Some(Dictionary::new().required("ids", List::new(Integer::new())).into())
    }

    async fn run(&self, _ctx: ActionContext, input: Input) -> Result<Map, ActionError> {
        let ids = known(&input.ids, &COMPANIES).into_iter();
        let companies: Map = ids.map(|id| (id, company(id))).collect();
        Ok(Map::from([("companies", companies)]))
    }
}

fn company(id: i64) -> Map {
    let mut company = Map::new();
    company.insert("_type", "company");
    company.insert("id", id);
    company.insert("name", format!("Company {id}"));
    company.insert("owner_id", id + 1);
    company
}
