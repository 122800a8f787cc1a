use std::sync::OnceLock;

use serde::Deserialize;
use soa_common::{Body, Map, Value, codes};

use super::{ActionInfo, built_in::BuiltIn};
use crate::{
    ActionError, Schema, Service,
    schema::{Anything, Constant, Dictionary, List, SchemalessDictionary, UnicodeString},
};

/// The form in which introspection shows schemas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchemaFormat {
    /// That of the original's library Conformity, `conformity` in a request.
    #[default]
    Conformity,
    /// JSON Schema, `json_schema` in a request.
    JsonSchema,
}

/// The answers about all actions, made when they are first asked for: a service does not change.
#[derive(Clone, Default)]
pub(crate) struct Introspections {
    conformity: OnceLock<Body>,
    json_schema: OnceLock<Body>,
}

impl Service {
    /// What the built-in action `introspect` answers: a map with `action_names`, `actions` and, about all actions,
    /// `documentation` (`docs/protocol.md`, section 5). A service that declares an `introspect` of its own can start from it.
    ///
    /// ```
    /// use soa_common::{Body, Map};
    /// use soa_server::{ActionContext, ActionError, SchemaFormat, Service};
    ///
    /// async fn introspect(ctx: ActionContext, body: Map) -> Result<Body, ActionError> {
    ///     let action_name = body.get("action_name").and_then(|name| name.as_str());
    ///     let mut answer = ctx.service().introspect(action_name, SchemaFormat::Conformity)?.into_map();
    ///     answer.insert("team", "payments");
    ///     Ok(answer.into())
    /// }
    ///
    /// let service = Service::builder("invoices").action("introspect", introspect).build()?;
    /// assert!(service.introspect(Some("status"), SchemaFormat::JsonSchema).is_ok());
    /// # Ok::<(), soa_server::BuildError>(())
    /// ```
    ///
    /// # Errors
    /// When there is no action of this name.
    pub fn introspect(&self, action_name: Option<&str>, format: SchemaFormat) -> Result<Body, ActionError> {
        if let Some(name) = action_name {
            return self.introspect_one(name, format).map(Body::from);
        }
        let answer = match format {
            SchemaFormat::Conformity => &self.0.introspections.conformity,
            SchemaFormat::JsonSchema => &self.0.introspections.json_schema,
        };
        Ok(answer.get_or_init(|| self.introspect_all(format)).clone())
    }

    fn introspect_all(&self, format: SchemaFormat) -> Body {
        let built_in = self.built_in().flat_map(|(name, action)| action.info(name));
        let actions = built_in.chain(self.actions()).map(|info| (info.name.clone(), info));
        let [names, actions] = answer(actions, format);
        // The keys stand in another order than in the answer about one action, as in the original.
        let documentation = text(self.description());
        let answer = Map::from([("actions", actions), ("action_names", names), ("documentation", documentation)]);
        // As bytes it is cloned for nothing.
        Body::encode(&answer).unwrap_or_else(|_| answer.into())
    }

    fn introspect_one(&self, requested: &str, format: SchemaFormat) -> Result<Map, ActionError> {
        let (name, version) = parse(requested);
        let Some((name, action)) = self.find(name) else {
            return Err(ActionError::new(codes::INVALID, "Action not defined in service").field("action_name"));
        };
        let mut infos = action.info(name);
        let is_switched = infos.iter().any(|info| *info.name != **name);
        if is_switched && version.is_none() {
            return Ok(about(infos.into_iter().map(|info| (info.name.clone(), info)), format));
        }
        // As in the original: what is not switched has one version, and for a switch it does not know a switched action
        // has the default, which is the last.
        let known = infos.iter().position(|info| version.as_ref() == Some(&info.name));
        let info = match known {
            Some(index) => Some(infos.swap_remove(index)),
            None => infos.pop(),
        };
        Ok(about(info.map(|info| (requested.to_owned(), info)), format))
    }
}

/// Splits off what stands in brackets behind the name of an action, and gives the version it means as it is listed.
/// Without a version, which `[switch:0]` means as well, all of them are meant.
///
/// As in the original only names of letters, digits, `_` and `-` may be followed by brackets; otherwise the brackets count
/// as part of the name.
fn parse(requested: &str) -> (&str, Option<String>) {
    let is_plain = |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    let parts = requested.strip_suffix(']').and_then(|requested| requested.split_once('['));
    let Some((name, version)) = parts.filter(|(name, _)| !name.is_empty() && is_plain(name)) else {
        return (requested, None);
    };
    if version == "DEFAULT" {
        return (name, Some(format!("{name}[DEFAULT]")));
    }
    match version.strip_prefix("switch:") {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            let switch = digits.trim_start_matches('0');
            (name, (!switch.is_empty()).then(|| format!("{name}[switch:{switch}]")))
        }
        _ => (requested, None),
    }
}

/// The answer about one action.
fn about<'a>(infos: impl IntoIterator<Item = (String, ActionInfo<'a>)>, format: SchemaFormat) -> Map {
    let [names, actions] = answer(infos, format);
    Map::from([("action_names", names), ("actions", actions)])
}

/// The names of actions, sorted, and the actions, each under the name it is to have.
fn answer<'a>(infos: impl IntoIterator<Item = (String, ActionInfo<'a>)>, format: SchemaFormat) -> [Value; 2] {
    let mut actions = Map::new();
    let mut names = Vec::new();
    for (name, info) in infos {
        actions.insert(&*name, document(&info, format));
        names.push(name);
    }
    names.sort_unstable();
    let names: Vec<Value> = names.into_iter().map(Value::from).collect();
    [names.into(), actions.into()]
}

fn document(info: &ActionInfo<'_>, format: SchemaFormat) -> Map {
    let show = |schema: Option<&Schema>| {
        schema.map(|schema| match format {
            SchemaFormat::Conformity => Value::from(schema.introspect()),
            // JSON is always a value.
            SchemaFormat::JsonSchema => Value::deserialize(schema.to_json_schema()).unwrap_or_default(),
        })
    };
    Map::from([
        ("documentation", text(info.description)),
        ("request_schema", show(info.request_schema).into()),
        ("response_schema", show(info.response_schema).into()),
    ])
}

/// An empty text says nothing.
fn text(text: Option<&str>) -> Value {
    text.filter(|text| !text.is_empty()).into()
}

const JSON_SCHEMA: &str = "json_schema";

pub(super) fn action() -> BuiltIn {
    let action_name = UnicodeString::new()
        .min_length(1)
        .not_blank()
        .description("The only action to tell about. Of a switched action one version is asked for as it is listed.");
    let request_schema = Dictionary::new().optional("action_name", action_name);
    let format = Constant::new(["conformity", JSON_SCHEMA]);
    BuiltIn {
        description: "Tells what the service does, which actions it has, and for each action what it does and what the \
                      bodies of its requests and responses look like. A switched action, whose code depends on the \
                      switches of the request, is listed once for each version: as `name[switch:N]`, and as \
                      `name[DEFAULT]` for requests without any of its switches.",
        accepted: request_schema.clone().optional("format", format).into(),
        request_schema: request_schema.into(),
        response_schema: response_schema().into(),
        run: |ctx, body| {
            let format = match body.get("format") {
                Some(format) if format.as_str() == Some(JSON_SCHEMA) => SchemaFormat::JsonSchema,
                _ => SchemaFormat::Conformity,
            };
            let action_name = body.get("action_name");
            let answer = ctx.service().introspect(action_name.as_ref().and_then(Value::as_str), format);
            Box::pin(async { answer })
        },
    }
}

fn response_schema() -> Dictionary {
    let optional = |schema: Schema| Schema::nullable(schema);
    let about_service =
        UnicodeString::new().description("What the service does. Absent when one action was asked for.");
    let name = UnicodeString::new().description("The name of an action");
    let action = Dictionary::new()
        .required("documentation", optional(UnicodeString::new().description("What the action does").into()))
        .required(
            "request_schema",
            optional(Anything::new().description("What the body of a request must look like").into()),
        )
        .required(
            "response_schema",
            optional(Anything::new().description("What the body of a response looks like").into()),
        )
        .description("What is known of one action");
    let actions = SchemalessDictionary::new()
        .keys(name.clone())
        .values(action)
        .description("The actions by their names: all of the service, or those that were asked for.");
    Dictionary::new()
        .optional("documentation", optional(about_service.into()))
        .required("action_names", List::new(name).description("The names of all actions in `actions`, sorted."))
        .required("actions", actions)
}
