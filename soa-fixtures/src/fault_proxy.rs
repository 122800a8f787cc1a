//! A TCP proxy that breaks connections on demand.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

/// Which way bytes flow through a [`FaultProxy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
}

/// A TCP proxy on a free loopback port, in front of a server; ends all connections when dropped.
#[derive(Debug)]
pub struct FaultProxy {
    port: u16,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    target: SocketAddr,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Both ends of every connection, by its number.
    streams: Vec<(u64, TcpStream)>,
    accepted: u64,
    refusing: bool,
    stalled: bool,
    closed: bool,
    /// How many more bytes may pass in a direction before the connection that carries them is cut.
    limit: Option<(Direction, usize)>,
}

impl FaultProxy {
    /// Starts a proxy in front of `target`.
    ///
    /// # Panics
    /// When no loopback port can be opened.
    #[track_caller]
    pub fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free loopback port");
        let port = listener.local_addr().expect("a bound listener has an address").port();
        let shared = Arc::new(Shared { target, state: Mutex::default(), changed: Condvar::new() });
        let acceptor = thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Self { port, shared, acceptor: Some(acceptor) }
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of the Redis server behind the proxy, `redis://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// How many connections were opened so far, refused ones not counted.
    pub fn accepted(&self) -> u64 {
        self.shared.state().accepted
    }

    /// Cuts every open connection; new ones are accepted.
    pub fn cut(&self) {
        self.shared.cut(|_| true);
    }

    /// Closes every new connection at once, until [`resume`](Self::resume); open ones stay.
    pub fn refuse(&self) {
        self.shared.state().refusing = true;
    }

    /// Forwards nothing, with all connections open, until [`resume`](Self::resume).
    pub fn stall(&self) {
        self.shared.state().stalled = true;
    }

    /// Ends [`refuse`](Self::refuse) and [`stall`](Self::stall); what was held back is forwarded.
    pub fn resume(&self) {
        let mut state = self.shared.state();
        state.refusing = false;
        state.stalled = false;
        self.shared.changed.notify_all();
    }

    /// Lets exactly `bytes` more bytes pass in one direction, over whichever connections, then cuts
    /// the connection that carried the last of them. Works once.
    pub fn cut_after(&self, direction: Direction, bytes: usize) {
        self.shared.state().limit = Some((direction, bytes));
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.shared.state().closed = true;
        self.shared.changed.notify_all();
        self.cut();
        // Wakes the acceptor, which then sees that the proxy is closed.
        let woken = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok();
        if let Some(acceptor) = self.acceptor.take().filter(|_| woken) {
            let _ = acceptor.join();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cut(&self, which: impl Fn(u64) -> bool) {
        self.state().streams.retain(|(number, stream)| {
            let cut = which(*number);
            if cut {
                // It fails only when the other end has closed already.
                let _ = stream.shutdown(Shutdown::Both);
            }
            !cut
        });
    }

    /// Waits while the proxy is stalled, then says how many of `bytes` may pass and whether the
    /// connection ends after them.
    fn pass(&self, direction: Direction, bytes: usize) -> (usize, bool) {
        let mut state = self.state();
        while state.stalled && !state.closed {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        match state.limit {
            Some((limited, left)) if limited == direction && left <= bytes => {
                state.limit = None;
                (left, true)
            }
            Some((limited, left)) if limited == direction => {
                state.limit = Some((limited, left - bytes));
                (bytes, false)
            }
            _ => (bytes, false),
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for client in listener.incoming().map_while(Result::ok) {
        if shared.state().closed {
            return;
        }
        let Ok(server) = TcpStream::connect(shared.target) else {
            continue;
        };
        let mut state = shared.state();
        if state.refusing {
            continue;
        }
        state.accepted += 1;
        let number = state.accepted;
        for stream in [&client, &server] {
            let _ = stream.set_nodelay(true);
            state.streams.push((number, duplicate(stream)));
        }
        drop(state);
        copy(shared, number, Direction::ToServer, duplicate(&client), duplicate(&server));
        copy(shared, number, Direction::ToClient, server, client);
    }
}

fn copy(shared: &Arc<Shared>, number: u64, direction: Direction, mut from: TcpStream, mut to: TcpStream) {
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let (passed, last) = shared.pass(direction, length);
            if to.write_all(&buffer[..passed]).is_err() || last {
                break;
            }
        }
        // An end on one side ends the other: no protocol tested here uses half-closed connections.
        shared.cut(|open| open == number);
    });
}

fn duplicate(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a socket can be duplicated")
}
