//! The end of a worker whose code is over its limit and does not yield.

use std::{
    mem,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::{join, join_all};
use soa_common::transport::{TransportError, TransportErrorKind};
use tokio::{
    select,
    time::{Instant, sleep_until, timeout},
};

use super::{
    Watchdog,
    report::{self, Culprit, HandedBack},
};
use crate::{
    harakiri::Reason,
    watch::{Answer, Late, Request, Slot, Stage, Told},
};

/// How long answering may take when Redis is out of order.
const ANSWER_LIMIT: Duration = Duration::from_secs(3);

/// What became of the requests of a doomed worker.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) answered: AtomicUsize,
    pub(super) handed_back: HandedBack,
    /// These could not be answered.
    lost: Mutex<Vec<(Told, TransportError)>>,
}

impl Outcome {
    fn lost(&self) -> Vec<(Told, TransportError)> {
        mem::take(&mut *self.lost.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Watchdog {
    /// Answers what is in flight, and ends when the process is to end.
    pub(super) async fn doom(mut self, culprit: Late, now: Instant) {
        let grace = self.limits.grace;
        let end = now.checked_add(grace).unwrap_or(now);
        self.watch.enter_stage(Stage::Doomed(end));
        let handed_back = self.stretch.take().map(|stretch| stretch.handed_back).unwrap_or_default();
        let outcome = Arc::new(Outcome { handed_back, ..Outcome::default() });
        let told = Culprit::of(&culprit);
        if culprit.slot.request().is_none() {
            // Dropped when it yields.
            culprit.slot.marks().take();
        }
        self.settle(&outcome, Some(&culprit.slot)).await;
        // The service ends with its worker, which may not outlive this.
        drop(culprit);
        told.ends_worker(Instant::now(), end, &outcome).await;
        select! {
            () = self.watch.stopped() => {
                // What the transport had popped, or had in hand, until its worker stopped.
                self.settle(&Arc::new(Outcome::default()), None).await;
            }
            () = sleep_until(end) => {}
        }
        self.watch.enter_stage(Stage::Settled(end));
        sleep_until(end).await;
    }

    /// Answers the requests that have started and puts back those that have not.
    async fn settle(&mut self, outcome: &Arc<Outcome>, culprit: Option<&Arc<dyn Slot>>) {
        let mut started = self.watch.all();
        started.retain(|slot| slot.request().is_some_and(<dyn Request>::has_rescue) && slot.marks().take());
        self.hand_back(outcome.handed_back.clone());
        // One that is under way may have begun before the last responses.
        self.relieve(Arc::clone(&self.relieving).lock_owned());
        let limit = ANSWER_LIMIT.min(self.limits.grace);
        let answers = join_all(started.iter().map(|slot| answer(slot, culprit, outcome, limit)));
        let tasks = async { while self.tasks.join_next().await.is_some() {} };
        let _ = join(answers, timeout(limit, tasks)).await;
        report::lost("the response could not be sent", outcome.lost());
    }
}

async fn answer(slot: &Arc<dyn Slot>, culprit: Option<&Arc<dyn Slot>>, outcome: &Outcome, limit: Duration) {
    let Some(request) = slot.request() else { return };
    let is_culprit = culprit.is_some_and(|culprit| Arc::ptr_eq(culprit, slot));
    let reason = if is_culprit { Reason::ItSelf } else { Reason::WorkerStuck };
    let answered = timeout(limit, request.answer(reason)).await.unwrap_or_else(|_| {
        let message = format!("it was not taken within {limit:?}");
        Err(TransportError::new(TransportErrorKind::MessageSend, message))
    });
    match answered {
        Ok(Answer::Sent) => drop(outcome.answered.fetch_add(1, Ordering::Relaxed)),
        Ok(Answer::Suppressed) => {}
        Err(error) => outcome.lost.lock().unwrap_or_else(PoisonError::into_inner).push((slot.told(), error)),
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use futures_util::future::BoxFuture;

    use super::*;
    use crate::watch::{Marks, Return};

    /// A request that cannot be answered as long as Redis does not take anything.
    #[derive(Default)]
    struct Waiting(Marks);

    impl Slot for Waiting {
        fn marks(&self) -> &Marks {
            &self.0
        }

        fn told(&self) -> Told {
            Told::default()
        }

        fn request(&self) -> Option<&dyn Request> {
            Some(self)
        }
    }

    impl Request for Waiting {
        fn arrival(&self) -> u64 {
            0
        }

        fn has_rescue(&self) -> bool {
            true
        }

        fn put_back(&self) -> BoxFuture<'_, Result<Return, TransportError>> {
            Box::pin(pending())
        }

        fn answer(&self, _: Reason) -> BoxFuture<'_, Result<Answer, TransportError>> {
            Box::pin(pending())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_answered_in_time_is_told_as_lost() {
        let (slot, outcome): (Arc<dyn Slot>, _) = (Arc::new(Waiting::default()), Outcome::default());
        answer(&slot, None, &outcome, ANSWER_LIMIT).await;
        let [(_, error)] = &outcome.lost()[..] else { panic!("nothing is lost") };
        assert_eq!(error.to_string(), "it was not taken within 3s");
    }
}
