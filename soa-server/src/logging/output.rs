//! Where lines go: to standard error, at once or together with those that follow.
//!
//! The lines of requests and responses are by far the most. Where somebody promises to write out what waits, they are
//! gathered, and leave with any other line, when there are many, and when the thread has nothing else to do.

use std::{
    io::{self, Write as _},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

/// So much waits at most: pipes take as much as this in one piece (`PIPE_BUF`), so that lines of several processes do
/// not get mixed up.
const PIECE: usize = 4096;

/// Lines that wait.
static WAITING: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// How many there are, so that whoever finds none needs no lock.
static LENGTH: AtomicUsize = AtomicUsize::new(0);

/// Whether lines may wait.
static GATHERS: AtomicBool = AtomicBool::new(false);

/// Lets lines wait from now on: whoever says so calls [`flush`] soon after any line.
pub(crate) fn gather() {
    GATHERS.store(true, Ordering::Relaxed);
}

/// Writes a line, or several, which may wait for the next ones.
pub(super) fn write(line: &[u8], may_wait: bool) {
    let may_wait = may_wait && GATHERS.load(Ordering::Relaxed);
    if !may_wait && LENGTH.load(Ordering::Acquire) == 0 {
        return write_out(line);
    }
    let mut waiting = waiting();
    if waiting.len() + line.len() > PIECE {
        write_out(&waiting);
        waiting.clear();
    }
    if line.len() >= PIECE {
        write_out(line);
    } else {
        waiting.extend_from_slice(line);
    }
    if !may_wait {
        write_out(&waiting);
        waiting.clear();
    }
    LENGTH.store(waiting.len(), Ordering::Release);
}

/// Writes out what waits.
pub(crate) fn flush() {
    if LENGTH.load(Ordering::Acquire) == 0 {
        return;
    }
    let mut waiting = waiting();
    write_out(&waiting);
    waiting.clear();
    LENGTH.store(0, Ordering::Release);
}

fn waiting() -> MutexGuard<'static, Vec<u8>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write_out(lines: &[u8]) {
    if !lines.is_empty() {
        // There is nobody to tell that the log cannot be written.
        let _ = io::stderr().lock().write_all(lines);
    }
}
