use std::{
    io,
    sync::Arc,
    thread,
    time::{Duration, Instant as Clock},
};

use tokio::{sync::Semaphore, time::Instant};

/// The times at which the calls of an open loop are due.
pub(super) struct Pace {
    pub(super) started: Instant,
    /// Calls a second.
    pub(super) rate: f64,
    /// Has a permit for each call whose time has come.
    pub(super) released: Arc<Semaphore>,
}

impl Pace {
    /// Starts now. A thread keeps the time, because the timers of the runtime know whole milliseconds only, and a call takes
    /// less. The thread ends some time after the pace is dropped.
    pub(super) fn start(rate: f64) -> io::Result<Self> {
        let started = Clock::now();
        let pace = Self { started: started.into(), rate, released: Arc::new(Semaphore::new(0)) };
        let released = Arc::downgrade(&pace.released);
        thread::Builder::new().name("pace".to_owned()).spawn(move || {
            let mut count = 0;
            while let Some(released) = released.upgrade() {
                let due = due_before(started.elapsed(), rate);
                released.add_permits(due.saturating_sub(count) as usize);
                count = due;
                drop(released);
                thread::sleep(after(count, rate).saturating_sub(started.elapsed()));
            }
        })?;
        Ok(pace)
    }

    /// When a call is due, counted from 0.
    pub(super) fn due(&self, index: u64) -> Instant {
        self.started + after(index, self.rate)
    }

    /// How many calls are due before some time has passed.
    pub(super) fn due_before(&self, passed: Duration) -> u64 {
        due_before(passed, self.rate)
    }

    /// Waits for the time of the next call that nobody waits for yet.
    pub(super) async fn wait(&self) {
        // Only a closed semaphore gives no permit, and this one is never closed.
        if let Ok(permit) = self.released.acquire().await {
            permit.forget();
        }
    }
}

fn due_before(passed: Duration, rate: f64) -> u64 {
    // The product may be off by a rounding, and `after` is what counts.
    let mut count = ((passed.as_secs_f64() * rate) as u64).saturating_sub(1);
    while after(count, rate) < passed {
        count += 1;
    }
    count
}

fn after(index: u64, rate: f64) -> Duration {
    Duration::from_secs_f64(index as f64 / rate)
}
