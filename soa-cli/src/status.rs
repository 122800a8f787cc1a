//! `soa status`

use std::process::ExitCode;

use anstyle::AnsiColor;
use soa_common::{Map, Value};

use crate::{
    args::StatusArgs,
    ask::ask,
    failure::Failure,
    output::{self, ALARM, STRONG},
    tree::{self, Node, name, plain},
};

/// The part of the answer that the checks fill.
const HEALTHCHECK: &str = "healthcheck";

/// Exits as on an error when a check found one: the answer itself says which.
pub(crate) fn run(args: StatusArgs) -> Result<ExitCode, Failure> {
    let json = args.options.json;
    let body = ask(&args.service, "status", Map::from([("verbose", !args.quick)]), args.options)?;
    let health = Health::of(&body);
    let failed = !health.errors.is_empty();
    if json {
        output::body(&body, true)?;
    } else {
        output::page(&page(&args.service, &body, health, output::width()))?;
    }
    Ok(ExitCode::from(u8::from(failed)))
}

/// What the checks found.
///
/// A service may answer `status` with an action of its own, so nothing is taken for granted.
#[derive(Default)]
struct Health<'a> {
    checked: bool,
    errors: Vec<&'a Value>,
    warnings: Vec<&'a Value>,
    /// The diagnostics, and whatever else stands there.
    others: Vec<Node>,
}

impl<'a> Health<'a> {
    fn of(body: &'a Value) -> Self {
        let mut health = Self::default();
        match body.as_map().and_then(|body| body.get(HEALTHCHECK)) {
            Some(Value::Map(checks)) => {
                health.checked = true;
                for (key, value) in checks {
                    match key.as_str() {
                        Some("errors") => health.errors = problems(value),
                        Some("warnings") => health.warnings = problems(value),
                        _ if is_empty(value) => {}
                        _ => health.others.push(Node::of_value(name(key), value)),
                    }
                }
            }
            Some(other) => health.others.push(Node::of_value(HEALTHCHECK, other)),
            None => {}
        }
        health
    }

    fn verdict(&self) -> String {
        let warnings = count(&self.warnings, "warning");
        match (self.checked, self.errors.as_slice(), self.warnings.as_slice()) {
            (false, ..) => "answers; it ran no health checks".to_owned(),
            (true, [], []) => "is healthy".to_owned(),
            (true, [], _) => format!("is healthy, with {warnings}"),
            (true, errors, []) => format!("is not healthy: {}", count(errors, "error")),
            (true, errors, _) => format!("is not healthy: {}, {warnings}", count(errors, "error")),
        }
    }
}

fn page(service: &str, body: &Value, health: Health<'_>, width: usize) -> String {
    let style = if health.errors.is_empty() { STRONG } else { ALARM };
    let mut text = format!("{style}{service} {}{style:#}\n", health.verdict());
    let mut nodes = versions(body);
    nodes.extend(section("errors", AnsiColor::Red, &health.errors));
    nodes.extend(section("warnings", AnsiColor::Yellow, &health.warnings));
    nodes.extend(health.others);
    tree::write(&mut text, &nodes, 2, width);
    text
}

/// All that stands beside the checks: the service's own version, then what it is built on.
fn versions(body: &Value) -> Vec<Node> {
    let entries = body.as_map().into_iter().flatten().filter(|(key, _)| key.as_str() != Some(HEALTHCHECK));
    let mut entries: Vec<_> = entries.collect();
    entries.sort_by_key(|(key, _)| match key.as_str() {
        Some("version") => 0,
        Some("build") => 1,
        _ => 2,
    });
    entries.into_iter().map(|(key, value)| Node::of_value(name(key), value)).collect()
}

fn section(label: &str, colour: AnsiColor, problems: &[&Value]) -> Option<Node> {
    let children = problems.iter().enumerate().map(|(index, problem)| Node {
        colour: Some(colour),
        ..match problem.as_list() {
            Some([code, description]) => Node { label: plain(code), head: plain(description), ..Node::default() },
            _ => Node::of_value(format!("({index})"), problem),
        }
    });
    let children: Vec<_> = children.collect();
    (!children.is_empty()).then(|| Node { label: label.to_owned(), children, ..Node::default() })
}

/// The errors or warnings; what is no list of them, but something, counts as one.
fn problems(value: &Value) -> Vec<&Value> {
    match value {
        Value::List(problems) => problems.iter().collect(),
        value if is_empty(value) => Vec::new(),
        value => vec![value],
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Text(text) => text.is_empty(),
        Value::List(values) => values.is_empty(),
        Value::Map(map) => map.is_empty(),
        _ => false,
    }
}

fn count(problems: &[&Value], what: &str) -> String {
    format!("{} {what}{}", problems.len(), if problems.len() == 1 { "" } else { "s" })
}
