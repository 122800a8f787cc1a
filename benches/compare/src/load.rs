//! The client's side of a measurement: a closed loop of so many calls at one time.

use std::{
    future::Future,
    io::{self, Write},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use tokio::{task::JoinSet, time::sleep};

use crate::BoxError;

/// The line that says that the measured time begins; the result is the line after it.
pub const BEGIN: &str = "begin";

/// How long a caller waits after an error before it calls again.
const AFTER_ERROR: Duration = Duration::from_millis(10);

/// Something that can be called.
pub trait Caller: Send + Sync + 'static {
    /// Makes one call and checks its answer.
    fn call(&self) -> impl Future<Output = Result<(), BoxError>> + Send;
}

/// How to measure.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many calls run at one time.
    pub inflight: usize,
    /// How long to call before the measured time.
    pub warmup: Duration,
    /// The measured time.
    pub window: Duration,
}

/// What came out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Answered calls.
    pub requests: u64,
    /// Calls that failed.
    pub errors: u64,
    /// What the first error said.
    pub error: Option<String>,
    /// The measured time.
    pub seconds: f64,
    /// The processor time of this process, in seconds.
    pub cpu: f64,
    /// Percentiles of the time from a call to its answer, in microseconds.
    pub p50: f64,
    /// See [`p50`](Self::p50).
    pub p99: f64,
}

const WARMUP: u8 = 0;
const MEASURED: u8 = 1;
const OVER: u8 = 2;

struct Shared<C> {
    caller: C,
    phase: AtomicU8,
    has_failed: AtomicBool,
    record: Mutex<Record>,
}

struct Record {
    times: Histogram<u32>,
    errors: u64,
    error: Option<String>,
}

/// Calls for the time of the plan, once the server has answered a first call. Says on the standard output when the
/// measured time begins.
///
/// # Errors
/// When the first call fails.
pub async fn closed_loop<C: Caller>(caller: C, plan: Plan) -> Result<Outcome, BoxError> {
    caller.call().await?;
    let record = Record { times: Histogram::new_with_bounds(1, 600_000_000_000, 3)?, errors: 0, error: None };
    let (phase, has_failed) = (AtomicU8::new(WARMUP), AtomicBool::new(false));
    let shared = Arc::new(Shared { caller, phase, has_failed, record: Mutex::new(record) });
    let mut callers = JoinSet::new();
    for _ in 0..plan.inflight {
        callers.spawn(Arc::clone(&shared).repeat());
    }
    sleep(plan.warmup).await;
    say(BEGIN)?;
    let (begin, cpu) = (Instant::now(), processor_time());
    shared.phase.store(MEASURED, Ordering::Relaxed);
    sleep(plan.window).await;
    shared.phase.store(OVER, Ordering::Relaxed);
    let (seconds, cpu) = (begin.elapsed().as_secs_f64(), processor_time() - cpu);
    let record = shared.record.lock().unwrap_or_else(PoisonError::into_inner);
    let percentile = |percent| record.times.value_at_quantile(percent) as f64 / 1_000.0;
    Ok(Outcome {
        requests: record.times.len(),
        errors: record.errors,
        error: record.error.clone(),
        seconds,
        cpu,
        p50: percentile(0.5),
        p99: percentile(0.99),
    })
}

impl<C: Caller> Shared<C> {
    /// Calls again and again.
    async fn repeat(self: Arc<Self>) {
        while self.phase.load(Ordering::Relaxed) != OVER {
            let begin = Instant::now();
            let result = self.caller.call().await;
            let took = begin.elapsed();
            match result {
                Ok(()) if self.phase.load(Ordering::Relaxed) == MEASURED => {
                    let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
                    self.record.lock().unwrap_or_else(PoisonError::into_inner).times.saturating_record(nanoseconds);
                }
                Ok(()) => {}
                Err(error) => {
                    self.fail(&error);
                    sleep(AFTER_ERROR).await;
                }
            }
        }
    }

    fn fail(&self, error: &BoxError) {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.errors += 1;
        if !self.has_failed.swap(true, Ordering::Relaxed) {
            record.error = Some(error.to_string());
        }
    }
}

/// Writes a line for the process that started this one.
///
/// # Errors
/// When that has gone.
pub fn say(line: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}

/// The processor time of this process so far, in seconds.
#[must_use]
pub fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
