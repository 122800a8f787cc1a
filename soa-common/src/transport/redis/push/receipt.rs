//! How who waits for a message is told what became of it.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use crate::transport::TransportError;

/// What became of a message.
#[derive(Debug)]
pub(in crate::transport::redis) enum Pushed {
    /// The list has it.
    Yes,
    /// It is surely not there, because Redis is out of order.
    GivenBack,
    /// It was given up.
    Failed(TransportError),
    /// Nobody knows: the task of the queue ended with its runtime.
    Lost,
}

/// Who waits for a message to be pushed.
pub(in crate::transport::redis) trait Waiting: Debug + Send + Sync {
    /// Whether the message is not wanted any more.
    fn is_gone(&self) -> bool;

    /// Takes note whether the message may have reached Redis.
    fn set_flushed(&self, is_flushed: bool);

    /// Takes what became of the message.
    fn done(&self, pushed: Pushed);
}

/// The way to whoever waits for a message, which says so when it is dropped.
#[derive(Debug)]
pub(super) struct Receipt(Option<Arc<dyn Waiting>>);

impl Receipt {
    pub(super) fn new(waiting: Arc<dyn Waiting>) -> Self {
        Self(Some(waiting))
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.0.as_ref().is_some_and(|waiting| !waiting.is_gone())
    }

    pub(super) fn set_flushed(&self, is_flushed: bool) {
        if let Some(waiting) = &self.0 {
            waiting.set_flushed(is_flushed);
        }
    }

    pub(super) fn give(&mut self, pushed: Pushed) {
        if let Some(waiting) = self.0.take() {
            waiting.done(pushed);
        }
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        self.give(Pushed::Lost);
    }
}

/// A wait for the push alone.
#[derive(Debug, Default)]
pub(super) struct Wait(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    is_gone: bool,
    is_flushed: bool,
    pushed: Option<Pushed>,
    waker: Option<Waker>,
}

impl Wait {
    pub(super) fn poll(&self, context: &Context<'_>) -> Poll<Pushed> {
        let mut state = self.state();
        match state.pushed.take() {
            Some(pushed) => Poll::Ready(pushed),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    pub(super) fn is_flushed(&self) -> bool {
        self.state().is_flushed
    }

    /// Takes back the message, if it is not sent yet.
    pub(super) fn end(&self) {
        self.state().is_gone = true;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting for Wait {
    fn is_gone(&self) -> bool {
        self.state().is_gone
    }

    fn set_flushed(&self, is_flushed: bool) {
        self.state().is_flushed = is_flushed;
    }

    fn done(&self, pushed: Pushed) {
        let mut state = self.state();
        state.pushed = Some(pushed);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
