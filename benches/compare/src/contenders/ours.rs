//! Our client.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use soa_client::{Client, RedisSettings};
use tokio::{io::AsyncReadExt, task::JoinSet};

use crate::{
    BoxError, SERVICE,
    load::{BEGIN, Caller, Outcome, say},
    payload::{Blob, Echo, Pause, Size},
};

/// How long the calls that wait for a stopped worker may take.
const PATIENCE: Duration = Duration::from_secs(100);

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Work {
    /// A small answer.
    Echo,
    /// An answer in pieces.
    Big,
    /// A thousand calls as one.
    Parallel,
    /// An echo, and beside every hundredth one a slow call.
    Mixed,
}

/// How many calls `parallel` makes at one time.
pub const PARALLEL: usize = 1_000;

/// One slow call to so many others.
const ONE_IN: u64 = 100;

/// How long a slow call takes, in milliseconds.
const SLOW: u32 = 20;

/// A client.
pub struct Ours {
    client: Client,
    work: Work,
    echo: Echo,
    size: Size,
    calls: std::sync::atomic::AtomicU64,
}

impl Ours {
    /// A client that does this work.
    ///
    /// # Errors
    /// An address that names no Redis.
    pub fn new(redis: &str, work: Work, bytes: usize) -> Result<Self, BoxError> {
        let client = Client::builder().service(SERVICE, RedisSettings::from_url(redis)?).build()?;
        let size = Size { size: u32::try_from(bytes)? };
        Ok(Self { client, work, echo: Echo::of_size(bytes), size, calls: 0.into() })
    }

    async fn echo(&self) -> Result<(), BoxError> {
        check(&self.client.call(SERVICE, "echo", &self.echo).await?, &self.echo)
    }

    async fn big(&self) -> Result<(), BoxError> {
        let answer: Blob = self.client.call(SERVICE, "big", &self.size).await?;
        match answer.blob.len() == self.size.size as usize {
            true => Ok(()),
            false => Err(format!("{} bytes came back", answer.blob.len()).into()),
        }
    }

    async fn parallel(&self) -> Result<(), BoxError> {
        let actions = (0..PARALLEL).map(|_| ("echo", &self.echo));
        for answer in self.client.call_actions_parallel(SERVICE, actions).await? {
            check(&answer.body.decode()?, &self.echo)?;
        }
        Ok(())
    }

    async fn mixed(&self) -> Result<(), BoxError> {
        if self.calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed).is_multiple_of(ONE_IN) {
            let slow = self.client.call::<Pause>(SERVICE, "slow", &Pause { milliseconds: SLOW });
            tokio::spawn(slow.into_future());
        }
        self.echo().await
    }
}

impl Caller for Ours {
    async fn call(&self) -> Result<(), BoxError> {
        match self.work {
            Work::Echo => self.echo().await,
            Work::Big => self.big().await,
            Work::Parallel => self.parallel().await,
            Work::Mixed => self.mixed().await,
        }
    }
}

/// Makes one call and says before it that it does.
///
/// # Errors
/// When no answer comes.
pub async fn once(ours: &Ours) -> Result<Outcome, BoxError> {
    say(BEGIN)?;
    let begin = Instant::now();
    ours.call().await?;
    Ok(Outcome { requests: 1, seconds: begin.elapsed().as_secs_f64(), ..Outcome::default() })
}

/// Has many calls wait at one time: makes one call, says so, waits for a line, and makes the others all at once.
///
/// # Errors
/// When the first call fails.
pub async fn hold(ours: Ours, calls: usize) -> Result<Outcome, BoxError> {
    ours.call().await?;
    let ours = Arc::new(ours);
    say(BEGIN)?;
    if tokio::io::stdin().read_u8().await? != b'\n' {
        return Err(io::Error::from(io::ErrorKind::InvalidData).into());
    }
    let begin = Instant::now();
    let mut answers = JoinSet::new();
    for _ in 0..calls {
        let ours = Arc::clone(&ours);
        answers.spawn(async move {
            let answer = ours.client.call::<Echo>(SERVICE, "echo", &ours.echo).timeout(PATIENCE).await;
            answer.map_err(BoxError::from).and_then(|answer| check(&answer, &ours.echo))
        });
    }
    let mut outcome = Outcome::default();
    while let Some(answer) = answers.join_next().await {
        match answer? {
            Ok(()) => outcome.requests += 1,
            Err(error) => {
                outcome.errors += 1;
                outcome.error.get_or_insert(error.to_string());
            }
        }
    }
    outcome.seconds = begin.elapsed().as_secs_f64();
    Ok(outcome)
}

fn check(answer: &Echo, expected: &Echo) -> Result<(), BoxError> {
    if answer == expected { Ok(()) } else { Err("something else came back".into()) }
}
