//! The limit: a client and a server that do with Redis what ours do, and nothing else.
//!
//! Same frames, same envelopes, same commands, same script; no retries, no deadlines, no reconnecting, no validation, no
//! middleware, no log. Whatever is pushed while a push is under way leaves with the next one (group commit), and a
//! message that comes alone leaves at once.

mod client;
mod envelope;
mod pusher;
mod server;

pub use client::Bare;
pub use server::serve;

use redis::{RedisResult, Value, aio::MultiplexedConnection};

/// How messages are pushed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// By the script.
    #[default]
    Script,
    /// By a transaction, after a look at the length of the list: better for large messages.
    Transaction,
}

/// How long a pop blocks, in seconds.
const BLOCK: usize = 5;

/// How many messages a pop takes at most.
const MOST: usize = 512;

/// Opens a connection, on which a pop may block for as long as it wants to.
async fn connect(url: &str) -> RedisResult<MultiplexedConnection> {
    let config = redis::AsyncConnectionConfig::new().set_response_timeout(None);
    redis::Client::open(url)?.get_multiplexed_async_connection_with_config(&config).await
}

/// Waits for messages in a list.
async fn pop(connection: &mut MultiplexedConnection, list: &str) -> RedisResult<Vec<Vec<u8>>> {
    let mut command = redis::cmd("BLMPOP");
    command.arg(BLOCK).arg(1).arg(list).arg("LEFT").arg("COUNT").arg(MOST);
    let Value::Array(reply) = connection.send_packed_command(&command).await? else {
        return Ok(Vec::new());
    };
    let Some(Value::Array(frames)) = reply.into_iter().nth(1) else {
        return Ok(Vec::new());
    };
    let frames = frames.into_iter().filter_map(|frame| match frame {
        Value::BulkString(frame) => Some(frame),
        _ => None,
    });
    Ok(frames.collect())
}
