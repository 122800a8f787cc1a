//! One connection to one Redis master.

use std::{
    future::poll_fn,
    io,
    sync::{Arc, Weak},
};

use redis::{ConnectionAddr, ErrorKind, RedisError, RedisResult, ServerError, io::tcp::socket2::SockRef};
use tokio::{
    net::{TcpStream, UnixStream},
    time,
};

use super::{
    commands::{Commands, Number},
    node::Node,
    resp::Reply,
    socket::Socket,
    wire::Wire,
};

/// An open connection. Dropping it closes it.
#[derive(Debug)]
pub(super) struct Connection {
    wire: Arc<Wire>,
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
        let socket = match info.addr() {
            ConnectionAddr::Tcp(host, port) => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(info.tcp_settings().nodelay())?;
                if let Some(keepalive) = info.tcp_settings().keepalive() {
                    SockRef::from(&stream).set_tcp_keepalive(keepalive)?;
                }
                Socket::Tcp(stream)
            }
            ConnectionAddr::Unix(path) => Socket::Unix(UnixStream::connect(path).await?),
            _ => return Err((ErrorKind::InvalidClientConfig, "neither a TCP nor a Unix address").into()),
        };
        let mut connection = Self { wire: Arc::new(Wire::new(socket)), unblock_id: None };
        connection.greet(node).await?;
        Ok(connection)
    }

    async fn greet(&mut self, node: &Node) -> RedisResult<()> {
        let login = node.info().redis_settings();
        let mut greeting = Commands::default();
        if let Some(password) = login.password() {
            greeting.add_with([b"AUTH"], login.username().into_iter().chain([password]).map(str::as_bytes));
        }
        if let Ok(db @ 1..) = u64::try_from(login.db()) {
            greeting.add([b"SELECT", Number::from(db).as_ref()]);
        }
        let required = greeting.len();
        greeting.add([b"CLIENT", b"SETNAME", node.client_name().as_bytes()]);
        greeting.add([b"CLIENT", b"ID"]);
        // Of no effect, as no connection has this id, but refused where unblocking is.
        greeting.add([b"CLIENT", b"UNBLOCK", b"0"]);
        let replies = self.query(greeting).await?;
        for (index, reply) in replies.iter().enumerate() {
            let Reply::Error(error) = reply else { continue };
            let is_login = index == 0 && login.password().is_some();
            return Err(match is_login && !is_passing(error) {
                true => (ErrorKind::AuthenticationFailed, "the login was refused", error.to_string()).into(),
                // Without these commands Redis works as well, unless a login is missing.
                false if index >= required && error.code() != "NOAUTH" => continue,
                false => error.clone().into(),
            });
        }
        if let [Reply::Int(id), Reply::Int(_)] = replies[required + 1..] {
            self.unblock_id = Some(id);
        }
        Ok(())
    }

    /// Sends commands at once and waits for all replies; an error of a command is a reply. A query that is dropped goes
    /// on, and the next one waits for the end of it.
    pub(super) async fn query(&mut self, commands: Commands) -> RedisResult<Vec<Reply>> {
        self.wire.begin(commands)?;
        poll_fn(|context| self.wire.poll(context)).await
    }

    /// The bytes of this connection, for those who look after it when its runtime does not.
    pub(super) fn wire(&self) -> Weak<Wire> {
        Arc::downgrade(&self.wire)
    }

    pub(super) fn unblock_id(&self) -> Option<i64> {
        self.unblock_id
    }

    /// How many bytes went out so far: tells a command that was surely not sent from one that may have been.
    pub(super) fn written(&self) -> u64 {
        self.wire.written()
    }

    /// Closes the connection and gives the number of bytes that ever went out.
    pub(super) fn close(self) -> u64 {
        self.wire.close()
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
    // Before version 7, an error inside a script comes as text of another one; so does one at the end of a transaction.
    let forms = |code| [format!("-{code} "), format!("because of: {code} ")];
    let inner = |code| error.details().is_some_and(|details| forms(code).iter().any(|form| details.contains(form)));
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
