//! Actions: what a service can be asked to do.

mod definition;
mod function;
mod switched;
mod typed;

mod context;
mod local;

mod built_in;
mod introspect;
mod status;

use std::{fmt, future::Future, sync::Arc};

use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use soa_common::Body;

use crate::{ActionError, Schema};

pub(crate) use built_in::built_in;
pub(crate) use context::Scope;
pub use context::{ActionContext, Switches};
pub use definition::{Defined, Definition, Ruled, Validated};
pub use function::{ActionArguments, ActionFuture, ActionInput, ActionOutcome, ActionOutput, Function, IntoAction};
pub(crate) use introspect::Introspections;
pub use introspect::SchemaFormat;
pub use local::LocalCall;
pub(crate) use local::unknown_action;
pub(crate) use status::Check;
pub use status::Health;
pub use switched::{Switched, SwitchedBuilder};

/// An action as a type of its own, for what a plain `async fn` cannot say: checks before it runs, and hand-built
/// schemas.
///
/// A body is checked against [`request_schema`](Self::request_schema), decoded, given to [`validate`](Self::validate)
/// and to [`run`](Self::run); what that gives is checked against [`response_schema`](Self::response_schema). Each step
/// runs only when the one before it found nothing wrong.
///
/// ```
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
/// use soa_server::{Action, ActionContext, ActionError, Service};
///
/// struct Square;
///
/// /// Squares a number.
/// #[derive(Deserialize, JsonSchema)]
/// struct Input {
///     number: i64,
/// }
///
/// #[derive(Serialize, JsonSchema)]
/// struct Output {
///     square: i64,
/// }
///
/// impl Action for Square {
///     type Input = Input;
///     type Output = Output;
///
///     fn validate(&self, _ctx: &ActionContext, input: &Input) -> Result<(), ActionError> {
///         match input.number {
///             13 => Err(ActionError::new("UNLUCKY", "Not thirteen").field("number")),
///             _ => Ok(()),
///         }
///     }
///
///     async fn run(&self, _ctx: ActionContext, input: Input) -> Result<Output, ActionError> {
///         Ok(Output { square: input.number * input.number })
///     }
/// }
///
/// let service = Service::builder("math").action("square", Square).build()?;
/// # Ok::<(), soa_server::BuildError>(())
/// ```
pub trait Action<S = ()>: Send + Sync + 'static {
    /// What the body of a request becomes. A [`Body`] is passed on untouched, a [`Value`](soa_common::Value) or a
    /// [`Map`](soa_common::Map) takes whatever comes, and `()` nothing but an empty body.
    type Input: DeserializeOwned + JsonSchema + Send + 'static;
    /// What becomes the body of the response: a map, or `()` for an empty one.
    type Output: Serialize + JsonSchema + Send + 'static;

    /// Says for people what the action does. Without a text it is what the documentation of [`Input`](Self::Input) says.
    fn description(&self) -> Option<String> {
        None
    }

    /// What the body of a request must look like, where that is not what [`Input`](Self::Input) says of itself.
    fn request_schema(&self) -> Option<Schema> {
        None
    }

    /// What the body of a response is promised to look like, where that is not what [`Output`](Self::Output) says of
    /// itself.
    fn response_schema(&self) -> Option<Schema> {
        None
    }

    /// Checks what schemas cannot say, before the action runs.
    ///
    /// # Errors
    /// What is wrong with the request.
    fn validate(&self, ctx: &ActionContext<S>, input: &Self::Input) -> Result<(), ActionError> {
        let _ = (ctx, input);
        Ok(())
    }

    /// Does the work.
    ///
    /// # Errors
    /// What the caller is told instead.
    fn run(
        &self,
        ctx: ActionContext<S>,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output, ActionError>> + Send;
}

/// What a service tells about one of its actions.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ActionInfo<'a> {
    /// The name; for a switched action with `[switch:N]` or `[DEFAULT]` behind it.
    pub name: String,
    /// What it does, for people.
    pub description: Option<&'a str>,
    /// What the body of a request must look like.
    pub request_schema: Option<&'a Schema>,
    /// What the body of a response is promised to look like.
    pub response_schema: Option<&'a Schema>,
}

/// An action with its types and its state erased.
#[derive(Clone)]
pub struct ErasedAction(Arc<dyn DynAction>);

trait DynAction: Send + Sync {
    fn call(&self, ctx: ActionContext, body: Body) -> BoxFuture<'_, Result<Body, ActionError>>;

    /// What can be told about the action registered as `name`; several for a switched one.
    fn info(&self, name: &str) -> Vec<ActionInfo<'_>>;
}

impl ErasedAction {
    pub(crate) fn call(&self, ctx: ActionContext, body: Body) -> BoxFuture<'_, Result<Body, ActionError>> {
        self.0.call(ctx, body)
    }

    pub(crate) fn info(&self, name: &str) -> Vec<ActionInfo<'_>> {
        self.0.info(name)
    }
}

impl fmt::Debug for ErasedAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ErasedAction").field(&self.0.info("")).finish()
    }
}
