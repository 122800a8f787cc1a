//! The task behind a pusher: one flush after the other.

use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use redis::RedisResult;
use tokio::{
    select,
    time::{self, Instant},
};

use super::{
    Entry, Pushed,
    desk::{self, Desk},
    flush::{Abilities, Fate, Run},
};
use crate::transport::{
    TransportError, TransportErrorKind,
    redis::{
        backoff::Backoff,
        commands::Commands,
        connection::{Connection, describe},
        node::Node,
        resp::Reply,
    },
};

/// How many bytes one flush carries; a single larger message goes alone.
const FLUSH_BYTES: usize = 128 * 1024;

/// How many messages one flush carries; Lua can hand over fewer than 8,000 at once.
const FLUSH_MESSAGES: usize = 4_000;

/// Room for how many messages the queue keeps.
const KEPT: usize = 512;

/// How long a connection may take before messages that can go to another master do so.
const PATIENCE: Duration = Duration::from_millis(500);

/// The longest pause between attempts to connect.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Committer {
    node: Arc<Node>,
    desk: Arc<Mutex<Desk>>,
    backoff: Backoff,
    abilities: Abilities,
}

impl Committer {
    pub(super) fn new(node: Arc<Node>, desk: Arc<Mutex<Desk>>) -> Self {
        Self { node, desk, backoff: Backoff::new(LONGEST_PAUSE), abilities: Abilities::default() }
    }

    /// Runs until the pusher is dropped.
    pub(super) async fn run(mut self) {
        let mut connection = None;
        while self.wait().await {
            let batch = self.batch();
            if batch.is_empty() {
                continue;
            }
            self.desk().busy_since = Some(Instant::now());
            connection = match connection {
                Some(connection) => self.flush(connection, batch).await,
                None => self.connect(batch).await,
            };
            self.desk().busy_since = None;
        }
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        desk::lock(&self.desk)
    }

    /// Waits until there is something to send; false when there will be nothing any more.
    async fn wait(&mut self) -> bool {
        let (next_try, is_idle) = {
            let desk = self.desk();
            (desk.next_try(), desk.ready.is_empty())
        };
        if is_idle {
            select! {
                biased;
                is_open = poll_fn(|context| self.desk().poll_receive(context)) => if !is_open {
                    return false;
                },
                () = time::sleep_until(next_try.unwrap_or_else(Instant::now)), if next_try.is_some() => {}
            }
        }
        let mut desk = self.desk();
        desk.receive();
        if next_try.is_some() {
            desk.retry(Instant::now());
        }
        true
    }

    /// Takes what leaves with the next flush. Messages that nobody waits for any more are dropped.
    fn batch(&self) -> Vec<Entry> {
        let mut desk = self.desk();
        let mut batch = Vec::with_capacity(desk.ready.len().min(KEPT));
        let mut bytes = 0;
        while let Some(entry) = desk.ready.pop_front() {
            if !entry.receipt.is_wanted() {
                continue;
            }
            bytes += entry.push.size();
            let is_over = bytes > FLUSH_BYTES || batch.len() == FLUSH_MESSAGES;
            if is_over && !batch.is_empty() {
                desk.ready.push_front(entry);
                break;
            }
            batch.push(entry);
        }
        if desk.ready.is_empty() {
            // After many messages at once.
            desk.ready.shrink_to(KEPT);
        }
        batch
    }

    async fn connect(&mut self, batch: Vec<Entry>) -> Option<Connection> {
        self.put_back(batch);
        let node = Arc::clone(&self.node);
        let mut opening = pin!(Connection::open(&node));
        let opened = match time::timeout(PATIENCE, &mut opening).await {
            Ok(opened) => opened,
            Err(_) => {
                self.give_away(&format!("no connection within {PATIENCE:?}"));
                opening.await
            }
        };
        match opened {
            Ok(connection) => {
                self.desk().wire = connection.wire();
                Some(connection)
            }
            Err(error) => {
                self.pause(&describe(&error)).await;
                None
            }
        }
    }

    /// Sends a batch, reads the replies and tells the waiting. Gives the connection back unless it broke.
    async fn flush(&mut self, mut connection: Connection, batch: Vec<Entry>) -> Option<Connection> {
        let limit = self.limit(&batch);
        let mut runs = Run::sort(batch, &mut self.abilities);
        let mut before = None;
        let replies = async {
            if let Some(lengths) = lengths(&runs) {
                self.desk().next = std::mem::take(&mut runs);
                let lengths = connection.query(lengths).await?;
                runs = std::mem::take(&mut self.desk().next);
                set_lengths(&mut runs, lengths);
            }
            before = Some(connection.written());
            self.abilities.begin_flush();
            push(&mut connection, &runs, &self.abilities).await
        };
        let replies = time::timeout_at(limit, replies).await;
        // What did not leave, because the lengths did not come.
        runs.append(&mut self.desk().next);
        let error = match replies {
            Ok(Ok(replies)) => {
                self.node.works();
                self.backoff.reset();
                return self.settle(connection, runs, replies).await;
            }
            Ok(Err(error)) => describe(&error),
            Err(_) => "no answer in time".to_owned(),
        };
        let written = connection.close();
        // What comes back may be another Redis.
        self.abilities = Abilities::default();
        let batch = runs.into_iter().flat_map(|run| run.entries);
        if before.is_some_and(|before| written > before) {
            batch.for_each(|entry| self.unknown(entry, &error));
            self.node.failed(&error);
        } else {
            self.put_back(batch.collect());
            self.pause(&error).await;
        }
        None
    }

    /// How long to wait for the replies: until nobody waits for one any more, or as long as the settings say.
    fn limit(&self, batch: &[Entry]) -> Instant {
        let now = Instant::now();
        let last = batch.iter().map(|entry| entry.push.deadline).max().unwrap_or(now);
        self.node.command_timeout().map_or(last, |timeout| last.min(now + timeout))
    }

    async fn settle(&mut self, connection: Connection, runs: Vec<Run>, replies: Vec<Reply>) -> Option<Connection> {
        let mut replies = replies.into_iter();
        let had_transactions = self.abilities.transactions;
        let (mut again, mut trouble) = (Vec::new(), None);
        for run in runs {
            let (taken, fate) = run.read(&mut replies, &mut self.abilities);
            let mut rest = run.entries.into_iter();
            for mut entry in rest.by_ref().take(taken) {
                entry.receipt.give(Pushed::Yes);
            }
            match fate {
                Fate::Full => rest.for_each(|entry| self.full(entry)),
                Fate::Again => again.extend(rest),
                Fate::Later(error) => {
                    trouble = Some(error);
                    again.extend(rest);
                }
                Fate::Refused(error) => rest.for_each(|entry| self.refuse(entry, &error)),
            }
        }
        self.put_back(again);
        if let Some(error) = trouble {
            self.pause(&describe(&error.into())).await;
            // What answers may be a replica by now, and what comes back another Redis.
            self.abilities = Abilities::default();
            return None;
        }
        // A transaction may have been begun that cannot be ended.
        (self.abilities.transactions == had_transactions).then_some(connection)
    }

    /// Puts messages that were surely not pushed back to the head of the queue.
    fn put_back(&self, entries: Vec<Entry>) {
        let mut desk = self.desk();
        for entry in entries.into_iter().rev() {
            entry.receipt.set_flushed(false);
            desk.ready.push_front(entry);
        }
    }

    async fn pause(&mut self, error: &str) {
        self.node.failed(&error);
        self.give_away(error);
        time::sleep(self.backoff.pause()).await;
    }

    /// Gives back what can go to another master.
    fn give_away(&self, error: &str) {
        let movable = {
            let mut desk = self.desk();
            desk.receive();
            let ready = std::mem::take(&mut desk.ready).into_iter();
            let (movable, rest): (VecDeque<_>, _) = ready.partition(|entry| entry.can_go_elsewhere);
            desk.ready = rest;
            movable
        };
        if !movable.is_empty() {
            self.node.failed(&error);
        }
        for mut entry in movable {
            entry.receipt.give(Pushed::GivenBack);
        }
    }

    /// Lets a message wait for room in its list, as long as the original would.
    fn full(&self, mut entry: Entry) {
        let mut desk = self.desk();
        let next_try = entry.push.next_try(entry.refusals, Instant::now(), fastrand::f64());
        let Some(next_try) = next_try.filter(|_| entry.push.waiting.is_none_or(|most| desk.refused() < most)) else {
            let key = entry.push.key.escape_ascii();
            let capacity = entry.push.capacity;
            let message = format!("the queue {key} on Redis {} stayed full ({capacity} messages)", self.node.master());
            entry.receipt.give(Pushed::Failed(TransportError::new(TransportErrorKind::MessageSend, message)));
            return;
        };
        entry.refusals += 1;
        entry.receipt.set_flushed(false);
        desk.refuse(entry, next_try);
    }

    fn refuse(&self, mut entry: Entry, error: &str) {
        let message = format!("Redis {} refused the message: {error}", self.node.master());
        entry.receipt.give(Pushed::Failed(TransportError::new(TransportErrorKind::MessageSend, message)));
    }

    fn unknown(&self, mut entry: Entry, error: &str) {
        let message = format!(
            "the connection to Redis {} broke while the message was sent, it may have been delivered: {error}",
            self.node.master()
        );
        entry.receipt.give(Pushed::Failed(TransportError::new(TransportErrorKind::MessageSend, message)));
    }
}

/// Asks for the lengths of the lists whose room the pushes do not find out by themselves.
fn lengths(runs: &[Run]) -> Option<Commands> {
    let mut lengths = Commands::default();
    for run in runs.iter().filter(|run| run.needs_length()) {
        lengths.add([b"LLEN", run.key()]);
    }
    (!lengths.is_empty()).then_some(lengths)
}

fn set_lengths(runs: &mut [Run], replies: Vec<Reply>) {
    for (run, reply) in runs.iter_mut().filter(|run| run.needs_length()).zip(replies) {
        // Any other reply is an error, and the command that pushes will give it too.
        run.set_length(if let Reply::Int(length) = reply { length.try_into().unwrap_or_default() } else { 0 });
    }
}

/// Sends the runs and gives the replies to all their commands.
async fn push(connection: &mut Connection, runs: &[Run], abilities: &Abilities) -> RedisResult<Vec<Reply>> {
    let mut commands = Commands::with_capacity(runs.iter().map(Run::room).sum());
    for run in runs {
        run.write(&mut commands, abilities);
        run.entries.iter().for_each(|entry| entry.receipt.set_flushed(true));
    }
    if commands.is_empty() {
        return Ok(Vec::new());
    }
    connection.query(commands).await
}
