//! Futures that have until a deadline.

use std::{
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use pin_project_lite::pin_project;
use tokio::{
    task::coop::unconstrained,
    time::{Instant, Sleep, sleep_until},
};

pin_project! {
    /// The future of [`until`].
    pub(crate) struct Until<F, D> {
        #[pin]
        future: F,
        deadline: D,
        #[pin]
        sleep: Option<Sleep>,
    }
}

/// Runs a future until a deadline, which may move; gives nothing when the future is not finished by then.
///
/// A future that never waits costs no timer.
pub(crate) fn until<F, D>(future: F, deadline: D) -> Until<F, D>
where
    F: Future,
    D: Fn() -> Option<Instant>,
{
    Until { future, deadline, sleep: None }
}

impl<F: Future, D: Fn() -> Option<Instant>> Future for Until<F, D> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Poll::Ready(output) = this.future.poll(context) {
            return Poll::Ready(Some(output));
        }
        let Some(deadline) = (this.deadline)() else { return Poll::Pending };
        match this.sleep.as_mut().as_pin_mut() {
            None => this.sleep.set(Some(sleep_until(deadline))),
            Some(sleep) if sleep.deadline() != deadline => sleep.reset(deadline),
            Some(_) => {}
        }
        let Some(sleep) = this.sleep.as_pin_mut() else { return Poll::Pending };
        // A future that always uses up its share of the thread would leave none for the timer.
        pin!(unconstrained(sleep)).poll(context).map(|()| None)
    }
}
