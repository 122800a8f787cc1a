use std::{fmt, future::Future, marker::PhantomData};

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use super::{Action, ActionContext};
use crate::ActionError;

/// What can be registered as an action: `async fn(In)`, `async fn(ActionContext<S>, In)`, a type that implements
/// [`Action<S>`](Action), or a [`Definition`](super::Definition) of one of these. `Marker` tells them apart and is
/// always inferred.
///
/// ```
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
/// use soa_server::{ActionContext, ActionError, Service};
///
/// struct App {
///     greeting: String,
/// }
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Who {
///     name: String,
/// }
///
/// #[derive(Serialize, JsonSchema)]
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
    label = "not an action for the state `{S}`",
    note = "an action is `async fn(In) -> Result<Out, ActionError>`, \
            `async fn(ActionContext<{S}>, In) -> Result<Out, ActionError>` or a type that implements `Action<{S}>`",
    note = "`.state(..)` comes before the actions that use the state"
)]
pub trait IntoAction<S, Marker>: Sized {
    // Without a bound, so that a function is chosen by the number of its arguments alone: what else is wrong with it is
    // told by the bounds of the methods that want an action.
    #[doc(hidden)]
    type Action;

    #[doc(hidden)]
    fn into_action(self) -> Self::Action;
}

/// What an action can take: what can be decoded and says what it looks like.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the input of an action",
    label = "its input cannot be `{Self}`",
    note = "an input is an owned type with `#[derive(serde::Deserialize, schemars::JsonSchema)]`, or `soa_common::Body`"
)]
pub trait ActionInput: DeserializeOwned + JsonSchema + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + JsonSchema + Send + 'static> ActionInput for T {}

/// What an action can give: what can be encoded and says what it looks like.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the output of an action",
    label = "its output cannot be `{Self}`",
    note = "an output is a type with `#[derive(serde::Serialize, schemars::JsonSchema)]`, or `soa_common::Body`"
)]
pub trait ActionOutput: Serialize + JsonSchema + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + JsonSchema + Send + 'static> ActionOutput for T {}

/// What the future of an action gives.
#[diagnostic::on_unimplemented(
    message = "an action gives a `Result<Out, soa_server::ActionError>`, not `{Self}`",
    label = "gives `{Self}`",
    note = "`?` makes an `ActionError` of any other error"
)]
pub trait ActionOutcome {
    #[doc(hidden)]
    type Output;

    #[doc(hidden)]
    fn into_result(self) -> Result<Self::Output, ActionError>;
}

impl<Out> ActionOutcome for Result<Out, ActionError> {
    type Output = Out;

    fn into_result(self) -> Self {
        self
    }
}

/// What calling the function of an action gives.
#[diagnostic::on_unimplemented(
    message = "an action is an `async fn`, or gives a future; this one gives `{Self}`",
    label = "not an `async fn`"
)]
pub trait ActionFuture: Future<Output = Self::Outcome> {
    #[doc(hidden)]
    type Outcome;
}

#[diagnostic::do_not_recommend]
impl<T: Future> ActionFuture for T {
    type Outcome = T::Output;
}

/// What the two arguments of an action are. One trait for both, so that arguments in the wrong order are one error.
#[diagnostic::on_unimplemented(
    message = "the two arguments of an action are its `ActionContext<{S}>` and its input, not `{Self}`",
    label = "its arguments are `{Self}`",
    note = "the context comes first, then the input; its parameter is the type given to `.state(..)`, which comes before \
            `.action(..)`"
)]
pub trait ActionArguments<S> {
    #[doc(hidden)]
    type Input: ActionInput;

    #[doc(hidden)]
    fn of(ctx: ActionContext<S>, input: Self::Input) -> Self;
}

impl<S, In: ActionInput> ActionArguments<S> for (ActionContext<S>, In) {
    type Input = In;

    fn of(ctx: ActionContext<S>, input: In) -> Self {
        (ctx, input)
    }
}

/// A function as an action; `Signature` is that of a function pointer.
pub struct Function<F, Signature>(F, PhantomData<Signature>);

impl<S, A: Action<S>> IntoAction<S, ()> for A {
    type Action = Self;

    fn into_action(self) -> Self {
        self
    }
}

impl<S, F: Fn(In) -> R, In, R> IntoAction<S, fn(In) -> R> for F {
    type Action = Function<F, fn(In) -> R>;

    fn into_action(self) -> Self::Action {
        Function(self, PhantomData)
    }
}

impl<S, F: Fn(C, In) -> R, C, In, R> IntoAction<S, fn(C, In) -> R> for F {
    type Action = Function<F, fn(C, In) -> R>;

    fn into_action(self) -> Self::Action {
        Function(self, PhantomData)
    }
}

impl<S, F, In, R> Action<S> for Function<F, fn(In) -> R>
where
    S: Send + Sync + 'static,
    F: Fn(In) -> R + Send + Sync + 'static,
    In: ActionInput,
    R: ActionFuture<Outcome: ActionOutcome<Output: ActionOutput>> + Send + 'static,
{
    type Input = In;
    type Output = <R::Outcome as ActionOutcome>::Output;

    async fn run(&self, _ctx: ActionContext<S>, input: In) -> Result<Self::Output, ActionError> {
        (self.0)(input).await.into_result()
    }
}

impl<S, F, C, In, R> Action<S> for Function<F, fn(C, In) -> R>
where
    S: Send + Sync + 'static,
    F: Fn(C, In) -> R + Send + Sync + 'static,
    C: 'static,
    In: 'static,
    (C, In): ActionArguments<S>,
    R: ActionFuture<Outcome: ActionOutcome<Output: ActionOutput>> + Send + 'static,
{
    type Input = <(C, In) as ActionArguments<S>>::Input;
    type Output = <R::Outcome as ActionOutcome>::Output;

    async fn run(&self, ctx: ActionContext<S>, input: Self::Input) -> Result<Self::Output, ActionError> {
        let (ctx, input) = <(C, In)>::of(ctx, input);
        (self.0)(ctx, input).await.into_result()
    }
}

impl<F, Signature> fmt::Debug for Function<F, Signature> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::any::type_name::<F>())
    }
}
