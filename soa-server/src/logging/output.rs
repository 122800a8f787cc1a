//! Where lines go: to standard error, at once or together with those that follow.
//!
//! The lines of requests and responses are by far the most. While a thread gathers, they wait for one another.

use std::{
    cell::RefCell,
    io::{self, Write as _},
    marker::PhantomData,
};

/// So much waits at most: pipes take as much as this in one piece (`PIPE_BUF`), so that lines of several processes do
/// not get mixed up.
const PIECE: usize = 4096;

thread_local! {
    static WAITING: RefCell<Waiting> = RefCell::default();
}

/// The lines of a thread that wait.
#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    /// How often the thread has begun to gather and not ended.
    gatherings: usize,
}

/// Lines of requests and responses wait on this thread until this is dropped, or until another line is written.
pub(crate) struct Gathering(PhantomData<*const ()>);

pub(crate) fn gather() -> Gathering {
    // A thread that ends gathers nothing.
    let _ = WAITING.try_with(|waiting| waiting.borrow_mut().gatherings += 1);
    Gathering(PhantomData)
}

impl Drop for Gathering {
    fn drop(&mut self) {
        let _ = WAITING.try_with(|waiting| {
            let mut waiting = waiting.borrow_mut();
            waiting.gatherings -= 1;
            waiting.write_out();
        });
    }
}

/// Writes a line.
pub(super) fn write(line: &[u8], may_wait: bool) {
    let written = WAITING.try_with(|waiting| waiting.borrow_mut().write(line, may_wait));
    if written.is_err() {
        write_out(line);
    }
}

impl Waiting {
    fn write(&mut self, line: &[u8], may_wait: bool) {
        if self.lines.len() + line.len() > PIECE {
            self.write_out();
        }
        let may_wait = may_wait && self.gatherings > 0;
        if self.lines.is_empty() && (!may_wait || line.len() > PIECE) {
            return write_out(line);
        }
        self.lines.extend_from_slice(line);
        if !may_wait {
            self.write_out();
        }
    }

    fn write_out(&mut self) {
        if !self.lines.is_empty() {
            write_out(&self.lines);
            self.lines.clear();
        }
    }
}

fn write_out(lines: &[u8]) {
    // There is nobody to tell that the log cannot be written.
    let _ = io::stderr().lock().write_all(lines);
}
