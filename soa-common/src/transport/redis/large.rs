//! A large value on its way in, which is read to where it stays.

use std::io;

use bytes::Bytes;

use super::socket::{Mover, Socket};

/// A value that lacks at least this many bytes is read to a place of its own: fewer are copied from the input in less time
/// than the reads take that end where the value does.
const FROM: usize = 32 * 1024;

/// The most memory that is asked for before the bytes for it have come.
pub(super) const LARGEST_STEP: usize = 1024 * 1024;

/// Room for what follows a value, mostly the line before the next one: so it takes no read of its own.
const BEHIND: usize = 64;

#[derive(Debug)]
pub(super) struct Large {
    /// Where it would stand in the input.
    place: usize,
    length: usize,
    bytes: Vec<u8>,
}

impl Large {
    /// Takes what there is of a value that begins here out of the input, if enough of it is missing.
    pub(super) fn take(input: &mut Vec<u8>, place: usize, length: usize) -> Option<Self> {
        let there = input.len().checked_sub(place)?;
        if length.checked_sub(there)? < FROM {
            return None;
        }
        let mut bytes = Vec::with_capacity(there + (length - there).min(LARGEST_STEP) + BEHIND);
        bytes.extend_from_slice(&input[place..]);
        input.truncate(place);
        Some(Self { place, length, bytes })
    }

    /// Reads what is there; true when the value is whole. What follows it goes to the input.
    ///
    /// # Errors
    /// As [`Socket::read`].
    pub(super) fn read(&mut self, socket: &Socket, mover: Mover, input: &mut Vec<u8>) -> io::Result<bool> {
        let missing = self.length - self.bytes.len();
        if self.bytes.capacity() == self.bytes.len() {
            // It doubles, but for the last time.
            self.bytes.reserve_exact(missing.min(self.bytes.len().max(LARGEST_STEP)) + BEHIND);
        }
        socket.read(mover, &mut self.bytes)?;
        if self.bytes.len() < self.length {
            return Ok(false);
        }
        input.extend_from_slice(&self.bytes[self.length..]);
        self.bytes.truncate(self.length);
        Ok(true)
    }

    /// The whole value with its place.
    pub(super) fn finish(self) -> (usize, Bytes) {
        (self.place, self.bytes.into())
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures_util::poll;
    use tokio::{io::AsyncWriteExt, net::UnixStream};

    use super::*;
    use crate::transport::redis::{commands::Commands, resp::Reply, wire::Wire};

    /// Values of these sizes, as a pop gives them, followed by a number.
    fn replies(sizes: &[usize]) -> (Vec<u8>, Vec<Reply>) {
        let mut raw = format!("*2\r\n$4\r\nlist\r\n*{}\r\n", sizes.len()).into_bytes();
        let mut values = Vec::new();
        for (index, size) in sizes.iter().enumerate() {
            let value: Vec<u8> = (0..*size).map(|at| (at + index) as u8).collect();
            raw.extend_from_slice(format!("${size}\r\n").as_bytes());
            raw.extend_from_slice(&value);
            raw.extend_from_slice(b"\r\n");
            values.push(Reply::Data(value.into()));
        }
        raw.extend_from_slice(b":7\r\n");
        let popped = Reply::Array(vec![Reply::Data("list".into()), Reply::Array(values)]);
        (raw, vec![popped, Reply::Int(7)])
    }

    fn two() -> Commands {
        let mut commands = Commands::default();
        (0..2).for_each(|_| commands.add([b"PING"]));
        commands
    }

    const SIZES: &[&[usize]] = &[
        &[FROM - 1, FROM, FROM + 1],
        &[0, 1, 400_000, 0, 100_000, 10],
        &[102_400; 12],
        &[3 * LARGEST_STEP + 5, 20, 2 * LARGEST_STEP],
    ];

    async fn write(socket: &mut UnixStream, bytes: &[u8], step: usize) {
        for piece in bytes.chunks(step) {
            socket.write_all(piece).await.unwrap();
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn values_of_all_sizes_come_in_whatever_they_are_cut_into() {
        for sizes in SIZES {
            let (raw, expected) = replies(sizes);
            for step in [1_000, 7_777, 102_410, raw.len()] {
                let (ours, mut theirs) = UnixStream::pair().unwrap();
                let wire = Wire::new(Socket::Unix(ours));
                let query = || poll_fn(|context| wire.poll(context));
                let (before, after) = raw.split_at(raw.len() / 2);
                wire.begin(two()).unwrap();
                tokio::select! {
                    biased;
                    _ = query() => panic!("half of it is not all of it"),
                    () = write(&mut theirs, before, step) => {}
                }
                // The first query was dropped.
                wire.begin(two()).unwrap();
                let rest = [after, &raw].concat();
                let (replies, ()) = tokio::join!(query(), write(&mut theirs, &rest, step));
                assert!(replies.unwrap() == expected, "{sizes:?} in steps of {step}");
            }
        }
    }

    #[tokio::test]
    async fn another_thread_takes_what_the_runtime_has_begun_to_read() {
        for sizes in SIZES {
            let (raw, expected) = replies(sizes);
            let (ours, mut theirs) = UnixStream::pair().unwrap();
            let wire = Wire::new(Socket::Unix(ours));
            wire.begin(two()).unwrap();
            assert!(poll!(poll_fn(|context| wire.poll(context))).is_pending());
            let mut taken = None;
            for (index, piece) in raw.chunks(60_000).enumerate() {
                theirs.write_all(piece).await.unwrap();
                if index == 0 {
                    tokio::task::yield_now().await;
                    assert!(poll!(poll_fn(|context| wire.poll(context))).is_pending());
                } else {
                    assert_eq!(taken, None);
                    taken = wire.take_replies();
                }
            }
            assert!(taken.as_ref() == Some(&expected), "{sizes:?}");
        }
    }
}
