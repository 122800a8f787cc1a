//! Where lines go: to standard error, at once or together with those that follow.
//!
//! The lines of requests and responses are by far the most. While a thread gathers, they wait for one another.

use std::{
    cell::RefCell,
    fs::File,
    io::{self, Write as _},
    marker::PhantomData,
    os::fd::AsFd,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

use super::room::Room;

/// So much waits at most: pipes take as much as this in one piece (`PIPE_BUF`), so that lines of several processes do
/// not get mixed up.
const PIECE: usize = 4096;

/// The same for files, which take everything in one piece.
const PIECE_FOR_FILES: usize = 64 * 1024;

thread_local! {
    static WAITING: RefCell<Waiting> = RefCell::default();
}

/// The lines of a thread that wait.
#[derive(Default)]
struct Waiting {
    lines: Room,
    /// How often the thread has begun to gather and not ended.
    gatherings: usize,
    /// How much waits at most, once that is known.
    piece: Option<usize>,
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

/// Writes the line that this appends, without writing others.
pub(super) fn write(line: impl Fn(&mut Vec<u8>), may_wait: bool) {
    let write = |waiting: &RefCell<Waiting>| waiting.try_borrow_mut().map(|mut waiting| waiting.write(&line, may_wait));
    // None wait on a thread that ends, nor for the one that tells of a panic within another.
    if !matches!(WAITING.try_with(write), Ok(Ok(()))) {
        let mut alone = Vec::new();
        line(&mut alone);
        write_out(&alone);
    }
}

impl Waiting {
    fn write(&mut self, line: impl Fn(&mut Vec<u8>), may_wait: bool) {
        let before = self.lines.text.len();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| line(&mut self.lines.text))) {
            // The others that wait stay whole.
            self.lines.text.truncate(before);
            resume_unwind(panic);
        }
        let may_wait = may_wait && self.gatherings > 0;
        if !may_wait && before == 0 {
            return self.write_out();
        }
        let piece = *self.piece.get_or_insert_with(piece);
        let lines = &mut self.lines.text;
        let start = if lines.len() > piece { before } else { 0 };
        write_out(&lines[..start]);
        if may_wait && lines.len() - start <= piece {
            lines.drain(..start);
        } else {
            write_out(&lines[start..]);
            self.lines.clear();
        }
    }

    fn write_out(&mut self) {
        write_out(&self.lines.text);
        self.lines.clear();
    }
}

fn piece() -> usize {
    let file = io::stderr().as_fd().try_clone_to_owned().map(File::from);
    match file.and_then(|file| file.metadata()) {
        Ok(metadata) if metadata.is_file() => PIECE_FOR_FILES,
        _ => PIECE,
    }
}

fn write_out(lines: &[u8]) {
    if !lines.is_empty() {
        // There is nobody to tell that the log cannot be written.
        let _ = io::stderr().lock().write_all(lines);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_within_a_line_leaves_nothing_of_it() {
        let _gathering = gather();
        write(|line| line.extend(b"one\n"), true);
        let within = |line: &mut Vec<u8>| {
            line.extend(b"half");
            panic!("within a line");
        };
        assert!(catch_unwind(|| write(within, true)).is_err());
        write(|line| line.extend(b"two\n"), true);
        WAITING.with_borrow_mut(|waiting| {
            assert_eq!(waiting.lines.text, b"one\ntwo\n");
            waiting.lines.clear();
        });
    }
}
