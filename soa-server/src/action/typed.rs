use std::{
    any::{Any, type_name},
    mem,
    sync::Arc,
};

use futures_util::future::BoxFuture;
use serde::{Serialize, de::DeserializeOwned};
use soa_common::{Body, Error, codes, msgpack};

use super::{Action, ActionContext, ActionInfo, DynAction, ErasedAction};
use crate::{
    ActionError,
    schema::{Dictionary, Lowered, Schema, SchemaError, SchemalessDictionary, Violation},
};

/// An action together with the state it is given, and with what is known of it.
struct Typed<S, A> {
    action: A,
    state: Arc<S>,
    description: Option<String>,
    request_schema: Option<Schema>,
    response_schema: Option<Schema>,
    /// Whether the input is decoded from nothing at all, as `()` is.
    is_unit: bool,
}

impl ErasedAction {
    /// Erases the types of an action. What it does not say of itself its types say.
    ///
    /// # Errors
    /// When a type that is asked cannot say it in the fields of Conformity, or is never a map, as all bodies are.
    pub(crate) fn new<S, A>(action: A, state: Arc<S>) -> Result<Self, SchemaError>
    where
        S: Send + Sync + 'static,
        A: Action<S>,
    {
        let input = Lowered::input::<A::Input>();
        let is_unit = matches!(&input, Ok(Lowered { schema: Schema::Null, .. }));
        let documentation = input.as_ref().ok().and_then(|input| input.documentation.clone());
        let request_schema = match action.request_schema() {
            None => of_body(input?.schema, "input", type_name::<A::Input>())?,
            Some(schema) => Some(of_maps(schema, "schema", "request_schema")?),
        };
        let response_schema = match action.response_schema() {
            None => of_body(Schema::of_output::<A::Output>()?, "output", type_name::<A::Output>())?,
            Some(schema) => Some(of_maps(schema, "schema", "response_schema")?),
        };
        let description = action.description().or(documentation);
        Ok(Self(Arc::new(Typed { action, state, description, request_schema, response_schema, is_unit })))
    }
}

/// The schema of a body whose type says this: an empty map for nothing, none at all for whatever comes.
///
/// # Errors
/// When no body can be what the schema takes, because all bodies are maps.
fn of_body(schema: Schema, role: &str, name: &str) -> Result<Option<Schema>, SchemaError> {
    match schema {
        Schema::Null => Ok(Some(Dictionary::new().into())),
        Schema::Anything(_) => Ok(None),
        Schema::SchemalessDictionary(map) if is_any(&map) => Ok(None),
        schema => of_maps(schema, role, name).map(Some),
    }
}

fn of_maps(schema: Schema, role: &str, name: &str) -> Result<Schema, SchemaError> {
    match schema.takes_maps() {
        true => Ok(schema),
        false => Err(SchemaError::of_no_map(role, name)),
    }
}

fn is_any(map: &SchemalessDictionary) -> bool {
    SchemalessDictionary { description: None, ..map.clone() } == SchemalessDictionary::new()
}

impl<S, A> Typed<S, A>
where
    S: Send + Sync + 'static,
    A: Action<S>,
{
    async fn run(&self, ctx: ActionContext, body: Body) -> Result<Body, ActionError> {
        let input = self.input(body)?;
        let name = ctx.name();
        let ctx = ctx.with_state(Arc::clone(&self.state));
        self.action.validate(&ctx, &input)?;
        let body = encode(&name, self.action.run(ctx, input).await?)?;
        match &self.response_schema {
            Some(schema) => check_response(&name, schema, body),
            None => Ok(body),
        }
    }

    fn input(&self, body: Body) -> Result<A::Input, ActionError> {
        // A body in memory is encoded at most once, and for an action that takes bodies not at all.
        let body = match &self.request_schema {
            None => match cast(body) {
                Ok(input) => return Ok(input),
                Err(body) => body,
            },
            Some(_) => body,
        };
        let bytes = body.to_msgpack();
        if let Some(schema) = &self.request_schema {
            check_request(schema, &bytes)?;
        }
        cast(body).or_else(|_| decode(if self.is_unit { NULL } else { &bytes }))
    }
}

impl<S, A> DynAction for Typed<S, A>
where
    S: Send + Sync + 'static,
    A: Action<S>,
{
    fn call(&self, ctx: ActionContext, body: Body) -> BoxFuture<'_, Result<Body, ActionError>> {
        Box::pin(self.run(ctx, body))
    }

    fn info(&self, name: &str) -> Vec<ActionInfo<'_>> {
        vec![ActionInfo {
            name: name.to_owned(),
            description: self.description.as_deref(),
            request_schema: self.request_schema.as_ref(),
            response_schema: self.response_schema.as_ref(),
        }]
    }
}

/// All that is wrong with the body of a request.
pub(super) fn check_request(schema: &Schema, body: &[u8]) -> Result<(), ActionError> {
    let violations = schema.validate(body);
    if violations.is_empty() {
        return Ok(());
    }
    Err(ActionError::from_errors(violations.into_iter().map(caller_error).collect()))
}

fn caller_error(violation: Violation) -> Error {
    let mut error = Error::new(violation.code, violation.message);
    error.field = violation.pointer;
    error.is_caller_error = true;
    error
}

/// Null as MessagePack.
const NULL: &[u8] = &[0xc0];

/// The very body, for an action that takes bodies.
fn cast<In: 'static>(body: Body) -> Result<In, Body> {
    let mut untouched = Some(body);
    let input = (&mut untouched as &mut dyn Any).downcast_mut::<Option<In>>().and_then(Option::take);
    input.ok_or_else(|| untouched.unwrap_or_default())
}

/// What the type itself refuses after the schema found nothing wrong is the caller's fault as well.
fn decode<In: DeserializeOwned>(bytes: &[u8]) -> Result<In, ActionError> {
    msgpack::decode_or_locate(bytes).map_err(|misfit| {
        let error = ActionError::new(codes::INVALID, misfit.message);
        match misfit.pointer {
            Some(pointer) => error.field(pointer),
            None => error,
        }
    })
}

fn encode<Out: Serialize + 'static>(action: &str, mut output: Out) -> Result<Body, ActionError> {
    match (&mut output as &mut dyn Any).downcast_mut::<Body>() {
        Some(body) => Ok(mem::take(body)),
        None => Body::encode(&output)
            .map_err(|error| ActionError::internal(format!("{action} had an output that cannot be sent: {error}"))),
    }
}

/// A response that is not what was promised is the service's own fault. What is told holds none of its values.
fn check_response(action: &str, schema: &Schema, body: Body) -> Result<Body, ActionError> {
    let violations = schema.validate_masked(&body.to_msgpack());
    if violations.is_empty() {
        return Ok(body);
    }
    let lines: Vec<_> = violations
        .iter()
        .map(|violation| {
            let field = violation.pointer.as_deref().unwrap_or("None");
            format!("{field} {}: {}", violation.code, violation.message)
        })
        .collect();
    Err(ActionError::internal(format!("{action} had an invalid response:\n\t{}", lines.join("\n\t"))))
}
