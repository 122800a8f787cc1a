use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use redis::aio::MultiplexedConnection;
use tokio::sync::oneshot;

use super::{
    Form, connect,
    envelope::{self, Action, Context, Control, EXPIRY, Echo, Envelope, Job, JobResponse, Meta},
    pop,
    pusher::{self, Push, Pusher},
};
use crate::{BoxError, SERVICE, load::Caller};

/// Where the answers of calls go, by request id.
type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<usize>>>>;

/// A client whose calls share one connection that pushes and one that pops.
pub struct Bare {
    pusher: Pusher,
    queue: Arc<str>,
    reply_to: String,
    text: String,
    number: i64,
    next: AtomicU64,
    waiting: Waiting,
}

impl Bare {
    /// A client that sends payloads of this size.
    ///
    /// # Errors
    /// When there is no Redis at this address.
    pub async fn connect(redis: &str, bytes: usize, form: Form) -> Result<Self, BoxError> {
        let reply_to = format!("service.{SERVICE}.{:032x}!1", std::process::id());
        let waiting = Waiting::default();
        let answers = read_answers(connect(redis).await?, format!("pysoa:{reply_to}"), Arc::clone(&waiting));
        tokio::spawn(async {
            if let Err(error) = answers.await {
                // The calls get no answer, and the run fails.
                let _ = crate::load::say(&format!("nothing can be popped: {error}"));
            }
        });
        let crate::payload::Echo { number, text } = crate::payload::Echo::of_size(bytes);
        Ok(Self {
            pusher: pusher::start(connect(redis).await?, form),
            queue: format!("pysoa:service.{SERVICE}").into(),
            reply_to,
            text,
            number,
            next: AtomicU64::new(1),
            waiting,
        })
    }

    fn frame(&self, request_id: u64) -> Result<Vec<u8>, BoxError> {
        let correlation_id = format!("{request_id:032x}");
        let expiry = envelope::now() + f64::from(EXPIRY);
        let meta =
            Meta { client_version: [1, 4, 9], reply_to: &self.reply_to, atomic_chunks: false, __expiry__: expiry };
        let body = Job {
            control: Control { continue_on_error: false },
            context: Context { correlation_id: &correlation_id, switches: [] },
            actions: [Action { action: "echo", body: Echo { number: self.number, text: &self.text } }],
        };
        envelope::write(&Envelope { request_id, meta, body }, self.text.len() + 384)
    }
}

impl Caller for Bare {
    async fn call(&self) -> Result<(), BoxError> {
        let request_id = self.next.fetch_add(1, Ordering::Relaxed);
        let frame = self.frame(request_id)?;
        let (sender, answer) = oneshot::channel();
        lock(&self.waiting).insert(request_id, sender);
        self.pusher.send(Push { list: Arc::clone(&self.queue), frame })?;
        match answer.await? == self.text.len() {
            true => Ok(()),
            false => Err("something else came back".into()),
        }
    }
}

async fn read_answers(mut connection: MultiplexedConnection, list: String, waiting: Waiting) -> Result<(), BoxError> {
    loop {
        for frame in pop(&mut connection, &list).await? {
            let answer: Envelope<'_, JobResponse<'_>> = envelope::read(&frame)?;
            let [action] = answer.body.actions;
            if let Some(waiting) = lock(&waiting).remove(&answer.request_id) {
                // A call that is gone needs no answer.
                let _ = waiting.send(action.body.text.len());
            }
        }
    }
}

fn lock(waiting: &Waiting) -> MutexGuard<'_, HashMap<u64, oneshot::Sender<usize>>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}
