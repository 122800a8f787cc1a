use super::{ErasedAction, IntoAction, Registration};
use crate::Schema;

/// An action with what a plain function cannot say of itself. What is said here wins over what a type that implements
/// [`Action`](super::Action) says.
///
/// ```
/// use soa_common::Map;
/// use soa_server::{ActionError, Definition, Service, schema::{Dictionary, Integer}};
///
/// async fn square(input: Map) -> Result<Map, ActionError> {
///     let number = input.get("number").and_then(|number| number.as_i64()).unwrap_or_default();
///     Ok(Map::from([("square", number * number)]))
/// }
///
/// let definition = Definition::of(square)
///     .description("Squares a number.")
///     .request_schema(Dictionary::new().required("number", Integer::new().description("The number to square")))
///     .response_schema(Dictionary::new().required("square", Integer::new()));
/// let service = Service::builder("math").action("square", definition).build()?;
/// # Ok::<(), soa_server::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Definition<H> {
    action: H,
    documents: Documents,
}

/// What people and checks know of an action.
#[derive(Clone, Debug, Default)]
pub(super) struct Documents {
    pub(super) description: Option<String>,
    pub(super) request_schema: Option<Schema>,
    pub(super) response_schema: Option<Schema>,
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

    /// What the body of a request must look like.
    #[must_use]
    pub fn request_schema(mut self, schema: impl Into<Schema>) -> Self {
        self.documents.request_schema = Some(schema.into());
        self
    }

    /// What the body of a response is promised to look like.
    #[must_use]
    pub fn response_schema(mut self, schema: impl Into<Schema>) -> Self {
        self.documents.response_schema = Some(schema.into());
        self
    }
}

/// Marks definitions.
#[derive(Debug)]
pub struct OfDefinition<M>(M);

impl<S, H, M> IntoAction<S, OfDefinition<M>> for Definition<H>
where
    H: IntoAction<S, M>,
{
    fn erase(self, registration: Registration<S>) -> ErasedAction {
        let documents = registration.documents.or(self.documents);
        self.action.erase(Registration { documents, ..registration })
    }
}

impl Documents {
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            description: self.description.or(other.description),
            request_schema: self.request_schema.or(other.request_schema),
            response_schema: self.response_schema.or(other.response_schema),
        }
    }
}
