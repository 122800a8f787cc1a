//! Rolling restarts: new workers take the places of the old ones, one number after the other.
//!
//! A replacement is started, and when it is ready the old worker is told to finish what it does. When that has ended it
//! is the turn of the next number. So there is never a worker less than before, and one more at most. A replacement that
//! does not become ready ends it all, and the other workers stay.

use std::{collections::VecDeque, time::Instant};

use tracing::{error, info};

use super::{
    parent::Parent,
    process::{Id, Phase, Process},
};
use crate::systemd;

/// How far a rolling restart has come.
#[derive(Debug)]
pub(super) struct Roll {
    remaining: VecDeque<usize>,
    step: Step,
    /// Whether to begin anew at the end: it was asked for again meanwhile.
    again: bool,
}

/// What a rolling restart waits for.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The replacement of the worker with this number is to become ready by a certain time.
    Starting { number: usize, replacement: Id, ready_by: Instant },
    /// A worker that has been replaced is to end.
    Draining(Id),
}

impl Roll {
    /// Whether this is the replacement that is to become ready.
    pub(super) fn waits_for_start_of(&self, id: Id) -> bool {
        matches!(self.step, Step::Starting { replacement, .. } if replacement == id)
    }

    /// When the replacement has to be ready that is starting.
    pub(super) fn ready_by(&self) -> Option<Instant> {
        match self.step {
            Step::Starting { ready_by, .. } => Some(ready_by),
            Step::Draining(_) => None,
        }
    }
}

impl Parent {
    /// Begins a rolling restart, or remembers that another one is to follow the one under way.
    pub(super) fn reload(&mut self, why: &str) {
        if let Some(roll) = &mut self.roll {
            roll.again = true;
            return info!("{why}: another rolling restart follows the one under way");
        }
        info!("{why}: starting the workers anew, one after the other: {}", self.plan.count);
        if self.was_ready {
            systemd::reloading();
        }
        let step = self.start_replacement(1);
        self.roll = Some(Roll { remaining: (2..=self.plan.count).collect(), step, again: false });
    }

    fn start_replacement(&mut self, number: usize) -> Step {
        let replacement = self.start(number);
        Step::Starting { number, replacement, ready_by: Instant::now() + self.plan.start_timeout }
    }

    /// This worker is ready: when it is the replacement of another, that one may go.
    pub(super) fn replaced(&mut self, id: Id) {
        let Some(Step::Starting { number, replacement, .. }) = self.roll.as_ref().map(|roll| roll.step) else { return };
        if replacement != id {
            return;
        }
        // Also that of a number that had been given up.
        self.histories.insert(number, Default::default());
        let mut others = self.processes.iter_mut().filter(|(other, process)| process.number == number && **other != id);
        match others.find(|(_, process)| process.phase != Phase::Leaving) {
            Some((old, process)) => {
                info!("worker {number} with pid {} has been replaced: it finishes what it does", process.pid);
                process.drain();
                let step = Step::Draining(*old);
                self.roll.iter_mut().for_each(|roll| roll.step = step);
            }
            None => self.next_step(),
        }
    }

    /// A worker ended that was told to.
    pub(super) fn drained(&mut self, id: Id) {
        if self.roll.as_ref().is_some_and(|roll| matches!(roll.step, Step::Draining(old) if old == id)) {
            self.next_step();
        }
    }

    fn next_step(&mut self) {
        match self.roll.as_mut().and_then(|roll| roll.remaining.pop_front()) {
            Some(number) => {
                let step = self.start_replacement(number);
                self.roll.iter_mut().for_each(|roll| roll.step = step);
            }
            None => {
                info!("all workers have been started anew");
                self.end_roll();
            }
        }
    }

    /// The replacement that is starting takes too long.
    pub(super) fn replacement_is_late(&mut self) {
        let Some(Step::Starting { number, replacement, .. }) = self.roll.as_ref().map(|roll| roll.step) else { return };
        self.processes.get_mut(&replacement).map(Process::drain);
        let limit = self.plan.start_timeout.as_secs_f64();
        self.give_up_roll(&format!("the new worker {number} was not ready after {limit} s (--start-timeout)"));
    }

    /// The workers that have not been replaced stay.
    pub(super) fn give_up_roll(&mut self, why: &str) {
        let step = self.roll.as_ref().map(|roll| roll.step);
        error!("{why}: no more workers are started anew, the others stay");
        self.end_roll();
        // The old worker may have ended meanwhile.
        if let Some(Step::Starting { number, .. }) = step
            && self.histories.contains_key(&number)
            && !self.has_current(number)
        {
            self.lost(number, "has no replacement");
        }
    }

    fn end_roll(&mut self) {
        let again = self.roll.take().is_some_and(|roll| roll.again);
        if self.was_ready {
            systemd::ready(self.histories.len());
        }
        if again {
            self.reload("asked for again");
        }
    }
}
