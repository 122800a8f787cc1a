//! Trees of labelled lines.

use anstyle::{AnsiColor, Style};
use soa_common::Value;
use textwrap::core::display_width;

use crate::{
    output::{FAINT, STRONG},
    text::{harmless, paragraphs, wrap},
};

/// The widest label that pushes the column of its siblings to the right.
const WIDEST: usize = 24;

/// A label, what it stands for, and what is in it.
#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) label: String,
    pub(crate) colour: Option<AnsiColor>,
    /// Stands on the label's line.
    pub(crate) head: String,
    /// Documentation, below the head.
    pub(crate) about: String,
    pub(crate) children: Vec<Node>,
}

impl Node {
    /// A value that a service answered, in JSON for people; lists and maps are branches.
    pub(crate) fn of_value(label: impl Into<String>, value: &Value) -> Self {
        let node = Self { label: label.into(), ..Self::default() };
        match value {
            Value::Map(map) if !map.is_empty() => {
                let children = map.iter().map(|(key, value)| Self::of_value(name(key), value)).collect();
                Self { children, ..node }
            }
            Value::List(values) if !values.is_empty() => {
                let children =
                    values.iter().enumerate().map(|(index, value)| Self::of_value(format!("({index})"), value));
                Self { children: children.collect(), ..node }
            }
            value => Self { head: plain(value), ..node },
        }
    }
}

/// A key as a label: quoted where it could be taken for something else.
pub(crate) fn name(key: &Value) -> String {
    match key.as_str() {
        Some(text)
            if !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"')) =>
        {
            text.to_owned()
        }
        _ => key.to_string(),
    }
}

/// A value in JSON for people, text without its quotes.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// Writes siblings below each other, what they stand for in one column.
pub(crate) fn write(out: &mut String, nodes: &[Node], indent: usize, width: usize) {
    let labels: Vec<String> = nodes.iter().map(|node| harmless(&node.label).replace('\n', "\\n")).collect();
    let widths = labels.iter().map(|label| display_width(label)).filter(|width| *width <= WIDEST);
    let column = indent + widths.max().unwrap_or(0) + 2;
    for (node, label) in nodes.iter().zip(&labels) {
        let style = node.colour.map_or(STRONG, |colour| colour.on_default().bold());
        out.push_str(&format!("{:indent$}{style}{label}{style:#}", ""));
        let mut at = indent + display_width(label);
        if at >= column && !node.head.is_empty() {
            out.push('\n');
            at = 0;
        }
        for line in wrap(&harmless(&node.head), width, column) {
            let blanks = if line.is_empty() { 0 } else { column - at };
            out.push_str(&format!("{:blanks$}{line}\n", ""));
            at = 0;
        }
        if at > 0 {
            out.push('\n');
        }
        write_text(out, &node.about, FAINT, column, width);
        write(out, &node.children, indent + 2, width);
    }
}

/// Writes documentation below a headline.
pub(crate) fn write_text(out: &mut String, text: &str, style: Style, indent: usize, width: usize) {
    for line in wrap(&paragraphs(&harmless(text)), width, indent) {
        match line.as_str() {
            "" => out.push('\n'),
            line => out.push_str(&format!("{:indent$}{style}{line}{style:#}\n", "")),
        }
    }
}
