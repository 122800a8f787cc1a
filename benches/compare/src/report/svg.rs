//! The plot: throughput and latency over concurrency, both axes logarithmic.

use std::fmt::Write;

use super::with_separators;
use crate::{
    results::{Better, Results},
    stats::Spread,
};

/// Who is drawn: the name in the results, the name in the plot and a colour that shows on light and on dark.
const LINES: [(&str, &str, &str); 5] = [
    ("ours", "ours", "#d9480f"),
    ("bare", "bare pair", "#1c7ed6"),
    ("nats", "NATS", "#2f9e44"),
    ("tonic", "tonic", "#9c36b5"),
    ("pysoa-msgpack1", "PySOA", "#808080"),
];

const WIDTH: f64 = 980.0;
const HEIGHT: f64 = 420.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = HEIGHT - 80.0;
const PANEL: f64 = 380.0;

/// Text has the colour of the reader's theme; a viewer that knows no themes shows a grey that does on both.
const STYLE: &str = "text{font:13px sans-serif;fill:#767676}.title{font-size:15px;font-weight:bold}\
.grid{stroke:#8884;stroke-width:1}.line{fill:none;stroke-width:2.5}\
@media(prefers-color-scheme:light){text{fill:#222}}@media(prefers-color-scheme:dark){text{fill:#ddd}}";

/// One of the two halves.
struct Panel<'a> {
    left: f64,
    title: &'a str,
    lines: Vec<(&'a str, Vec<(f64, f64)>)>,
    /// The whole powers of ten that hold all values.
    decades: (i32, i32),
    /// The whole powers of two that hold all concurrencies.
    doublings: (i32, i32),
}

/// The plot as an SVG file. Empty but for its frame when nothing was measured.
#[must_use]
pub fn plot(results: &Results) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-label=\"Throughput and latency over concurrency\">\n<style>{STYLE}</style>\n"
    );
    for (left, title, metric) in [(90.0, "requests/s", "rps"), (580.0, "median latency, µs", "p50_us")] {
        Panel::new(left, title, metric, results).draw(&mut svg);
    }
    for (index, (_, name, colour)) in LINES.iter().enumerate() {
        let x = 110.0 + 160.0 * index as f64;
        let y = HEIGHT - 18.0;
        // Writing to a text cannot fail, here and below.
        let _ = writeln!(svg, "<path class=\"line\" stroke=\"{colour}\" d=\"M{x} {}h28\"/>", y - 4.0);
        let _ = writeln!(svg, "<text x=\"{}\" y=\"{y}\">{name}</text>", x + 36.0);
    }
    svg += "</svg>\n";
    svg
}

impl<'a> Panel<'a> {
    fn new(left: f64, title: &'a str, metric: &str, results: &Results) -> Self {
        let lines: Vec<_> = LINES.iter().map(|(name, _, colour)| (*colour, points(results, name, metric))).collect();
        let all = || lines.iter().flat_map(|(_, points)| points);
        let bounds = |log: fn(f64) -> f64, values: &dyn Fn(&(f64, f64)) -> f64| {
            let spread = Spread::of(all().map(values).filter(|value| *value > 0.0).map(log));
            let (least, most) = spread.map_or((0.0, 1.0), |spread| (spread.least, spread.most));
            let least = least.floor() as i32;
            (least, (most.ceil() as i32).max(least + 1))
        };
        let decades = bounds(f64::log10, &|point| point.1);
        let doublings = bounds(f64::log2, &|point| point.0);
        Self { left, title, lines, decades, doublings }
    }

    fn x(&self, concurrency: f64) -> f64 {
        let (least, most) = self.doublings;
        self.left + PANEL * (concurrency.log2() - f64::from(least)) / f64::from(most - least)
    }

    fn y(&self, value: f64) -> f64 {
        let (least, most) = self.decades;
        BOTTOM - (BOTTOM - TOP) * (value.log10() - f64::from(least)) / f64::from(most - least)
    }

    fn draw(&self, svg: &mut String) {
        let (left, right) = (self.left, self.left + PANEL);
        let _ = writeln!(svg, "<text class=\"title\" x=\"{left}\" y=\"{}\">{}</text>", TOP - 18.0, self.title);
        for decade in self.decades.0..=self.decades.1 {
            let value = 10_f64.powi(decade);
            let y = self.y(value);
            let _ = writeln!(svg, "<path class=\"grid\" d=\"M{left} {y:.1}H{right}\"/>");
            let (x, y, label) = (left - 8.0, y + 4.0, with_separators(value));
            let _ = writeln!(svg, "<text x=\"{x}\" y=\"{y:.1}\" text-anchor=\"end\">{label}</text>");
        }
        for doubling in self.doublings.0..=self.doublings.1 {
            let value = 2_f64.powi(doubling);
            let x = self.x(value);
            let _ = writeln!(svg, "<path class=\"grid\" d=\"M{x:.1} {TOP}V{BOTTOM}\"/>");
            let y = BOTTOM + 18.0;
            let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{value:.0}</text>");
        }
        let (x, y) = (left + PANEL / 2.0, BOTTOM + 38.0);
        let _ = writeln!(svg, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">calls in flight</text>");
        for (colour, points) in &self.lines {
            let place = |&(concurrency, value): &(f64, f64)| format!("{:.1} {:.1}", self.x(concurrency), self.y(value));
            let places: Vec<_> = points.iter().map(place).collect();
            if !places.is_empty() {
                let path = places.join("L");
                let _ = writeln!(svg, "<path class=\"line\" stroke=\"{colour}\" d=\"M{path}\"/>");
            }
            for (x, y) in points.iter().map(|(concurrency, value)| (self.x(*concurrency), self.y(*value))) {
                let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\"/>");
            }
        }
    }
}

/// The medians of a contender by concurrency.
fn points(results: &Results, contender: &str, metric: &str) -> Vec<(f64, f64)> {
    let names = results.samples.iter().filter_map(|sample| sample.workload.strip_prefix("echo/")?.parse::<u32>().ok());
    let mut concurrencies: Vec<u32> = names.collect();
    concurrencies.sort_unstable();
    concurrencies.dedup();
    let point = |concurrency: u32| {
        let values = results.values(&format!("echo/{concurrency}"), &[contender], metric, Better::More);
        Some((f64::from(concurrency), Spread::of(values.into_values())?.median))
    };
    concurrencies.into_iter().filter_map(point).filter(|(_, value)| *value > 0.0).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::results::Sample;

    #[test]
    fn points_are_where_their_logarithms_are() {
        let sample = |inflight: u32, rps: f64| Sample {
            workload: format!("echo/{inflight}"),
            contender: "ours".to_owned(),
            round: 0,
            values: BTreeMap::from([("rps".to_owned(), rps), ("p50_us".to_owned(), 100.0)]),
        };
        let results = Results { samples: vec![sample(4, 10_000.0), sample(1, 100.0)], ..Results::default() };
        let svg = plot(&results);
        // From the lower left corner of the first panel to its upper right one, the smallest concurrency first.
        assert!(svg.contains("<path class=\"line\" stroke=\"#d9480f\" d=\"M90.0 340.0L470.0 50.0\"/>"), "{svg}");
        assert!(svg.contains(">10,000</text>"), "{svg}");
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    }

    #[test]
    fn nothing_measured_is_an_empty_frame() {
        let svg = plot(&Results::default());
        assert!(!svg.contains("NaN") && !svg.contains("inf") && !svg.contains("<circle"), "{svg}");
    }
}
