//! The socket of a connection, of either kind, for its own runtime and for other threads.

use std::{
    io::{self, IoSlice},
    os::fd::{AsFd, BorrowedFd},
    task::{Context, Poll},
};

use rustix::{
    buffer::spare_capacity,
    net::{RecvFlags, SendAncillaryBuffer, SendFlags, recv, sendmsg},
};
use tokio::net::{TcpStream, UnixStream};

#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// Who moves the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mover {
    /// The runtime that the socket belongs to, which knows when there is something to do.
    Runtime,
    /// Another thread, which has to try.
    Other,
}

impl Socket {
    /// Ready when there is something to read, or the connection has ended.
    pub(super) fn poll_read_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => stream.poll_read_ready(context),
            Self::Unix(stream) => stream.poll_read_ready(context),
        }
    }

    /// Ready when there is room to write.
    pub(super) fn poll_write_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => stream.poll_write_ready(context),
            Self::Unix(stream) => stream.poll_write_ready(context),
        }
    }

    /// Reads what is there, into the room that the buffer has.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is there, `UnexpectedEof` at the end.
    pub(super) fn read(&self, mover: Mover, buffer: &mut Vec<u8>) -> io::Result<()> {
        let read = match (mover, self) {
            (Mover::Runtime, Self::Tcp(stream)) => stream.try_read_buf(buffer)?,
            (Mover::Runtime, Self::Unix(stream)) => stream.try_read_buf(buffer)?,
            (Mover::Other, socket) => recv(socket, spare_capacity(buffer), RecvFlags::DONTWAIT)?.1,
        };
        match read {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "Redis closed the connection")),
            _ => Ok(()),
        }
    }

    /// Writes what there is room for; gives how many bytes that was.
    ///
    /// # Errors
    /// `WouldBlock` when there is no room.
    pub(super) fn write(&self, mover: Mover, bytes: &[IoSlice<'_>]) -> io::Result<usize> {
        match (mover, self) {
            (Mover::Runtime, Self::Tcp(stream)) => stream.try_write_vectored(bytes),
            (Mover::Runtime, Self::Unix(stream)) => stream.try_write_vectored(bytes),
            (Mover::Other, socket) => {
                let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
                Ok(sendmsg(socket, bytes, &mut SendAncillaryBuffer::default(), flags)?)
            }
        }
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(stream) => stream.as_fd(),
            Self::Unix(stream) => stream.as_fd(),
        }
    }
}
