//! What a call shares with those who push its request and read its response.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use super::mailbox::Answer;
use crate::{
    ActionRequest, Body,
    transport::{
        ClientRequest, TransportError,
        redis::push::{Pushed, Waiting},
    },
};

/// Where a call waits. One wait covers the push of the request and the response, so that a call whose request is pushed
/// is not woken just to wait again.
#[derive(Debug, Default)]
pub(super) struct Waiter(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    stage: Stage,
    news: Option<News>,
    waker: Option<Waker>,
    request: Kept,
    /// Whether the call is woken when its request is pushed.
    waits_for_push: bool,
    is_gone: bool,
}

/// What is of use of the request.
#[derive(Debug)]
enum Kept {
    /// All of it, which can go to another master as long as this one has not got it.
    Whole(Box<ClientRequest>),
    /// Its actions without their bodies, to tell which were called.
    Actions(Vec<ActionRequest>),
}

/// How far the request got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// It is not sent.
    #[default]
    Queued,
    /// It may have reached Redis.
    Flushed,
    /// It is in its list.
    Pushed,
}

/// What ends the wait of a call.
#[derive(Debug)]
pub(super) enum News {
    Answer(Answer),
    /// The request is surely not sent, because the master is down.
    GivenBack,
    /// The request could not be sent.
    Failed(TransportError),
    /// What pushes has ended with its runtime.
    Lost,
}

impl Waiter {
    /// Waits for the end.
    pub(super) fn poll(&self, context: &Context<'_>) -> Poll<News> {
        let mut state = self.state();
        match state.news.take() {
            Some(news) => Poll::Ready(news),
            None => state.wait(context),
        }
    }

    /// Waits until the request is pushed; gives what came instead. An answer that is there already stays.
    pub(super) fn poll_pushed(&self, context: &Context<'_>) -> Poll<Option<News>> {
        let mut state = self.state();
        state.waits_for_push = true;
        match state.news.take() {
            Some(answer @ News::Answer(_)) => {
                state.news = Some(answer);
                Poll::Ready(None)
            }
            Some(news) => Poll::Ready(Some(news)),
            None if state.stage == Stage::Pushed => Poll::Ready(None),
            None => state.wait(context),
        }
    }

    /// Keeps the request, which is to be pushed now.
    pub(super) fn keep(&self, request: ClientRequest, can_go_elsewhere: bool) {
        let kept = if can_go_elsewhere { Kept::Whole(Box::new(request)) } else { Kept::Actions(actions(request)) };
        self.state().request = kept;
    }

    /// Gives the request back, if all of it is here still.
    pub(super) fn take_request(&self) -> Option<ClientRequest> {
        match std::mem::take(&mut self.state().request) {
            Kept::Whole(request) => Some(*request),
            Kept::Actions(_) => None,
        }
    }

    /// Gives the actions of the request, which are not needed here any more.
    pub(super) fn take_actions(&self) -> Vec<ActionRequest> {
        match std::mem::take(&mut self.state().request) {
            Kept::Whole(request) => request.job.actions,
            Kept::Actions(actions) => actions,
        }
    }

    /// How far the request got.
    pub(super) fn stage(&self) -> Stage {
        self.state().stage
    }

    /// Gives the call its answer; false when it is gone.
    pub(super) fn answer(&self, answer: Answer) -> bool {
        let mut state = self.state();
        let is_wanted = !state.is_gone;
        if is_wanted {
            // An answer says more than what is known of the push.
            state.news = Some(News::Answer(answer));
        }
        wake(state);
        is_wanted
    }

    /// Ends the wait: a request that is not sent yet will not be.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.is_gone = true;
        // Who pushes may have to keep the rest for long.
        let request = std::mem::take(&mut state.request);
        drop(state);
        drop(request);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wait<T>(&mut self, context: &Context<'_>) -> Poll<T> {
        match &mut self.waker {
            Some(waker) => waker.clone_from(context.waker()),
            None => self.waker = Some(context.waker().clone()),
        }
        Poll::Pending
    }
}

impl Waiting for Waiter {
    fn is_gone(&self) -> bool {
        self.state().is_gone
    }

    fn set_flushed(&self, is_flushed: bool) {
        self.state().stage = if is_flushed { Stage::Flushed } else { Stage::Queued };
    }

    fn done(&self, pushed: Pushed) {
        let mut state = self.state();
        let news = match pushed {
            Pushed::Yes => {
                state.stage = Stage::Pushed;
                state.request = match std::mem::take(&mut state.request) {
                    Kept::Whole(request) => Kept::Actions(actions(*request)),
                    kept @ Kept::Actions(_) => kept,
                };
                if state.waits_for_push {
                    wake(state);
                }
                return;
            }
            Pushed::GivenBack => News::GivenBack,
            Pushed::Failed(error) => News::Failed(error),
            Pushed::Lost => News::Lost,
        };
        state.news.get_or_insert(news);
        wake(state);
    }
}

impl Default for Kept {
    fn default() -> Self {
        Self::Actions(Vec::new())
    }
}

/// The actions of a request without their bodies.
fn actions(request: ClientRequest) -> Vec<ActionRequest> {
    let mut actions = request.job.actions;
    actions.iter_mut().for_each(|action| action.body = Body::empty());
    actions
}

/// Wakes the call, which takes the lock first of all.
fn wake(mut state: MutexGuard<'_, State>) {
    let waker = state.waker.take();
    drop(state);
    if let Some(waker) = waker {
        waker.wake();
    }
}
