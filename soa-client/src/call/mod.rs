//! Calls: builders that take options and run when they are awaited.

use std::{future::IntoFuture, time::Duration};

use futures_util::future::BoxFuture;
use soa_common::{Context, Control};

use crate::{
    CallError, Client,
    headers::{self, Options},
};

mod answer;
mod one;
mod parallel;
mod send;

pub(crate) use answer::Answer;
pub use one::One;
pub use parallel::{Caught, Parallel};
pub use send::{Sending, SentRequest};

/// A call that is not made yet: await it to make it.
///
/// `K` says what kind of call it is, and with that what it gives. Nothing is sent before the call is first polled.
/// Dropping the future abandons the call, which then costs nothing more; the service may run the job nevertheless.
///
/// What PySOA's `call_…_future` methods do, any future does: join several calls, or spawn one and await it later.
///
/// ```
/// # async fn run(client: &soa_client::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use serde_json::json;
///
/// let user = tokio::spawn(client.call_action("users", "get_user", json!({"user_id": 7})).into_future());
/// let mail = client.call_action("mail", "count", json!({"user_id": 7})).await?;
/// let user = user.await??;
/// # Ok(())
/// # }
/// ```
#[must_use = "a call is made when it is awaited"]
pub struct Call<K> {
    client: Client,
    options: Options,
    raise: Raise,
    kind: K,
}

/// A kind of call. The kinds are this module's types.
pub trait Kind: sealed::Run {}

/// A kind of call whose response carries errors, which are raised unless the call says otherwise.
pub trait Raising: Kind {}

/// A kind of call whose jobs may have several actions.
pub trait ManyActions: Kind {}

/// Which errors of a response become errors of the call.
#[derive(Clone, Copy)]
pub(crate) struct Raise {
    job_errors: bool,
    action_errors: bool,
}

mod sealed {
    use super::{BoxFuture, Call, CallError};

    pub trait Run: Sized + Send {
        type Output;

        fn run(call: Call<Self>) -> BoxFuture<'static, Result<Self::Output, CallError>>;
    }
}

impl<K> Call<K> {
    pub(crate) fn new(client: &Client, kind: K) -> Self {
        let raise = Raise { job_errors: true, action_errors: true };
        Self { client: client.clone(), options: Options::default(), raise, kind }
    }

    /// Switches to activate, on top of those of the context.
    pub fn switches(mut self, switches: impl IntoIterator<Item = i64>) -> Self {
        self.options.switches.extend(switches);
        self
    }

    /// How long the call may take, from sending to the response. The service is told, and the request expires soon
    /// after. Default: the receive timeout of the service's transport (5 seconds unless it is set), and the transport's
    /// own expiry of messages.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// The id that ties together all calls made for one cause. Default: that of the client's base context, or a new
    /// one for every job.
    pub fn correlation_id(mut self, correlation_id: impl Into<String>) -> Self {
        self.options.correlation_id = Some(correlation_id.into());
        self
    }

    /// What this call says of its caller, in the context.
    pub fn caller(mut self, caller: impl Into<String>) -> Self {
        self.options.context.insert("caller", caller.into());
        self
    }

    /// More for the context header: goes over what the client's base context and the other options say, except that
    /// switches add up. A `request_id` is left out: it would end a worker of PySOA.
    pub fn context(mut self, context: Context) -> Self {
        headers::merge(&mut self.options.context, context.into_map());
        self
    }

    /// More for the control header: goes over what the other options say.
    pub fn control_extra(mut self, control: Control) -> Self {
        headers::merge(&mut self.options.control_extra, control.into_map());
        self
    }
}

impl<K: Raising> Call<K> {
    /// Whether errors of the job become a [`CallError::Job`]. Default: true. When not, they stand in the response; in
    /// the response of a single action they take the place of its errors.
    pub fn raise_job_errors(mut self, raise: bool) -> Self {
        self.raise.job_errors = raise;
        self
    }

    /// Whether errors of actions become a [`CallError::Action`]. Default: true. When not, they stand in the responses.
    pub fn raise_action_errors(mut self, raise: bool) -> Self {
        self.raise.action_errors = raise;
        self
    }
}

impl<K: ManyActions> Call<K> {
    /// Whether a job goes on with its next action after one with errors. Default: false.
    pub fn continue_on_error(mut self, continue_on_error: bool) -> Self {
        self.options.continue_on_error = continue_on_error;
        self
    }
}

impl<K: Kind> IntoFuture for Call<K> {
    type Output = Result<K::Output, CallError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        K::run(self)
    }
}
