use super::{Action, ActionContext, IntoAction};
use crate::{ActionError, Schema};

/// An action with what a plain function cannot say of itself. What is said here wins over what a type that implements
/// [`Action`] says, and over what its types say.
///
/// ```
/// use schemars::JsonSchema;
/// use serde::Deserialize;
/// use soa_common::Map;
/// use soa_server::{ActionError, Definition, Service, schema::{Dictionary, Integer}};
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Range {
///     first: i64,
///     last: i64,
/// }
///
/// async fn sum(range: Range) -> Result<Map, ActionError> {
///     Ok(Map::from([("sum", (range.first..=range.last).sum::<i64>())]))
/// }
///
/// fn is_ordered(range: &Range) -> Result<(), ActionError> {
///     match range.first <= range.last {
///         true => Ok(()),
///         false => Err(ActionError::new("INVALID", "The last number is before the first").field("last")),
///     }
/// }
///
/// let definition = Definition::of(sum)
///     .description("Adds up numbers.")
///     .response_schema(Dictionary::new().required("sum", Integer::new()))
///     .validate(is_ordered);
/// let service = Service::builder("math").action("sum", definition).build()?;
/// # Ok::<(), soa_server::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Definition<H> {
    action: H,
    documents: Documents,
}

/// What people and checks know of an action.
#[derive(Clone, Debug, Default)]
struct Documents {
    description: Option<String>,
    request_schema: Option<Schema>,
    response_schema: Option<Schema>,
}

impl<H> Definition<H> {
    /// Starts with an action of any form.
    #[must_use]
    pub fn of(action: H) -> Self {
        Self { action, documents: Documents::default() }
    }

    /// Says for people what the action does.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.documents.description = Some(description.into());
        self
    }

    /// What the body of a request must look like, whatever the type of the input says.
    #[must_use]
    pub fn request_schema(mut self, schema: impl Into<Schema>) -> Self {
        self.documents.request_schema = Some(schema.into());
        self
    }

    /// What the body of a response is promised to look like, whatever the type of the output says.
    #[must_use]
    pub fn response_schema(mut self, schema: impl Into<Schema>) -> Self {
        self.documents.response_schema = Some(schema.into());
        self
    }

    /// Checks what schemas cannot say, such as rules across fields. It runs together with the
    /// [`validate`](Action::validate) of the action and with rules added before; the errors of all of them are told.
    #[must_use]
    pub fn validate<In, V>(self, rules: V) -> Definition<Validated<H, V>>
    where
        V: Fn(&In) -> Result<(), ActionError> + Send + Sync + 'static,
    {
        Definition { action: Validated { action: self.action, rules }, documents: self.documents }
    }
}

/// An action with rules for its input.
#[derive(Clone, Debug)]
pub struct Validated<H, V> {
    action: H,
    rules: V,
}

/// Marks definitions, and is the action that one becomes.
#[derive(Debug)]
pub struct Defined<A> {
    action: A,
    documents: Documents,
}

/// Marks actions with rules, and is the action that one becomes.
#[derive(Debug)]
pub struct Ruled<A, V> {
    action: A,
    rules: V,
}

impl<S, H, M> IntoAction<S, Defined<M>> for Definition<H>
where
    H: IntoAction<S, M>,
{
    type Action = Defined<H::Action>;

    fn into_action(self) -> Self::Action {
        Defined { action: self.action.into_action(), documents: self.documents }
    }
}

impl<S, H, V, M> IntoAction<S, Ruled<M, ()>> for Validated<H, V>
where
    H: IntoAction<S, M>,
{
    type Action = Ruled<H::Action, V>;

    fn into_action(self) -> Self::Action {
        Ruled { action: self.action.into_action(), rules: self.rules }
    }
}

impl<S, A: Action<S>> Action<S> for Defined<A> {
    type Input = A::Input;
    type Output = A::Output;

    fn description(&self) -> Option<String> {
        self.documents.description.clone().or_else(|| self.action.description())
    }

    fn request_schema(&self) -> Option<Schema> {
        self.documents.request_schema.clone().or_else(|| self.action.request_schema())
    }

    fn response_schema(&self) -> Option<Schema> {
        self.documents.response_schema.clone().or_else(|| self.action.response_schema())
    }

    fn validate(&self, ctx: &ActionContext<S>, input: &A::Input) -> Result<(), ActionError> {
        self.action.validate(ctx, input)
    }

    fn run(
        &self,
        ctx: ActionContext<S>,
        input: A::Input,
    ) -> impl Future<Output = Result<A::Output, ActionError>> + Send {
        self.action.run(ctx, input)
    }
}

impl<S, A, V> Action<S> for Ruled<A, V>
where
    A: Action<S>,
    V: Fn(&A::Input) -> Result<(), ActionError> + Send + Sync + 'static,
{
    type Input = A::Input;
    type Output = A::Output;

    fn description(&self) -> Option<String> {
        self.action.description()
    }

    fn request_schema(&self) -> Option<Schema> {
        self.action.request_schema()
    }

    fn response_schema(&self) -> Option<Schema> {
        self.action.response_schema()
    }

    fn validate(&self, ctx: &ActionContext<S>, input: &A::Input) -> Result<(), ActionError> {
        match (self.action.validate(ctx, input), (self.rules)(input)) {
            (Err(error), Err(other)) => Err(error.and(other)),
            (Ok(()), result) | (result, Ok(())) => result,
        }
    }

    fn run(
        &self,
        ctx: ActionContext<S>,
        input: A::Input,
    ) -> impl Future<Output = Result<A::Output, ActionError>> + Send {
        self.action.run(ctx, input)
    }
}
