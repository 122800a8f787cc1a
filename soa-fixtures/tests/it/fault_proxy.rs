//! `FaultProxy`: every fault it can make.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use soa_fixtures::{Direction, FaultProxy};

/// A server that sends back what it gets.
fn echo_server() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || std::io::copy(&mut &stream, &mut &stream));
        }
    });
    addr
}

fn connect(proxy: &FaultProxy) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

/// Sends `text` and reads until as much has come back or the connection ends.
fn echo(stream: &mut TcpStream, text: &str) -> String {
    let mut back = vec![0; text.len()];
    let mut read = 0;
    // Writing into a cut connection may fail, reading then tells the same.
    let _ = stream.write_all(text.as_bytes());
    while read < back.len() {
        match stream.read(&mut back[read..]) {
            Ok(0) | Err(_) => break,
            Ok(more) => read += more,
        }
    }
    String::from_utf8(back[..read].to_vec()).unwrap()
}

#[test]
fn cuts_and_accepts_again() {
    let proxy = FaultProxy::start(echo_server());
    let mut first = connect(&proxy);
    assert_eq!(echo(&mut first, "hello"), "hello");
    proxy.cut();
    assert_eq!(echo(&mut first, "hello"), "");
    assert_eq!(echo(&mut connect(&proxy), "again"), "again");
    assert_eq!(proxy.accepted(), 2);
}

#[test]
fn refuses_until_resumed() {
    let proxy = FaultProxy::start(echo_server());
    let mut open = connect(&proxy);
    assert_eq!(echo(&mut open, "a"), "a");
    proxy.refuse();
    assert_eq!(echo(&mut connect(&proxy), "hello"), "");
    assert_eq!(echo(&mut open, "still open"), "still open");
    proxy.resume();
    assert_eq!(echo(&mut connect(&proxy), "hello"), "hello");
}

#[test]
fn holds_bytes_back_while_stalled() {
    let proxy = FaultProxy::start(echo_server());
    let mut stream = connect(&proxy);
    assert_eq!(echo(&mut stream, "a"), "a");
    proxy.stall();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    assert_eq!(echo(&mut stream, "late"), "");
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    proxy.resume();
    let mut late = [0; 4];
    stream.read_exact(&mut late).unwrap();
    assert_eq!(&late, b"late");
}

#[test]
fn cuts_in_the_middle_of_a_message() {
    let proxy = FaultProxy::start(echo_server());
    let mut stream = connect(&proxy);
    proxy.cut_after(Direction::ToClient, 7);
    assert_eq!(echo(&mut stream, "hello"), "hello");
    assert_eq!(echo(&mut stream, "hello"), "he");
    proxy.cut_after(Direction::ToServer, 3);
    let back = echo(&mut connect(&proxy), "hello");
    assert!("hel".starts_with(&back), "{back}");
    assert_eq!(echo(&mut connect(&proxy), "hello"), "hello");
}
