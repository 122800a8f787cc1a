//! `soa introspect`

use anstyle::Style;
use soa_common::{Map, Value};

use crate::{
    args::IntrospectArgs,
    ask::ask,
    failure::Failure,
    output::{self, STRONG},
    schema,
    text::harmless,
    tree::{self, Node, name, plain},
};

/// Actions that every service has: they stand behind its own.
const BUILT_IN: [&str; 2] = ["introspect", "status"];

/// The key of the request that asks for another form of the schemas.
const FORMAT: &str = "format";

const TITLE: Style = STRONG.underline();

pub(crate) fn run(args: IntrospectArgs) -> Result<(), Failure> {
    let IntrospectArgs { service, action, json_schema, options } = args;
    let json = options.json;
    let mut request: Map = action.iter().map(|action| ("action_name", action.as_str())).collect();
    if json_schema {
        request.insert(FORMAT, "json_schema");
    }
    let body = ask(&service, "introspect", request, options);
    let body = body.map_err(|failure| if json_schema { without_format(&service, failure) } else { failure })?;
    if json || json_schema {
        return output::body(&body, json);
    }
    output::page(&page(&service, body, action.is_none(), output::width()))
}

/// Says what it means when a service refuses the key that asks for JSON Schema.
fn without_format(service: &str, failure: Failure) -> Failure {
    match failure {
        Failure::Answer { errors, .. }
            if errors.iter().any(|error| error.code == "UNKNOWN" && error.message.contains(FORMAT)) =>
        {
            let what = format!(
                "{service} does not know JSON Schema, as no service of PySOA does; without --json-schema it says the \
                 same in the form of PySOA"
            );
            Failure::Answer { what, errors }
        }
        other => other,
    }
}

fn page(service: &str, mut body: Value, all: bool, width: usize) -> String {
    let mut text = String::new();
    let actions = match &mut body {
        Value::Map(body) if body.get("actions").is_some_and(|actions| actions.as_map().is_some()) => {
            body.remove("actions")
        }
        _ => None,
    };
    let Some(Value::Map(actions)) = actions else {
        // A service's own `introspect` may answer anything.
        tree::write(&mut text, &[Node::of_value(service, &body)], 0, width);
        return text;
    };
    if all {
        write_title(&mut text, service, &body, actions.len(), width);
    }
    let mut actions: Vec<_> = actions.into_iter().map(|(key, action)| (plain(&key), action)).collect();
    actions.sort_by_cached_key(|(name, _)| (BUILT_IN.contains(&name.as_str()), name.clone()));
    for (name, action) in actions {
        if !text.is_empty() {
            text.push('\n');
        }
        write_action(&mut text, &name, action, width);
    }
    text
}

fn write_title(text: &mut String, service: &str, body: &Value, actions: usize, width: usize) {
    let plural = if actions == 1 { "" } else { "s" };
    text.push_str(&format!("{STRONG}{service} has {actions} action{plural}{STRONG:#}\n"));
    if let Some(Value::Text(documentation)) = body.as_map().and_then(|body| body.get("documentation")) {
        tree::write_text(text, documentation, Style::new(), 2, width);
    }
}

fn write_action(text: &mut String, name: &str, action: Value, width: usize) {
    text.push_str(&format!("{TITLE}{}{TITLE:#}\n", harmless(name).replace('\n', "\\n")));
    let Value::Map(mut action) = action else {
        return tree::write(text, &[Node::of_value("", &action)], 0, width);
    };
    if let Some(Value::Text(documentation)) = action.remove("documentation") {
        tree::write_text(text, &documentation, Style::new(), 2, width);
    }
    let schemas = [("request", "request_schema"), ("response", "response_schema")];
    let mut nodes: Vec<_> = schemas
        .into_iter()
        .map(|(label, key)| match action.remove(key) {
            None | Some(Value::Null) => {
                Node { label: label.to_owned(), head: "no schema".to_owned(), ..Node::default() }
            }
            Some(schema) => schema::node(label, schema),
        })
        .collect();
    let others = action.iter().filter(|(_, value)| *value != Value::Null);
    nodes.extend(others.map(|(key, value)| Node::of_value(self::name(key), value)));
    tree::write(text, &nodes, 2, width);
}
