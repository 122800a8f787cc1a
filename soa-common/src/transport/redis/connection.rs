//! One connection to one Redis master.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use redis::{
    AsyncConnectionConfig, ConnectionAddr, ErrorKind, Pipeline, RedisError, RedisResult, ServerError, Value,
    aio::MultiplexedConnection, io::tcp::socket2::SockRef,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream},
    task::JoinHandle,
    time,
};

use super::node::Node;

/// An open connection. Dropping it closes it.
#[derive(Debug)]
pub(super) struct Connection {
    commands: MultiplexedConnection,
    /// How many bytes went out so far: tells a command that was surely not sent from one that may have been.
    written: Arc<AtomicU64>,
    driver: JoinHandle<()>,
    /// The connection's id, when Redis says that another connection may unblock it.
    unblock_id: Option<i64>,
}

impl Connection {
    /// Connects, logs in and names the connection, all within the connect timeout of the settings.
    pub(super) async fn open(node: &Node) -> RedisResult<Self> {
        let limit = node.connect_timeout();
        match time::timeout(limit, Self::open_unbounded(node)).await {
            Ok(opened) => opened,
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, format!("no connection within {limit:?}")).into()),
        }
    }

    async fn open_unbounded(node: &Node) -> RedisResult<Self> {
        let info = node.info();
        let mut connection = match info.addr() {
            ConnectionAddr::Tcp(host, port) => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(info.tcp_settings().nodelay())?;
                if let Some(keepalive) = info.tcp_settings().keepalive() {
                    SockRef::from(&stream).set_tcp_keepalive(keepalive)?;
                }
                Self::over(stream, node).await?
            }
            ConnectionAddr::Unix(path) => Self::over(UnixStream::connect(path).await?, node).await?,
            _ => return Err((ErrorKind::InvalidClientConfig, "neither a TCP nor a Unix address").into()),
        };
        connection.greet(node.client_name()).await?;
        Ok(connection)
    }

    async fn over<S>(stream: S, node: &Node) -> RedisResult<Self>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let written = Arc::new(AtomicU64::new(0));
        let stream = Counted { stream, written: Arc::clone(&written) };
        // A pop blocks for as long as it was told to: a limit of the connection would lose what Redis pops for it.
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let login = node.info().redis_settings();
        let (commands, driver) = MultiplexedConnection::new_with_config(login, stream, config).await?;
        Ok(Self { commands, written, driver: tokio::spawn(driver), unblock_id: None })
    }

    async fn greet(&mut self, name: &str) -> RedisResult<()> {
        let mut greeting = Pipeline::new();
        greeting.cmd("CLIENT").arg("SETNAME").arg(name);
        greeting.cmd("CLIENT").arg("ID");
        // Of no effect, as no connection has this id, but refused where unblocking is.
        greeting.cmd("CLIENT").arg("UNBLOCK").arg(0);
        let replies = self.query(&greeting).await?;
        // Without these commands Redis works as well, unless a login is missing.
        if let Some(Value::ServerError(error)) = replies.first()
            && error.code() == "NOAUTH"
        {
            return Err(error.clone().into());
        }
        if let [_, Value::Int(id), Value::Int(_)] = replies[..] {
            self.unblock_id = Some(id);
        }
        Ok(())
    }

    /// Sends commands at once and waits for all replies; an error of a command is a reply.
    pub(super) async fn query(&mut self, commands: &Pipeline) -> RedisResult<Vec<Value>> {
        self.commands.send_packed_commands(commands, 0, commands.len()).await
    }

    pub(super) fn unblock_id(&self) -> Option<i64> {
        self.unblock_id
    }

    /// How many bytes went out so far.
    pub(super) fn written(&self) -> u64 {
        self.written.load(Ordering::Acquire)
    }

    /// Closes the connection and gives the number of bytes that ever went out.
    pub(super) async fn close(mut self) -> u64 {
        self.driver.abort();
        // The driver was told to end: that it did so as told is no error.
        let _ = (&mut self.driver).await;
        self.written()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Whether an error reply says that the command, or this form of it, is not to be had here.
pub(super) fn is_unsupported(error: &ServerError) -> bool {
    let details = error.details().unwrap_or_default();
    error.code() == "NOPERM"
        || details.starts_with("unknown command")
        || details.starts_with("wrong number of arguments")
        // Redis 5 blocks for whole seconds only.
        || details.starts_with("timeout is not an integer")
}

/// Whether an error reply says that Redis is out of order for a while and has done nothing.
pub(super) fn is_passing(error: &ServerError) -> bool {
    const CODES: [&str; 7] = ["LOADING", "MASTERDOWN", "READONLY", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "NOREPLICAS"];
    // Before version 7, an error inside a script comes as text of another one.
    let inner = |code| error.details().is_some_and(|details| details.contains(&format!("-{code} ")));
    CODES.iter().any(|code| error.code() == *code || inner(code))
}

/// An error of the connection for people.
pub(super) fn describe(error: &RedisError) -> String {
    match (error.kind(), error.code(), error.detail()) {
        (ErrorKind::AuthenticationFailed, ..) => "the login was refused: is the password right, and needed?".to_owned(),
        (ErrorKind::Parse, ..) => "what answers there does not speak the protocol of Redis".to_owned(),
        (_, Some(code), Some(detail)) => format!("{code} {detail}"),
        _ => error.to_string(),
    }
}

/// A stream that counts what is written to it.
struct Counted<S> {
    stream: S,
    written: Arc<AtomicU64>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = written {
            self.written.fetch_add(count as u64, Ordering::Release);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use redis::Value;

    use super::is_unsupported;

    /// A fraction of a second once kept a server from popping anything from Redis 5.
    #[test]
    fn what_older_versions_say_of_newer_commands_is_known() {
        let check = |reply: &str, expected| match redis::parse_redis_value(format!("-{reply}\r\n").as_bytes()) {
            Ok(Value::ServerError(error)) => assert_eq!(is_unsupported(&error), expected, "{reply}"),
            other => panic!("{other:?}"),
        };
        check("ERR unknown command `BLMPOP`, with args beginning with: `5`, `1`, `list`, ", true);
        check("ERR unknown command 'BLMPOP', with args beginning with: '5' '1' 'list' ", true);
        check("ERR wrong number of arguments for 'lpop' command", true);
        check("ERR timeout is not an integer or out of range", true);
        check("NOPERM this user has no permissions to run the 'blmpop' command", true);
        check("WRONGTYPE Operation against a key holding the wrong kind of value", false);
        check("LOADING Redis is loading the dataset in memory", false);
    }
}
