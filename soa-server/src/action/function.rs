use std::{future::Future, marker::PhantomData};

use serde::{Serialize, de::DeserializeOwned};

use super::{Action, ActionContext, ErasedAction, Registration, typed::Typed};
use crate::ActionError;

/// What can be registered as an action: `async fn(In)`, `async fn(ActionContext<S>, In)`, a type that implements
/// [`Action<S>`](Action), or a [`Definition`](super::Definition) of one of these. `Marker` tells them apart and is
/// always inferred.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use soa_server::{ActionContext, ActionError, Service};
///
/// struct App {
///     greeting: String,
/// }
///
/// #[derive(Deserialize)]
/// struct Who {
///     name: String,
/// }
///
/// #[derive(Serialize)]
/// struct Greeting {
///     text: String,
/// }
///
/// async fn echo(body: soa_common::Body) -> Result<soa_common::Body, ActionError> {
///     Ok(body)
/// }
///
/// async fn greet(ctx: ActionContext<App>, who: Who) -> Result<Greeting, ActionError> {
///     Ok(Greeting { text: format!("{}, {}!", ctx.state().greeting, who.name) })
/// }
///
/// let service = Service::builder("greeter")
///     .state(App { greeting: "Hello".to_owned() })
///     .action("echo", echo)
///     .action("greet", greet)
///     .build()?;
/// # Ok::<(), soa_server::BuildError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an action for a service whose state is `{S}`",
    label = "not an action",
    note = "an action is `async fn(In) -> Result<Out, ActionError>`, \
            `async fn(ActionContext<{S}>, In) -> Result<Out, ActionError>` or a type that implements `Action<{S}>`",
    note = "to check: the context comes first, then the input; the input is `DeserializeOwned` and the output `Serialize`; \
            the error is `ActionError`; the future is `Send` (no `Rc` and no lock guard across an `.await`); \
            `.state(..)` comes before `.action(..)`"
)]
pub trait IntoAction<S, Marker>: Sized {
    #[doc(hidden)]
    fn erase(self, registration: Registration<S>) -> ErasedAction;
}

/// Marks types that implement [`Action`].
#[derive(Debug)]
pub struct OfType;

/// Marks functions of the input, and makes them actions.
#[derive(Debug)]
pub struct OfInput<F, In>(F, PhantomData<fn(In)>);

/// Marks functions of the context and the input, and makes them actions.
#[derive(Debug)]
pub struct OfContext<F, In>(F, PhantomData<fn(In)>);

impl<S, A> IntoAction<S, OfType> for A
where
    S: Send + Sync + 'static,
    A: Action<S>,
{
    fn erase(self, registration: Registration<S>) -> ErasedAction {
        Typed::erase(self, registration)
    }
}

impl<S, F, In, Out, Fut> IntoAction<S, OfInput<F, In>> for F
where
    S: Send + Sync + 'static,
    F: Fn(In) -> Fut + Send + Sync + 'static,
    In: DeserializeOwned + Send + 'static,
    Out: Serialize + Send + 'static,
    Fut: Future<Output = Result<Out, ActionError>> + Send,
{
    fn erase(self, registration: Registration<S>) -> ErasedAction {
        Typed::erase(OfInput(self, PhantomData), registration)
    }
}

impl<S, F, In, Out, Fut> IntoAction<S, OfContext<F, In>> for F
where
    S: Send + Sync + 'static,
    F: Fn(ActionContext<S>, In) -> Fut + Send + Sync + 'static,
    In: DeserializeOwned + Send + 'static,
    Out: Serialize + Send + 'static,
    Fut: Future<Output = Result<Out, ActionError>> + Send,
{
    fn erase(self, registration: Registration<S>) -> ErasedAction {
        Typed::erase(OfContext(self, PhantomData), registration)
    }
}

impl<S, F, In, Out, Fut> Action<S> for OfInput<F, In>
where
    S: Send + Sync + 'static,
    F: Fn(In) -> Fut + Send + Sync + 'static,
    In: DeserializeOwned + Send + 'static,
    Out: Serialize + Send + 'static,
    Fut: Future<Output = Result<Out, ActionError>> + Send,
{
    type Input = In;
    type Output = Out;

    async fn run(&self, _ctx: ActionContext<S>, input: In) -> Result<Out, ActionError> {
        (self.0)(input).await
    }
}

impl<S, F, In, Out, Fut> Action<S> for OfContext<F, In>
where
    S: Send + Sync + 'static,
    F: Fn(ActionContext<S>, In) -> Fut + Send + Sync + 'static,
    In: DeserializeOwned + Send + 'static,
    Out: Serialize + Send + 'static,
    Fut: Future<Output = Result<Out, ActionError>> + Send,
{
    type Input = In;
    type Output = Out;

    async fn run(&self, ctx: ActionContext<S>, input: In) -> Result<Out, ActionError> {
        (self.0)(ctx, input).await
    }
}
