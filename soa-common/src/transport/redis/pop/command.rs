//! The commands that pop, by what the Redis at hand has.

use std::time::Duration;

use bytes::Bytes;
use redis::ServerError;

use super::Popped;
use crate::transport::redis::{
    commands::{Commands, Number, seconds},
    resp::Reply,
};

/// How messages are popped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `BLMPOP` and `LMPOP`: Redis 7.
    Many,
    /// `BLPOP`, and `LPOP` with a count: Redis 6.2.
    Count,
    /// `BLPOP` and `LPOP`.
    One,
}

/// An error reply, and what was popped nevertheless.
pub(super) struct Refused {
    pub(super) error: ServerError,
    pub(super) popped: Vec<Popped>,
}

impl Form {
    /// What to try when Redis does not know this form.
    pub(super) fn older(self) -> Option<Self> {
        match self {
            Self::Many => Some(Self::Count),
            Self::Count => Some(Self::One),
            Self::One => None,
        }
    }

    /// How long a pop of this form may really block.
    pub(super) fn longest(self, block: Option<Duration>) -> Duration {
        let block = block.unwrap_or_default();
        match self {
            Self::One => Duration::from_secs_f64(self.seconds(block)),
            _ => block,
        }
    }

    /// The commands that pop. Without `block` only the first key counts.
    pub(super) fn pop(self, keys: &[Bytes], most: usize, block: Option<Duration>) -> Commands {
        let number = |number: usize| Number::from(number as u64);
        let (first, count) = (&keys[0][..], number(most));
        let block = block.map(|block| seconds(self.seconds(block)));
        let names = keys.iter().map(|key| &key[..]);
        let mut commands = Commands::with_capacity(64 + keys.iter().map(|key| key.len() + 16).sum::<usize>());
        match (self, &block) {
            (Self::Many, Some(block)) => {
                let rest = names.chain([&b"LEFT"[..], b"COUNT", count.as_ref()]);
                commands.add_with([b"BLMPOP", block, number(keys.len()).as_ref()], rest);
            }
            (Self::Many, None) => {
                let rest = names.chain([&b"LEFT"[..], b"COUNT", count.as_ref()]);
                commands.add_with([b"LMPOP", number(keys.len()).as_ref()], rest);
            }
            (Self::Count, Some(block)) => {
                commands.add_with([b"BLPOP"], names.chain([&block[..]]));
                if most > 1 {
                    commands.add([b"LPOP", first, number(most - 1).as_ref()]);
                }
            }
            (Self::One, Some(block)) => commands.add_with([b"BLPOP"], names.chain([&block[..]])),
            (Self::Count, None) => commands.add([b"LPOP", first, count.as_ref()]),
            (Self::One, None) => commands.add([b"LPOP", first]),
        }
        commands
    }

    /// Reads the replies to those commands.
    pub(super) fn read(self, keys: &[Bytes], blocking: bool, replies: Vec<Reply>) -> Result<Vec<Popped>, Refused> {
        let mut popped = Vec::new();
        let mut error = None;
        for (index, reply) in replies.into_iter().enumerate() {
            // The first reply says which list it is about, unless the command had but one.
            let is_named = index == 0 && (blocking || self == Self::Many);
            match reply {
                Reply::Error(refused) => error = Some(refused),
                Reply::Array(parts) if is_named => {
                    let mut parts = parts.into_iter();
                    let key = match parts.next() {
                        Some(Reply::Data(name)) => keys.iter().position(|key| *key == name).unwrap_or_default(),
                        _ => 0,
                    };
                    parts.for_each(|part| take(&mut popped, key, part));
                }
                other => take(&mut popped, 0, other),
            }
        }
        match error {
            Some(error) => Err(Refused { error, popped }),
            None => Ok(popped),
        }
    }

    /// The argument of a command that says how long it may block; 0 would be for ever.
    fn seconds(self, block: Duration) -> f64 {
        match self {
            Self::One => block.as_secs_f64().ceil().max(1.0),
            _ => block.as_secs_f64().max(0.001),
        }
    }
}

/// Takes the messages of a reply, of however many.
fn take(popped: &mut Vec<Popped>, key: usize, value: Reply) {
    match value {
        Reply::Data(frame) => popped.push(Popped { key, frame }),
        Reply::Array(values) => values.into_iter().for_each(|value| take(popped, key, value)),
        _ => {}
    }
}
