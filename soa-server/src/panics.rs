//! Panics of user code end nothing: they are caught where user code is polled or dropped.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    future::Future,
    mem,
    panic::{self, AssertUnwindSafe},
    pin::Pin,
    sync::Once,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

/// A panic that was caught.
#[derive(Debug, thiserror::Error)]
#[error("{message} ({})", self.trace())]
pub(crate) struct Panic {
    /// The panic's own text.
    pub(crate) message: String,
    /// Where it happened, as `file:line:column`.
    place: Option<String>,
}

impl Panic {
    /// What stands in place of a chain of errors.
    pub(crate) fn trace(&self) -> String {
        format!("panicked at {}", self.place.as_deref().unwrap_or("an unknown place"))
    }
}

/// Polls and drops a future in such a way that its panics become errors.
pub(crate) fn catch<F: Future>(future: F) -> Caught<F> {
    Caught { future: Some(future) }
}

pin_project! {
    /// The future of [`catch`].
    pub(crate) struct Caught<F> {
        #[pin]
        future: Option<F>,
    }

    impl<F> PinnedDrop for Caught<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut future = this.project().future;
            if let Err(panic) = guarded(|| future.set(None)) {
                log_drop(&panic);
            }
        }
    }
}

impl<F: Future> Future for Caught<F> {
    type Output = Result<F::Output, Panic>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut future = self.project().future;
        let polled = guarded(|| match future.as_mut().as_pin_mut() {
            Some(future) => future.poll(context).map(Some),
            None => Poll::Ready(None),
        });
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(Some(output))) => Poll::Ready(Ok(output)),
            Ok(Poll::Ready(None)) => {
                Poll::Ready(Err(Panic { message: "polled after it had panicked".to_owned(), place: None }))
            }
            Err(panic) => {
                // What is left of the future may panic once more when it is dropped.
                if let Err(panic) = guarded(|| future.set(None)) {
                    log_drop(&panic);
                }
                Poll::Ready(Err(panic))
            }
        }
    }
}

/// Makes panics inside [`catch`] silent, because they are logged and answered. Panics elsewhere go where they went.
pub(crate) fn install_hook() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if GUARDS.get() == 0 {
                return previous(info);
            }
            PLACE.set(info.location().map(ToString::to_string));
        }));
    });
}

thread_local! {
    /// How many guarded calls are on this thread's stack.
    static GUARDS: Cell<usize> = const { Cell::new(0) };
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs what may panic.
pub(crate) fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, Panic> {
    GUARDS.set(GUARDS.get() + 1);
    let result = panic::catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        let panic = Panic { message: message(&*payload), place: PLACE.take() };
        // A panic may carry a value that panics when it is dropped; what that one carries is not dropped at all.
        if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            mem::forget(payload);
        }
        panic
    });
    GUARDS.set(GUARDS.get() - 1);
    result
}

/// The text of a panic.
pub(crate) fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a text").to_owned()
}

fn log_drop(panic: &Panic) {
    tracing::error!(message = panic.message, place = panic.place, "A panic while something was dropped");
}
