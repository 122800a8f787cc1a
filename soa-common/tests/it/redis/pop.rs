use std::time::Duration;

use bytes::Bytes;
use soa_fixtures::RedisServer;
use tokio::time::{self, Instant};

use super::{LONG, popper};

static KEYS: [Bytes; 2] = [Bytes::from_static(b"one"), Bytes::from_static(b"two")];

/// A Redis of each generation, with the number of messages it can give at once.
fn servers() -> [(RedisServer, usize); 3] {
    let six_two = RedisServer::builder().rename_command("BLMPOP", "").rename_command("LMPOP", "");
    [(RedisServer::start(), 3), (six_two.clone().start(), 3), (six_two.rename_command("LPOP", "").start(), 1)]
}

#[tokio::test]
async fn a_pop_takes_what_is_there() {
    for (redis, most) in servers() {
        let mut popper = popper(&redis.url());
        redis.command(&["RPUSH", "one", "a", "b", "c", "d"]);
        let mut popped = Vec::new();
        while popped.len() < 4 {
            let some = popper.pop(&KEYS, 3, LONG).await.unwrap();
            assert!((1..=most).contains(&some.len()), "{some:?}");
            popped.extend(some);
        }
        assert!(popped.iter().all(|popped| popped.key == 0));
        assert!(popped.iter().map(|popped| &popped.frame[..]).eq([b"a", b"b", b"c", b"d"]));
        redis.command(&["RPUSH", "two", "e"]);
        let popped = popper.pop(&KEYS, 3, LONG).await.unwrap();
        assert_eq!((popped.len(), popped[0].key, &popped[0].frame[..]), (1, 1, &b"e"[..]));
        assert_eq!(popper.try_pop(&KEYS[0], 3).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_block_ends_in_time_or_when_interrupted() {
    for (redis, _) in servers() {
        let mut popper = popper(&redis.url());
        assert_eq!(popper.pop(&KEYS, 3, Duration::from_millis(10)).await.unwrap(), []);
        let start = Instant::now();
        let interrupt = popper.interrupter();
        let interruption = async {
            time::sleep(Duration::from_millis(50)).await;
            interrupt.interrupt();
        };
        let (popped, ()) = tokio::join!(popper.pop(&KEYS, 3, LONG), interruption);
        assert_eq!(popped.unwrap(), []);
        assert!(start.elapsed() < LONG / 2);
        interrupt.interrupt();
        assert_eq!(popper.pop(&KEYS, 3, LONG).await.unwrap(), []);
        assert!(start.elapsed() < LONG / 2);
    }
}

#[tokio::test]
async fn where_blocks_cannot_be_ended_they_are_short() {
    let redis = RedisServer::builder().rename_command("CLIENT", "").start();
    let mut popper = popper(&redis.url());
    let start = Instant::now();
    assert_eq!(popper.pop(&KEYS, 3, LONG).await.unwrap(), []);
    assert!(start.elapsed() < LONG / 2);
}
