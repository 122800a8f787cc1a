//! Medians and spreads.

use std::collections::BTreeMap;

/// The middle of some figures, and the least and the largest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Half of the figures are not above it.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The largest.
    pub most: f64,
}

impl Spread {
    /// Of these figures; none when there are none.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let values: Vec<f64> = values.into_iter().collect();
        let least = values.iter().copied().reduce(f64::min)?;
        let most = values.iter().copied().reduce(f64::max)?;
        Some(Self { median: median(&values), least, most })
    }
}

/// The median: of an even number of figures the mean of the two in the middle. Not a number when there are none.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// What each round of one makes of the same round of the other.
#[must_use]
pub fn ratios(of: &BTreeMap<usize, f64>, to: &BTreeMap<usize, f64>) -> Vec<f64> {
    of.iter().filter_map(|(round, value)| Some(value / to.get(round)?)).filter(|ratio| ratio.is_finite()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_spreads() {
        let check = |values: &[f64], expected: Option<[f64; 3]>| {
            let spread = Spread::of(values.iter().copied()).map(|spread| [spread.median, spread.least, spread.most]);
            assert_eq!(spread, expected, "{values:?}");
        };
        check(&[], None);
        check(&[2.0], Some([2.0, 2.0, 2.0]));
        check(&[9.0, 1.0, 2.0], Some([2.0, 1.0, 9.0]));
        check(&[4.0, 1.0, 2.0, 9.0], Some([3.0, 1.0, 9.0]));
    }

    #[test]
    fn ratios_are_made_within_rounds() {
        let of = BTreeMap::from([(0, 2.0), (1, 9.0), (2, 5.0), (4, 1.0)]);
        let to = BTreeMap::from([(0, 1.0), (1, 3.0), (3, 7.0), (4, 0.0)]);
        assert_eq!(ratios(&of, &to), [2.0, 3.0]);
    }
}
