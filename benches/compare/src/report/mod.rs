//! From results to a document: tables and a plot.

mod document;
mod figures;
mod svg;
mod targets;

pub use document::{rewrite, write};
pub use svg::plot;

use crate::results::Results;

/// The generated part of the document; `plot` is the file of the plot, as seen from there.
#[must_use]
pub fn text(results: &Results, plot: &str) -> String {
    let mut text = format!("![Throughput and median latency over calls in flight]({plot})\n\n");
    text += &format!("### Targets\n\n{}\n", targets::table(results));
    text += &format!("### Figures\n\n{}\n", figures::tables(results));
    if !results.failures.is_empty() {
        text += "### Not measured\n\n";
        for failure in &results.failures {
            text += &format!("- {}\n", failure.lines().next().unwrap_or_default());
        }
        text += "\n";
    }
    text += &format!("### Machine and versions\n\n- measured: {}\n", results.method);
    for (name, fact) in &results.machine {
        text += &format!("- {name}: {fact}\n");
    }
    text
}

/// A number with about three digits that say something.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => with_separators(value),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// A number without a fraction, and a comma after each three digits.
fn with_separators(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = if value < 0.0 { "-".to_owned() } else { String::new() };
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        let check = |value, expected: &str| assert_eq!(short(value), expected);
        check(0.851, "0.85");
        check(9.999, "10.00");
        check(12.345, "12.3");
        check(123.4, "123");
        check(1_234.5, "1,234");
        check(1_234_567.0, "1,234,567");
    }

    #[test]
    fn the_text_tells_what_failed_and_where() {
        let results = Results {
            machine: vec![("processor".to_owned(), "2 × slow".to_owned())],
            method: "2 s each".to_owned(),
            failures: vec!["echo/1 nats, round 0: not there\nlog".to_owned()],
            ..Results::default()
        };
        let text = text(&results, "plot.svg");
        assert!(text.contains("- echo/1 nats, round 0: not there\n\n"), "{text}");
        assert!(text.ends_with("- measured: 2 s each\n- processor: 2 × slow\n"), "{text}");
    }
}
