//! The bytes of one connection, in the hands of whoever looks after it.
//!
//! Usually that is the future of the command under way. When its runtime is stuck, another thread can move the bytes on
//! and take the replies: both see the same state, behind one lock, and so nothing is sent, read or lost twice.

use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use redis::{ErrorKind, RedisError, RedisResult};

use super::{
    commands::Commands,
    large::{LARGEST_STEP, Large},
    resp::{Apart, Reader, Reply, Scanner},
    socket::{Mover, Socket},
};
use crate::gather::Gather;

/// How much is read at once, at least.
const USUAL: usize = 16 * 1024;

/// How much room for replies a connection keeps.
const KEPT: usize = 256 * 1024;

/// How many parts are written at once, at most.
const SLICES: usize = 64;

#[derive(Debug)]
pub(super) struct Wire {
    socket: Socket,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// What is to be sent still.
    output: Gather,
    /// Whether some of the output is sent.
    is_begun: bool,
    /// How many bytes went out so far, ever.
    written: u64,
    input: Vec<u8>,
    /// Large values of the input, which lie here and not there.
    apart: Apart,
    /// The large value that is coming in.
    large: Option<Large>,
    /// Where the last whole reply in the input ends.
    end: usize,
    scanner: Scanner,
    /// Replies to a query that was dropped, which are to be passed over.
    stale: usize,
    /// Replies to the query under way.
    awaited: usize,
    /// How many whole replies are in the input.
    found: usize,
    /// Somebody else has taken the replies to the query under way.
    is_taken: bool,
    is_closed: bool,
    waker: Option<Waker>,
}

impl Wire {
    pub(super) fn new(socket: Socket) -> Self {
        Self { socket, state: Mutex::default() }
    }

    /// Begins a query. One is under way at a time; one that was dropped goes on being answered first.
    ///
    /// # Errors
    /// When the other end has closed the connection. Nothing is sent then.
    pub(super) fn begin(&self, commands: Commands) -> RedisResult<()> {
        let mut state = self.state();
        if state.is_closed {
            return Err(closed());
        }
        state.drop_query();
        state.awaited = commands.len();
        let commands = commands.into_bytes();
        if state.has_output() {
            state.output.append(&commands);
        } else {
            (state.output, state.is_begun) = (commands, false);
        }
        Ok(())
    }

    /// Moves the query under way on until all replies are there.
    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<RedisResult<Vec<Reply>>> {
        let mut state = self.state();
        loop {
            if let Some(replies) = state.finish()? {
                return Poll::Ready(Ok(replies));
            }
            // First of all, so that the end of the connection is known before anything is sent.
            let moved = if self.socket.poll_read_ready(context)?.is_ready() {
                state.read(&self.socket, Mover::Runtime)
            } else if state.has_output() && self.socket.poll_write_ready(context)?.is_ready() {
                state.write(&self.socket, Mover::Runtime)
            } else {
                break;
            };
            match moved {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Poll::Ready(Err(error.into())),
                _ => state.check_unasked()?,
            }
        }
        match &mut state.waker {
            Some(waker) => waker.clone_from(context.waker()),
            None => state.waker = Some(context.waker().clone()),
        }
        Poll::Pending
    }

    /// How many bytes went out so far.
    pub(super) fn written(&self) -> u64 {
        self.state().written
    }

    /// From now on nothing goes out or comes in; gives the number of bytes that ever went out.
    pub(super) fn close(&self) -> u64 {
        let mut state = self.state();
        state.is_closed = true;
        state.written
    }

    /// Sends what the query under way has to send still; false while there is no room for all of it. For another thread
    /// than that of the runtime.
    pub(super) fn send_rest(&self) -> bool {
        // What fails here fails for the query too.
        !matches!(self.state().write_all(&self.socket), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Takes the replies of the query under way when all are there: to itself the query will seem to have got nothing.
    /// For another thread than that of the runtime.
    pub(super) fn take_replies(&self) -> Option<Vec<Reply>> {
        let mut state = self.state();
        if state.is_closed || state.awaited == 0 || state.is_taken {
            return None;
        }
        state.write_all(&self.socket).ok()?;
        let replies = loop {
            match state.finish() {
                Ok(None) => state.read(&self.socket, Mover::Other).ok()?,
                Ok(Some(replies)) => break Some(replies),
                // The query will find the same, once it looks.
                Err(_) => break None,
            }
        };
        if let Some(replies) = &replies {
            (state.awaited, state.is_taken) = (replies.len(), true);
        }
        // The system tells the runtime nothing of bytes that are read already.
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
        replies
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What was awaited and did not come is passed over when it comes.
    fn drop_query(&mut self) {
        if !self.is_taken {
            self.stale += self.awaited;
        }
        (self.awaited, self.is_taken) = (0, false);
    }

    fn has_output(&self) -> bool {
        !self.output.is_empty()
    }

    fn write(&mut self, socket: &Socket, mover: Mover) -> io::Result<()> {
        if self.is_closed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let (slices, count) = self.output.slices::<SLICES>();
        let sent = socket.write(mover, &slices[..count])?;
        self.output.advance(sent);
        self.is_begun |= sent > 0;
        self.written += sent as u64;
        Ok(())
    }

    fn write_all(&mut self, socket: &Socket) -> io::Result<()> {
        while self.has_output() {
            self.write(socket, Mover::Other)?;
        }
        Ok(())
    }

    fn read(&mut self, socket: &Socket, mover: Mover) -> io::Result<()> {
        if self.large.is_none()
            && let Some((start, length)) = self.scanner.awaited()
        {
            self.large = Large::take(&mut self.input, start, length);
        }
        if let Some(large) = &mut self.large {
            let is_whole = large.read(socket, mover, &mut self.input)?;
            if is_whole && let Some(large) = self.large.take() {
                self.apart.push_back(large.finish());
                self.scanner.set_apart();
            }
            return Ok(());
        }
        let room = self.scanner.missing(self.input.len()).clamp(USUAL, LARGEST_STEP);
        if self.input.capacity() - self.input.len() < room {
            self.input.reserve(room);
        }
        socket.read(mover, &mut self.input)
    }

    /// What comes before anything was asked answers nothing.
    fn check_unasked(&self) -> RedisResult<()> {
        match !self.is_begun && self.has_output() && self.stale == 0 && !self.input.is_empty() {
            true => Err((ErrorKind::Parse, "a reply that nobody asked for").into()),
            false => Ok(()),
        }
    }

    /// The replies to the query under way, when all are there.
    fn finish(&mut self) -> RedisResult<Option<Vec<Reply>>> {
        if self.is_taken {
            let replies = vec![Reply::Nil; self.awaited];
            (self.awaited, self.is_taken) = (0, false);
            return Ok(Some(replies));
        }
        // While a large value comes in, the input has nothing new.
        while self.large.is_none() && self.found < self.stale + self.awaited {
            let Some(end) = self.scanner.next(&self.input)? else { break };
            self.found += 1;
            self.end = end;
        }
        if self.found < self.stale + self.awaited {
            return Ok(None);
        }
        if self.end < self.input.len() {
            return Err((ErrorKind::Parse, "a reply that nobody asked for").into());
        }
        let mut reader = Reader::new(&self.input, &mut self.apart);
        for _ in 0..self.stale {
            reader.read()?;
        }
        let replies = (0..self.awaited).map(|_| reader.read()).collect::<RedisResult<_>>()?;
        self.apart.clear();
        (self.stale, self.awaited, self.found, self.end) = (0, 0, 0, 0);
        self.scanner = Scanner::default();
        self.input.clear();
        self.input.shrink_to(KEPT);
        if !self.has_output() {
            (self.output, self.is_begun) = (Gather::default(), false);
        }
        Ok(Some(replies))
    }
}

fn closed() -> RedisError {
    io::Error::from(io::ErrorKind::BrokenPipe).into()
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, io::Read, os::unix::net, sync::Arc, thread, time::Duration};

    use futures_util::poll;
    use tokio::{io::AsyncWriteExt, net::UnixStream, time::timeout};

    use super::*;

    fn pair() -> (Wire, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        (Wire::new(Socket::Unix(ours)), theirs)
    }

    fn commands(count: usize) -> Commands {
        let mut commands = Commands::default();
        (0..count).for_each(|_| commands.add([b"PING"]));
        commands
    }

    async fn finish(wire: &Wire) -> RedisResult<Vec<Reply>> {
        poll_fn(|context| wire.poll(context)).await
    }

    #[tokio::test]
    async fn replies_to_a_dropped_query_are_passed_over() {
        let (wire, mut redis) = pair();
        wire.begin(commands(2)).unwrap();
        assert!(poll!(Box::pin(finish(&wire))).is_pending());
        redis.write_all(b":1\r\n").await.unwrap();
        wire.begin(commands(1)).unwrap();
        redis.write_all(b":2\r\n:3\r\n").await.unwrap();
        assert_eq!(finish(&wire).await.unwrap(), [Reply::Int(3)]);
    }

    #[tokio::test]
    async fn the_end_of_an_idle_connection_is_found_before_anything_is_sent() {
        let (wire, redis) = pair();
        drop(redis);
        wire.begin(commands(1)).unwrap();
        // The runtime gets to know of it when it looks at its sockets.
        tokio::task::yield_now().await;
        assert!(finish(&wire).await.is_err());
        assert_eq!(wire.written(), 0);
    }

    #[tokio::test]
    async fn what_nobody_asked_for_is_an_error() {
        let (wire, mut redis) = pair();
        redis.write_all(b":1\r\n").await.unwrap();
        wire.begin(commands(1)).unwrap();
        tokio::task::yield_now().await;
        assert!(finish(&wire).await.is_err());
    }

    /// A flush that does not fit into the socket at once once stayed there in halves.
    #[tokio::test]
    async fn another_thread_sends_the_rest() {
        let (wire, redis) = pair();
        let large: Vec<u8> = (0..8 << 20).map(|index: u32| index as u8).collect();
        let write = || {
            let mut commands = Commands::default();
            commands.add([&large]);
            commands
        };
        let bytes = write().into_bytes().to_vec();
        wire.begin(write()).unwrap();
        assert!(poll!(Box::pin(finish(&wire))).is_pending());
        let sent = wire.written();
        assert!(sent > 0 && sent < bytes.len() as u64, "{sent}");

        let mut redis: net::UnixStream = redis.into_std().unwrap();
        redis.set_nonblocking(false).unwrap();
        let length = bytes.len();
        let reader = thread::spawn(move || {
            let mut received = vec![0; length];
            redis.read_exact(&mut received).unwrap();
            received
        });
        while !wire.send_rest() {}
        assert!(reader.join().unwrap() == bytes);
    }

    #[tokio::test]
    async fn what_another_thread_reads_and_cannot_be_a_reply_fails_the_query() {
        let (wire, mut redis) = pair();
        wire.begin(commands(1)).unwrap();
        let wire = Arc::new(wire);
        let shared = Arc::clone(&wire);
        let query = tokio::spawn(async move { finish(&shared).await });
        while wire.written() == 0 {
            tokio::task::yield_now().await;
        }
        redis.write_all(b"HTTP/1.1 400\r\n").await.unwrap();
        assert_eq!(wire.take_replies(), None);
        assert!(timeout(Duration::from_secs(60), query).await.unwrap().unwrap().is_err());
    }

    #[tokio::test]
    async fn who_takes_the_replies_leaves_none() {
        let (wire, mut redis) = pair();
        assert_eq!(wire.take_replies(), None, "nothing was asked");
        wire.begin(commands(2)).unwrap();
        let mut query = Box::pin(finish(&wire));
        assert!(poll!(&mut query).is_pending());
        assert_eq!(wire.take_replies(), None, "nothing has come");
        redis.write_all(b"+a\r\n:2\r\n").await.unwrap();
        let taken = wire.take_replies().unwrap();
        assert_eq!(taken[1], Reply::Int(2));
        assert_eq!(wire.take_replies(), None, "they are gone");
        assert_eq!(query.await.unwrap(), [Reply::Nil, Reply::Nil]);
        wire.begin(commands(1)).unwrap();
        redis.write_all(b":3\r\n").await.unwrap();
        assert_eq!(finish(&wire).await.unwrap(), [Reply::Int(3)]);
    }
}
