//! Group commit.

use std::{collections::VecDeque, sync::Arc};

use redis::{Pipeline, Script, Value, aio::MultiplexedConnection, cmd};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::{Form, envelope::EXPIRY};
use crate::BoxError;

/// The length at which a list is full.
const CAPACITY: usize = 10_000;

/// How many messages one flush carries at most.
const MOST: usize = 4_000;

/// How many bytes, as ours: a flush of large messages would keep everybody else waiting.
const FLUSH_BYTES: usize = 128 * 1024;

const SOURCE: &str = include_str!("../../../../../soa-common/src/transport/redis/push/push.lua");

/// A message and its list.
pub(super) struct Push {
    pub(super) list: Arc<str>,
    pub(super) frame: Vec<u8>,
}

/// Where messages are put to be pushed.
pub(super) type Pusher = UnboundedSender<Push>;

/// Pushes over a connection, in a task of its own.
pub(super) fn start(connection: MultiplexedConnection, form: Form) -> Pusher {
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        if let Err(error) = run(connection, form, receiver).await {
            // What waits for the messages never gets an answer, and the run fails.
            let _ = crate::load::say(&format!("nothing can be pushed: {error}"));
        }
    });
    sender
}

async fn run(
    mut connection: MultiplexedConnection,
    form: Form,
    mut queue: UnboundedReceiver<Push>,
) -> Result<(), BoxError> {
    let hash = Script::new(SOURCE).get_hash().to_owned();
    let loaded: String = cmd("SCRIPT").arg("LOAD").arg(SOURCE).query_async(&mut connection).await?;
    if loaded != hash {
        return Err("Redis calls the script by another name".into());
    }
    let mut waiting = VecDeque::new();
    loop {
        if waiting.is_empty() {
            match queue.recv().await {
                Some(push) => waiting.push_back(push),
                None => return Ok(()),
            }
        }
        while let Ok(push) = queue.try_recv() {
            waiting.push_back(push);
        }
        let mut runs: Vec<(Arc<str>, Vec<Vec<u8>>)> = Vec::new();
        let (mut messages, mut bytes) = (0, 0);
        while let Some(Push { list, frame }) = waiting.pop_front_if(|_| messages < MOST && bytes < FLUSH_BYTES) {
            messages += 1;
            bytes += frame.len();
            match runs.iter_mut().find(|(known, _)| *known == list) {
                Some((_, frames)) => frames.push(frame),
                None => runs.push((list, vec![frame])),
            }
        }
        match form {
            Form::Script => by_script(&mut connection, &hash, &runs).await?,
            Form::Transaction => by_transaction(&mut connection, &runs).await?,
        }
    }
}

async fn by_script(
    connection: &mut MultiplexedConnection,
    hash: &str,
    runs: &[(Arc<str>, Vec<Vec<u8>>)],
) -> Result<(), BoxError> {
    let mut commands = Pipeline::with_capacity(runs.len());
    for (list, frames) in runs {
        let mut command = cmd("EVALSHA");
        command.arg(hash).arg(1).arg(&**list).arg(EXPIRY).arg(CAPACITY).arg(1);
        for frame in frames {
            command.arg(&frame[..]);
        }
        commands.add_command(command);
    }
    let replies = connection.send_packed_commands(&commands, 0, commands.len()).await?;
    for ((_, frames), reply) in runs.iter().zip(replies) {
        match reply {
            Value::Array(numbers) if numbers.first() == Some(&Value::Int(frames.len() as i64)) => {}
            other => return Err(format!("the script gave {other:?}").into()),
        }
    }
    Ok(())
}

async fn by_transaction(
    connection: &mut MultiplexedConnection,
    runs: &[(Arc<str>, Vec<Vec<u8>>)],
) -> Result<(), BoxError> {
    let mut lengths = Pipeline::with_capacity(runs.len());
    for (list, _) in runs {
        lengths.cmd("LLEN").arg(&**list);
    }
    for length in connection.send_packed_commands(&lengths, 0, lengths.len()).await? {
        if !matches!(length, Value::Int(length) if usize::try_from(length).is_ok_and(|length| length < CAPACITY)) {
            return Err(format!("a list is full: {length:?}").into());
        }
    }
    let mut commands = Pipeline::with_capacity(5 * runs.len());
    for (list, frames) in runs {
        commands.cmd("MULTI");
        let mut push = cmd("RPUSH");
        push.arg(&**list);
        for frame in frames {
            push.arg(&frame[..]);
        }
        commands.add_command(push);
        commands.cmd("EXPIRE").arg(&**list).arg(EXPIRY).arg("NX");
        commands.cmd("EXPIRE").arg(&**list).arg(EXPIRY).arg("GT");
        commands.cmd("EXEC");
    }
    for reply in connection.send_packed_commands(&commands, 0, commands.len()).await? {
        if let Value::ServerError(error) = reply {
            return Err(format!("Redis refused a push: {error:?}").into());
        }
    }
    Ok(())
}
