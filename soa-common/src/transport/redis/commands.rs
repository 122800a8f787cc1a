//! Commands as Redis reads them.

use std::io::Write;

use crate::gather::Gather;

/// Commands, one after the other.
#[derive(Debug, Default)]
pub(super) struct Commands {
    bytes: Gather,
    count: usize,
}

impl Commands {
    /// Room for this many bytes that are copied.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Gather::with_capacity(bytes), count: 0 }
    }

    /// Appends a command: its name and its arguments.
    pub(super) fn add<const N: usize>(&mut self, parts: [&[u8]; N]) {
        self.add_with(parts, std::iter::empty());
    }

    /// Appends a command with as many more arguments as there are.
    pub(super) fn add_with<'a, const N: usize>(
        &mut self,
        parts: [&[u8]; N],
        more: impl Iterator<Item = &'a [u8]> + Clone,
    ) {
        self.head(b'*', N + more.clone().count());
        parts.into_iter().for_each(|part| self.part(part));
        more.for_each(|part| self.part(part));
        self.count += 1;
    }

    /// Appends a command whose last arguments are frames.
    pub(super) fn add_frames<'a, const N: usize>(
        &mut self,
        parts: [&[u8]; N],
        frames: impl Iterator<Item = &'a Gather> + Clone,
    ) {
        self.head(b'*', N + frames.clone().count());
        parts.into_iter().for_each(|part| self.part(part));
        for frame in frames {
            self.head(b'$', frame.len());
            self.bytes.append(frame);
            self.bytes.small().extend_from_slice(b"\r\n");
        }
        self.count += 1;
    }

    /// How many commands there are; each gets a reply.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn into_bytes(self) -> Gather {
        self.bytes
    }

    fn part(&mut self, part: &[u8]) {
        self.head(b'$', part.len());
        let bytes = self.bytes.small();
        bytes.extend_from_slice(part);
        bytes.extend_from_slice(b"\r\n");
    }

    fn head(&mut self, kind: u8, number: usize) {
        let bytes = self.bytes.small();
        bytes.push(kind);
        bytes.extend_from_slice(Number::from(number as u64).as_ref());
        bytes.extend_from_slice(b"\r\n");
    }
}

/// A number as an argument.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    text: [u8; 20],
    start: usize,
}

impl From<u64> for Number {
    fn from(mut number: u64) -> Self {
        let (mut text, mut start) = ([0; 20], 20);
        loop {
            start -= 1;
            text[start] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                return Self { text, start };
            }
        }
    }
}

impl AsRef<[u8]> for Number {
    fn as_ref(&self) -> &[u8] {
        &self.text[self.start..]
    }
}

/// A time in seconds as an argument.
pub(super) fn seconds(seconds: f64) -> Vec<u8> {
    let mut text = Vec::with_capacity(8);
    // Writing to memory does not fail.
    let _ = write!(text, "{seconds}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_arrays_of_texts() {
        let mut commands = Commands::default();
        assert!(commands.is_empty());
        commands.add([b"TTL", b"list"]);
        let more: [&[u8]; 2] = [b"", b"\r\n"];
        commands.add_with([b"RPUSH", b"list"], more.into_iter());
        assert_eq!(commands.len(), 2);
        let expected = b"*2\r\n$3\r\nTTL\r\n$4\r\nlist\r\n*4\r\n$5\r\nRPUSH\r\n$4\r\nlist\r\n$0\r\n\r\n$2\r\n\r\n\r\n";
        assert_eq!(commands.into_bytes().to_vec(), expected);
    }

    #[test]
    fn numbers_are_written_as_texts() {
        for number in [0, 7, 10, 4_096, u64::MAX] {
            assert_eq!(Number::from(number).as_ref(), number.to_string().as_bytes());
        }
        assert_eq!(seconds(0.25), b"0.25");
        assert_eq!(seconds(5.0), b"5");
    }
}
