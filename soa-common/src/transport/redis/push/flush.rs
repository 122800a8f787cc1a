//! What one flush sends, and what the replies to it mean.

use std::{collections::HashMap, sync::LazyLock, time::Duration};

use bytes::Bytes;
use redis::{Script, ServerError};
use tokio::time::Instant;

use super::Entry;
use crate::{
    gather::Gather,
    transport::redis::{
        LONGEST_TIME,
        commands::{Commands, Number},
        connection::{describe, is_passing, is_unsupported},
        resp::Reply,
    },
};

/// The largest message, in bytes, that goes through the script: Lua copies what it is given, twice and more.
const SCRIPT_LIMIT: usize = 4 * 1024;

/// So many small messages are pushed without the script where that is possible: what it copies takes longer than the
/// further commands.
const SEVERAL: usize = 4;

/// For how long the length of a list is good that the last flush told, from when that was sent.
const FRESH: Duration = Duration::from_millis(10);

/// How many more messages such a list has to have room for: about as many as others push in that time.
const AMPLE: usize = 4_000;

static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(SOURCE));
const SOURCE: &str = include_str!("push.lua");

/// What is known of the Redis at the other end of a connection.
#[derive(Debug)]
pub(super) struct Abilities {
    /// Whether Redis has the script.
    pub(super) has_script: bool,
    /// Whether `MULTI` works and `EXPIRE` knows `NX` and `GT` (Redis 7).
    pub(super) transactions: bool,
    /// The lengths of the lists that the last flush pushed to.
    lengths: HashMap<Bytes, usize>,
    /// When that flush was sent.
    sent: Instant,
}

impl Default for Abilities {
    /// Of a Redis that was not talked to yet.
    fn default() -> Self {
        Self { has_script: false, transactions: true, lengths: HashMap::new(), sent: Instant::now() }
    }
}

impl Abilities {
    /// Notes that a flush is sent now.
    pub(super) fn begin_flush(&mut self) {
        self.sent = Instant::now();
    }

    /// The lengths of lists, where they are known.
    fn take_lengths(&mut self) -> HashMap<Bytes, usize> {
        let lengths = std::mem::take(&mut self.lengths);
        if self.transactions && self.sent.elapsed() < FRESH { lengths } else { HashMap::new() }
    }
}

/// Messages that one command pushes, or one transaction.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) entries: Vec<Entry>,
    by_script: bool,
    /// How many more elements the list has room for, where the script does not find out and it is known.
    room: Option<usize>,
}

/// What became of the messages of a run that were not taken.
#[derive(Debug)]
pub(super) enum Fate {
    /// The list has no room for them.
    Full,
    /// Another way may work at once.
    Again,
    /// Redis is out of order for a while.
    Later(ServerError),
    /// They will never be taken.
    Refused(String),
}

impl Run {
    /// Sorts messages into runs. Those of one list keep their order.
    pub(super) fn sort(entries: Vec<Entry>, abilities: &mut Abilities) -> Vec<Self> {
        let mut runs: Vec<Self> = Vec::new();
        let mut last: HashMap<Bytes, usize> = HashMap::new();
        let mut previous = None;
        for entry in entries {
            let frames = &entry.push.frames;
            let is_small = entry.push.size() <= SCRIPT_LIMIT;
            let by_script = is_small || !abilities.transactions;
            let joins = |run: &Self| {
                let first = &run.entries[0].push;
                let is_alike = !by_script || (first.frames.len() == 1 && frames.len() == 1);
                run.by_script == by_script && first.capacity == entry.push.capacity && is_alike
            };
            // Mostly the messages of one flush are for one list.
            let same = previous.filter(|index: &usize| *runs[*index].key() == entry.push.key);
            let index = match same.or_else(|| last.get(&entry.push.key).copied()) {
                Some(index) if joins(&runs[index]) => {
                    runs[index].entries.push(entry);
                    index
                }
                _ => {
                    last.insert(entry.push.key.clone(), runs.len());
                    runs.push(Self { entries: vec![entry], by_script, room: None });
                    runs.len() - 1
                }
            };
            previous = Some(index);
        }
        let mut lengths = abilities.take_lengths();
        for run in &mut runs {
            // Of several runs for a list it is that of the first one.
            if let Some(length) = lengths.remove(run.key()) {
                run.use_length(length);
            }
        }
        runs
    }

    /// Spares the script, or to ask for the length of the list, where there is more room than others are likely to take.
    fn use_length(&mut self, length: usize) {
        let room = self.entries[0].push.capacity.saturating_sub(length);
        let needed: usize = self.entries.iter().map(|entry| entry.push.frames.len()).sum();
        if room >= needed + AMPLE && (!self.by_script || self.entries.len() >= SEVERAL) {
            (self.by_script, self.room) = (false, Some(room));
        }
    }

    /// Whether the length of the list has to be asked for beforehand.
    pub(super) fn needs_length(&self) -> bool {
        !self.by_script && self.room.is_none()
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.entries[0].push.key
    }

    /// Takes the length of the list.
    pub(super) fn set_length(&mut self, length: usize) {
        self.room = Some(self.entries[0].push.capacity.saturating_sub(length));
    }

    /// Appends the commands of this run.
    pub(super) fn write(&self, commands: &mut Commands, abilities: &Abilities) {
        let ttl = self.entries.iter().map(|entry| entry.push.ttl).max().unwrap_or_default();
        let ttl = Number::from(ttl.clamp(1, LONGEST_TIME.as_secs()));
        let ttl = ttl.as_ref();
        if self.by_script {
            let (name, script): (&[u8], _) = match abilities.has_script {
                true => (b"EVALSHA", SCRIPT.get_hash()),
                false => (b"EVAL", SOURCE),
            };
            let first = &self.entries[0].push;
            let [capacity, together] = [first.capacity, first.frames.len()].map(|number| Number::from(number as u64));
            let arguments = [name, script.as_bytes(), b"1", self.key(), ttl, capacity.as_ref(), together.as_ref()];
            commands.add_frames(arguments, frames(self.entries.iter()));
            return;
        }
        if self.fitting().next().is_none() {
            return;
        }
        commands.add([b"MULTI"]);
        commands.add_frames([b"RPUSH", self.key()], frames(self.fitting()));
        commands.add([b"EXPIRE", self.key(), ttl, b"NX"]);
        commands.add([b"EXPIRE", self.key(), ttl, b"GT"]);
        commands.add([b"EXEC"]);
    }

    /// Room for the commands of this run, as far as they are copied.
    pub(super) fn room(&self) -> usize {
        let frames = frames(self.entries.iter());
        256 + frames.map(|frame| frame.small_len() + 16).sum::<usize>()
    }

    /// The messages that a transaction pushes: a message is let in while there is any room, as a whole.
    fn fitting(&self) -> impl Iterator<Item = &Entry> + Clone {
        let mut room = self.room.unwrap_or_default();
        self.entries.iter().take_while(move |entry| {
            let fits = room > 0;
            room = room.saturating_sub(entry.push.frames.len());
            fits
        })
    }

    /// Reads the replies to this run's commands: how many messages from the first were taken, and what became of the
    /// others.
    pub(super) fn read(&self, replies: &mut impl Iterator<Item = Reply>, abilities: &mut Abilities) -> (usize, Fate) {
        if self.by_script {
            return self.read_script(replies.next(), abilities);
        }
        let fitting = self.fitting().count();
        if fitting == 0 {
            return (0, Fate::Full);
        }
        let mut next = || replies.next().unwrap_or(Reply::Nil);
        let [_multi, push, _expire, _lengthen, exec] = [next(), next(), next(), next(), next()];
        match (push, exec) {
            // No transaction was begun, so the command was obeyed at once.
            (Reply::Int(_), _) => {
                abilities.transactions = false;
                (fitting, Fate::Full)
            }
            (_, Reply::Array(results)) => match results.into_iter().next() {
                Some(Reply::Error(error)) => (0, refusal(error)),
                Some(Reply::Int(length)) => {
                    self.note_length(length, abilities);
                    (fitting, Fate::Full)
                }
                _ => (fitting, Fate::Full),
            },
            (Reply::Error(error), _) if !is_unsupported(&error) => (0, refusal(error)),
            (_, Reply::Error(error)) if is_passing(&error) => (0, Fate::Later(error)),
            // `EXPIRE` before version 7, or no transactions at all.
            _ => {
                abilities.transactions = false;
                (0, Fate::Again)
            }
        }
    }

    fn read_script(&self, reply: Option<Reply>, abilities: &mut Abilities) -> (usize, Fate) {
        match reply {
            Some(Reply::Array(numbers)) => {
                abilities.has_script = true;
                let mut numbers = numbers.into_iter();
                let (Some(Reply::Int(taken)), Some(Reply::Int(length))) = (numbers.next(), numbers.next()) else {
                    return (0, Fate::Refused("an unexpected reply of the script".to_owned()));
                };
                self.note_length(length, abilities);
                (usize::try_from(taken).unwrap_or_default(), Fate::Full)
            }
            Some(Reply::Error(error)) if error.code() == "NOSCRIPT" => {
                abilities.has_script = false;
                (0, Fate::Again)
            }
            Some(Reply::Error(error)) => (0, refusal(error)),
            // Queued in a transaction that could not be ended, and forgotten with its connection.
            Some(Reply::Status(_)) => (0, Fate::Again),
            other => (0, Fate::Refused(format!("an unexpected reply: {other:?}"))),
        }
    }

    fn note_length(&self, length: i64, abilities: &mut Abilities) {
        if let Ok(length) = usize::try_from(length) {
            abilities.lengths.insert(self.entries[0].push.key.clone(), length);
        }
    }
}

fn frames<'a>(entries: impl Iterator<Item = &'a Entry> + Clone) -> impl Iterator<Item = &'a Gather> + Clone {
    entries.flat_map(|entry| &entry.push.frames)
}

fn refusal(error: ServerError) -> Fate {
    if is_passing(&error) { Fate::Later(error) } else { Fate::Refused(describe(&error.into())) }
}
