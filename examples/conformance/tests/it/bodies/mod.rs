//! Bodies for the actions `catalogue` and `order`, good ones and bad ones.

mod combinations;
mod containers;
mod forms;
mod order;
mod scalars;
mod texts;

use fastrand::Rng;
use serde_json::{Map, Value as Json, json};

pub(crate) use order::{REQUIRED, order};

/// What may lie under one key of a body: values that fit, and values that do not.
pub(crate) struct Values {
    pub(crate) key: &'static str,
    pub(crate) good: Vec<Json>,
    pub(crate) bad: Vec<Json>,
}

fn values<const G: usize, const B: usize>(key: &'static str, good: [Json; G], bad: [Json; B]) -> Values {
    Values { key, good: good.into(), bad: bad.into() }
}

/// The keys of `catalogue`, but for those that the original refuses whatever they hold.
pub(crate) fn catalogue() -> Vec<Values> {
    let keys = [
        scalars::scalars(),
        scalars::moments(),
        texts::texts(),
        containers::containers(),
        combinations::combinations(),
        forms::places(),
        forms::money(),
    ];
    keys.into_iter().flatten().collect()
}

/// A body that has some of these keys, each with a value that fits or, less often, one that does not; the first
/// `required` keys are seldom left out. Keys that nobody knows are there now and then.
pub(crate) fn generated(rng: &mut Rng, keys: &[Values], required: usize) -> Json {
    let mut entries: Vec<(&str, Json)> = Vec::new();
    // Some bodies have few keys and some have all, some are good and some are bad all over.
    let (wanted, badness) = (rng.f64(), rng.f64().powi(3));
    for (index, values) in keys.iter().enumerate() {
        let is_there = if index < required { rng.f64() > badness / 4.0 } else { rng.f64() < wanted };
        let pool = if rng.f64() < badness || values.good.is_empty() { &values.bad } else { &values.good };
        if let Some(value) = rng.choice(pool)
            && is_there
        {
            entries.push((values.key, value.clone()));
        }
    }
    for extra in ["", "ID", "a.b", "\u{e9}", "\u{1f600}"] {
        if rng.f64() < badness / 4.0 {
            entries.push((extra, json!(null)));
        }
    }
    rng.shuffle(&mut entries);
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>().into()
}
