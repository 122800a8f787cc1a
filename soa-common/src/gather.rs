//! Bytes in several places that are sent as one.

use std::{collections::VecDeque, io::IoSlice};

use bytes::{Buf, Bytes};

use crate::msgpack::Writer;

/// From this size on, in bytes, a part is shared: copying fewer costs less than one more entry in the list of parts.
const SHARED: usize = 4 * 1024;

/// Bytes on their way out, of which large parts are shared instead of copied.
///
/// A body that was encoded once goes to the socket from where it lies, whatever stands before and behind it.
#[derive(Clone, Debug, Default)]
pub struct Gather {
    /// The small parts, one behind the other.
    small: Vec<u8>,
    /// How many of the small bytes are gone.
    gone: usize,
    /// The large parts, each with its place: so many small bytes stand before it, those that are gone among them.
    large: VecDeque<(usize, Bytes)>,
}

#[derive(Clone, Copy)]
enum Part<'a> {
    Small(&'a [u8]),
    Large(&'a Bytes),
}

impl Gather {
    /// Room for this many bytes that are copied.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self { small: Vec::with_capacity(bytes), ..Self::default() }
    }

    /// How many bytes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.small_len() + self.large.iter().map(|(_, bytes)| bytes.len()).sum::<usize>()
    }

    /// How many of them are not shared.
    pub(crate) fn small_len(&self) -> usize {
        self.small.len() - self.gone
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.small_len() == 0 && self.large.is_empty()
    }

    /// Where small parts are appended.
    pub fn small(&mut self) -> &mut Vec<u8> {
        &mut self.small
    }

    /// Appends MessagePack; bodies that are large are shared.
    pub(crate) fn writer(&mut self) -> Writer<'_> {
        Writer::sharing(&mut self.small, &mut self.large)
    }

    /// Appends bytes, shared if they are many.
    pub fn push(&mut self, bytes: Bytes) {
        match is_large(&bytes) {
            true => self.large.push_back((self.small.len(), bytes)),
            false => self.small.extend_from_slice(&bytes),
        }
    }

    /// Appends what another one holds.
    pub fn append(&mut self, other: &Self) {
        if other.large.is_empty() {
            return self.small.extend_from_slice(&other.small[other.gone..]);
        }
        for part in other.parts() {
            match part {
                Part::Small(bytes) => self.small.extend_from_slice(bytes),
                Part::Large(bytes) => self.push(bytes.clone()),
            }
        }
    }

    /// Cuts it into pieces of this many bytes, the last one may be shorter; each begins with what `head` appends for its
    /// number.
    pub(crate) fn cut(&self, size: usize, mut head: impl FnMut(usize, &mut Vec<u8>)) -> Vec<Self> {
        let mut pieces: Vec<Self> = Vec::with_capacity(self.len().div_ceil(size));
        let mut room = 0;
        for part in self.parts() {
            let length = part.bytes().len();
            let mut at = 0;
            while at < length {
                if room == 0 {
                    let copied = Some(size.min(length - at)).filter(|bytes| *bytes < SHARED);
                    let mut piece = Self::with_capacity(copied.unwrap_or_default() + 128);
                    head(pieces.len(), &mut piece.small);
                    pieces.push(piece);
                    room = size;
                }
                let taken = room.min(length - at);
                if let Some(piece) = pieces.last_mut() {
                    match part {
                        Part::Small(bytes) => piece.small.extend_from_slice(&bytes[at..at + taken]),
                        Part::Large(bytes) => piece.push(bytes.slice(at..at + taken)),
                    }
                }
                at += taken;
                room -= taken;
            }
        }
        pieces
    }

    /// Takes so many bytes off the front.
    pub(crate) fn advance(&mut self, mut bytes: usize) {
        while bytes > 0 {
            let small = self.large.front().map_or(self.small.len(), |(place, _)| *place) - self.gone;
            if small > 0 {
                let taken = small.min(bytes);
                self.gone += taken;
                bytes -= taken;
                continue;
            }
            let Some((_, part)) = self.large.front_mut() else { return };
            let taken = part.len().min(bytes);
            part.advance(taken);
            bytes -= taken;
            if part.is_empty() {
                self.large.pop_front();
            }
        }
    }

    /// The first so many parts, to be sent at once.
    pub(crate) fn slices<const N: usize>(&self) -> ([IoSlice<'_>; N], usize) {
        let mut slices = [IoSlice::new(&[]); N];
        let mut count = 0;
        for (slice, part) in slices.iter_mut().zip(self.parts()) {
            *slice = IoSlice::new(part.bytes());
            count += 1;
        }
        (slices, count)
    }

    /// All in one.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let mut whole = Vec::with_capacity(self.len());
        self.parts().for_each(|part| whole.extend_from_slice(part.bytes()));
        whole
    }

    fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let mut at = self.gone;
        let mut large = self.large.iter();
        let mut next = large.next();
        std::iter::from_fn(move || match next {
            Some((place, bytes)) if *place == at => {
                next = large.next();
                Some(Part::Large(bytes))
            }
            _ => {
                let end = next.map_or(self.small.len(), |(place, _)| *place);
                let part = &self.small[at..end];
                at = end;
                (!part.is_empty()).then_some(Part::Small(part))
            }
        })
    }
}

impl<'a> Part<'a> {
    fn bytes(self) -> &'a [u8] {
        match self {
            Self::Small(bytes) => bytes,
            Self::Large(bytes) => bytes,
        }
    }
}

/// Whether bytes are worth sharing.
pub(crate) fn is_large(bytes: &Bytes) -> bool {
    bytes.len() >= SHARED
}

impl<T: Into<Bytes>> From<T> for Gather {
    fn from(bytes: T) -> Self {
        let mut gather = Self::default();
        gather.push(bytes.into());
        gather
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn gather(parts: &[Vec<u8>]) -> Gather {
        let mut gather = Gather::default();
        for part in parts {
            gather.push(part.clone().into());
        }
        gather
    }

    fn parts() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let part = |length| (any::<u8>(), length).prop_map(|(byte, length)| vec![byte; length]);
        vec(prop_oneof![part(0..20_usize), part(SHARED - 1..SHARED + 9)], 0..6)
    }

    proptest! {
        #[test]
        fn it_is_its_parts_in_order(before in parts(), after in parts()) {
            let mut whole = gather(&before);
            whole.append(&gather(&after));
            let expected = [before, after].concat().concat();
            prop_assert_eq!(whole.len(), expected.len());
            prop_assert_eq!(whole.is_empty(), expected.is_empty());
            prop_assert_eq!(whole.to_vec(), expected);
        }

        #[test]
        fn what_is_sent_in_steps_is_all_of_it(parts in parts(), step in 1..9_000_usize) {
            let mut rest = gather(&parts);
            let mut sent = Vec::new();
            while !rest.is_empty() {
                let (slices, count) = rest.slices::<2>();
                let slices = slices[..count].iter().flat_map(|slice| slice.to_vec()).collect::<Vec<_>>();
                let taken = step.min(slices.len());
                sent.extend_from_slice(&slices[..taken]);
                rest.advance(taken);
            }
            prop_assert_eq!(rest.len(), 0);
            prop_assert_eq!(sent, parts.concat());
        }

        #[test]
        fn pieces_have_their_size_and_their_heads(parts in parts(), gone in 0..10_usize, size in 1..9_000_usize) {
            let mut whole = gather(&parts);
            let gone = gone.min(whole.len());
            whole.advance(gone);
            let expected: Vec<_> = parts.concat()[gone..].chunks(size).map(<[u8]>::to_vec).collect();
            let pieces = whole.cut(size, |index, out| out.extend_from_slice(&(index as u32).to_be_bytes()));
            prop_assert_eq!(pieces.len(), expected.len());
            for (index, (piece, expected)) in pieces.iter().zip(expected).enumerate() {
                prop_assert_eq!(piece.to_vec(), [(index as u32).to_be_bytes().to_vec(), expected].concat());
            }
        }
    }

    #[test]
    fn large_parts_are_not_copied() {
        let large = Bytes::from(vec![7; 3 * SHARED]);
        let mut whole = Gather::from("head");
        whole.push(large.clone());
        let pieces = whole.cut(2 * SHARED, |_, _| {});
        let parts: Vec<_> = pieces.iter().flat_map(Gather::parts).map(Part::bytes).collect();
        assert_eq!(parts, [b"head", &large[..2 * SHARED - 4], &large[2 * SHARED - 4..]]);
        assert!(parts[1].as_ptr() == large.as_ptr());
        assert_eq!(pieces[1].small_len(), 0);
    }
}
