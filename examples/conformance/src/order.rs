//! An action whose schemas are those of its types.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use soa_common::{Amount, Date, Decimal, UtcDateTime};
use soa_server::ActionError;

/// Takes an order
/// and tells what became of it.
///
/// Nothing is delivered.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(crate) struct Order {
    /// Who orders, by a name
    /// of some letters
    #[schemars(length(min = 2, max = 40), extend("x-soa" = "not_blank"))]
    customer: String,
    /// Where to write to
    #[schemars(email)]
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// What is ordered, the most urgent first
    #[schemars(length(min = 1, max = 3))]
    lines: Vec<Line>,
    /// How it is paid
    payment: Payment,
    delivery: Delivery,
    #[serde(default)]
    priority: Priority,
    /// Each once, in any order
    #[serde(default)]
    #[schemars(length(max = 4))]
    tags: BTreeSet<u8>,
    /// Which article lies on which shelf
    #[serde(default)]
    shelves: BTreeMap<u64, String>,
    /// How much is left by article
    #[serde(default)]
    stock: BTreeMap<String, i16>,
    reference: Reference,
    #[schemars(range(min = 0.0, max = 0.5))]
    #[serde(skip_serializing_if = "Option::is_none")]
    discount: Option<f64>,
    /// The day on which it is wanted
    #[serde(skip_serializing_if = "Option::is_none")]
    wanted: Option<Date>,
    placed: UtcDateTime,
    total: Amount,
    #[schemars(extend("x-soa-gte" = 0))]
    weight: Decimal,
    /// Of no use any more
    #[schemars(extend("deprecated" = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    fax: Option<bool>,
}

/// So many of one article
#[derive(Deserialize, Serialize, JsonSchema)]
struct Line {
    article: String,
    #[schemars(range(min = 1, max = 99))]
    pieces: u32,
    /// Where this line goes, if not with the others
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place>,
}

/// A place on earth
#[derive(Deserialize, Serialize, JsonSchema)]
struct Place {
    #[schemars(extend("x-soa" = "latitude"))]
    north: f64,
    #[schemars(extend("x-soa" = "longitude"))]
    east: f64,
    #[schemars(extend("x-soa" = "country"))]
    country: String,
}

/// A way to pay
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Payment {
    /// By card
    Card {
        holder: String,
        #[schemars(length(equal = 4))]
        last_digits: String,
    },
    Invoice {
        #[schemars(range(max = 60))]
        days: u8,
    },
    CashInHand,
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Delivery {
    Pickup,
    Courier { express: bool },
    Boxes(Vec<u16>),
}

/// How much it matters
#[derive(Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Priority {
    Low,
    #[default]
    Normal,
    High,
}

/// A number or a text, as the customer likes
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
enum Reference {
    Number(u64),
    Text(String),
}

/// An order that was taken.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Receipt {
    order: Order,
    /// How many pieces were ordered in all
    pieces: u32,
}

/// Gives the order back, and counts.
pub(crate) async fn order(order: Order) -> Result<Receipt, ActionError> {
    let pieces = order.lines.iter().map(|line| line.pieces).sum();
    Ok(Receipt { order, pieces })
}
