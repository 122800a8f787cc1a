use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use soa_common::{
    ActionRequest, ActionResponse, Body, Context, Control, Error, IntoBody, JobRequest, Value, json::to_json,
};

/// The stub of one action; made by [`Stubs::action`](crate::Stubs::action). Clones are the same stub.
///
/// It answers with an empty body unless it is told otherwise; what it is told last counts.
#[derive(Clone, Debug, Default)]
pub struct StubAction {
    name: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    errors: Vec<Error>,
    body: Body,
    calls: Vec<StubCall>,
}

/// A call that a stub received.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StubCall {
    /// The body of the action's request.
    pub body: Body,
    /// The context of its job.
    pub context: Context,
    /// The control header of its job.
    pub control: Control,
}

impl StubAction {
    /// Answers with a body from now on.
    ///
    /// # Panics
    /// When the body cannot be encoded or is no map.
    #[track_caller]
    pub fn returns(self, body: impl IntoBody) -> Self {
        let body = self.body(body);
        self.set(Vec::new(), body)
    }

    /// Answers with errors from now on.
    pub fn returns_errors(self, errors: impl IntoIterator<Item = Error>) -> Self {
        self.set(errors.into_iter().collect(), Body::empty())
    }

    /// The calls so far, in the order they came.
    #[must_use]
    pub fn calls(&self) -> Vec<StubCall> {
        self.state().calls.clone()
    }

    /// Fails the test unless the action was called once, with this body. The order of keys does not matter.
    ///
    /// # Panics
    /// When it was not.
    #[track_caller]
    pub fn assert_called_once_with(&self, body: impl IntoBody) {
        let (name, expected) = (&self.name, self.body(body).to_value());
        match self.calls().as_slice() {
            [call] => {
                let called = call.body.to_value();
                if !is_same(&called, &expected) {
                    let (called, expected) = shown(&called, &expected);
                    panic!("{name} was called with {called}, not with {expected}");
                }
            }
            calls => panic!("{name} was called {} times, not once", calls.len()),
        }
    }

    pub(crate) fn new(name: String) -> Self {
        Self { name, ..Self::default() }
    }

    pub(crate) fn answer(&self, job: &JobRequest, request: &ActionRequest) -> ActionResponse {
        let mut state = self.state();
        let (context, control) = (job.context.clone(), job.control.clone());
        state.calls.push(StubCall { body: request.body.clone(), context, control });
        ActionResponse { action: request.action.clone(), errors: state.errors.clone(), body: state.body.clone() }
    }

    fn set(self, errors: Vec<Error>, body: Body) -> Self {
        let mut state = self.state();
        (state.errors, state.body) = (errors, body);
        drop(state);
        self
    }

    #[track_caller]
    fn body(&self, body: impl IntoBody) -> Body {
        body.into_body().unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves nothing half done here.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Two values as JSON for people, or where that is the same for both in a form that tells them apart.
fn shown(one: &Value, other: &Value) -> (String, String) {
    match (to_json(one).to_string(), to_json(other).to_string()) {
        (one_json, other_json) if one_json == other_json => (format!("{one:?}"), format!("{other:?}")),
        different => different,
    }
}

/// Whether two values are equal when the order of keys does not count.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Map(one), Value::Map(other)) => {
            let has = |key, value| other.iter().any(|(name, other)| name == key && is_same(value, other));
            one.len() == other.len() && one.iter().all(|(key, value)| has(key, value))
        }
        _ => one == other,
    }
}
