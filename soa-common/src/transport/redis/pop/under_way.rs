//! A pop as others than its popper see it, for when the runtime of the popper is stuck.

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use super::{Popped, command::Form};
use crate::transport::redis::{connection::Connection, wire::Wire};

/// The pop of one popper that waits for its reply, whenever there is one.
#[derive(Clone, Debug, Default)]
pub(in crate::transport::redis) struct UnderWay(Arc<Mutex<Option<Pop>>>);

#[derive(Debug)]
struct Pop {
    wire: Weak<Wire>,
    unblock_id: Option<i64>,
    form: Form,
    blocks: bool,
}

impl UnderWay {
    pub(super) fn begin(&self, connection: &Connection, form: Form, blocks: bool) {
        *self.pop() = Some(Pop { wire: connection.wire(), unblock_id: connection.unblock_id(), form, blocks });
    }

    pub(super) fn ended(&self) {
        *self.pop() = None;
    }

    /// Takes what the pop gives, which its popper does not get then. As long as that is not there, `unblock` is called
    /// with the id of the connection, if there is one, and awaited.
    ///
    /// This may be dropped.
    pub(in crate::transport::redis) async fn take<F>(&self, unblock: impl Fn(Option<i64>) -> F) -> Vec<Popped>
    where
        F: Future<Output = ()>,
    {
        loop {
            let unblock_id = {
                let mut pop = self.pop();
                let Some(Pop { wire, unblock_id, form, blocks }) = &*pop else { return Vec::new() };
                let Some(wire) = wire.upgrade() else { return Vec::new() };
                if let Some(replies) = wire.take_replies() {
                    let popped = form.read(&[], *blocks, replies);
                    *pop = None;
                    return popped.unwrap_or_else(|refused| refused.popped);
                }
                *unblock_id
            };
            unblock(unblock_id).await;
        }
    }

    fn pop(&self) -> MutexGuard<'_, Option<Pop>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
