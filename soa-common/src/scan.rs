//! Looks at the bytes of a text many at a time.
//!
//! It is for the crates of this project only.

const WORD: usize = size_of::<u64>();

/// Whether any byte is below 0x20, which is where control characters are, or one of these two, which must be at least
/// 0x20.
#[inline]
#[must_use]
pub fn holds_control_or<const A: u8, const B: u8>(bytes: &[u8]) -> bool {
    holds::<A, B, false>(bytes)
}

/// Whether any byte is no printable ASCII or one of these two.
#[inline]
#[must_use]
pub fn holds_unprintable_or<const A: u8, const B: u8>(bytes: &[u8]) -> bool {
    holds::<A, B, true>(bytes)
}

/// `WITH_HIGH`: all bytes from 0x7f on count as well.
#[inline]
fn holds<const A: u8, const B: u8, const WITH_HIGH: bool>(bytes: &[u8]) -> bool {
    const { assert!(A >= 0x20 && B >= 0x20) };
    let word = |chunk: &[u8; WORD]| hits::<A, B, WITH_HIGH>(u64::from_le_bytes(*chunk)) != 0;
    // Most texts are short. Where two words overlap, bytes are looked at twice.
    let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) else {
        return hits::<A, B, WITH_HIGH>(few(bytes)) != 0;
    };
    if bytes.len() <= 2 * WORD {
        return word(first) || word(last);
    }
    holds_in_long::<A, B, WITH_HIGH>(bytes) || word(last)
}

/// As [`holds`], but that the last bytes, less than a word, are not looked at.
fn holds_in_long<const A: u8, const B: u8, const WITH_HIGH: bool>(bytes: &[u8]) -> bool {
    // The compiler makes vectors of this.
    let is_low_or_high = |byte: u8| if WITH_HIGH { !(0x20..0x7f).contains(&byte) } else { byte < 0x20 };
    let is_hit = |byte: u8| u8::from(is_low_or_high(byte)) | u8::from(byte == A) | u8::from(byte == B);
    let (chunks, rest) = bytes.as_chunks::<64>();
    let (words, _) = rest.as_chunks();
    chunks.iter().any(|chunk| chunk.iter().fold(0, |found, byte| found | is_hit(*byte)) != 0)
        || words.iter().any(|word| hits::<A, B, WITH_HIGH>(u64::from_le_bytes(*word)) != 0)
}

/// Not zero when one of the eight bytes is such a one.
#[inline]
fn hits<const A: u8, const B: u8, const WITH_HIGH: bool>(word: u64) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; WORD]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; WORD]);
    // The highest bit of each byte that is below a limit; a borrow only disturbs what stands above such a byte.
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
    let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let high = if WITH_HIGH { word | equal(0x7f) } else { 0 };
    (below(word, 0x20) | equal(A) | equal(B) | high) & HIGH
}

/// At most seven bytes as a word, filled up with some that are no hits.
#[inline]
fn few(bytes: &[u8]) -> u64 {
    const HARMLESS: u64 = u64::from_ne_bytes([b'0'; WORD]);
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32,
        _ => match bytes {
            [] => HARMLESS,
            [first, ..] => {
                let [middle, last] = [bytes.len() / 2, bytes.len() - 1].map(|index| u64::from(bytes[index]));
                HARMLESS << 24 | last << 16 | middle << 8 | u64::from(*first)
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check<const A: u8, const B: u8>(bytes: &[u8]) {
        let slowly = bytes.iter().any(|byte| *byte < 0x20 || [A, B].contains(byte));
        assert_eq!(holds_control_or::<A, B>(bytes), slowly, "{bytes:?}");
        let slowly = slowly || bytes.iter().any(|byte| *byte >= 0x7f);
        assert_eq!(holds_unprintable_or::<A, B>(bytes), slowly, "{bytes:?}");
    }

    #[test]
    fn every_byte_is_known_wherever_it_stands() {
        for length in 0..150 {
            for index in 0..length {
                let mut bytes = vec![b'x'; length];
                for byte in [0, 0x1f, 0x20, 0x21, b'"', b'#', b'[', b'\\', 0x7e, 0x7f, 0x80, 0xa0, 0xc1, 0xc2, 0xff] {
                    bytes[index] = byte;
                    check::<b'"', b'\\'>(&bytes);
                    check::<0x7f, 0xc2>(&bytes);
                }
            }
        }
        for byte in 0..=u8::MAX {
            check::<b'"', b'\\'>(&[byte]);
            check::<0x7f, 0xc2>(&[byte; 9]);
        }
    }

    proptest! {
        #[test]
        fn random_bytes_are_judged_as_one_by_one(
            bytes in prop::collection::vec(0x1e_u8.., 0..200),
            plain in prop::collection::vec(0x80_u8..0xc0, 0..200),
        ) {
            check::<b'"', b'\\'>(&bytes);
            check::<0x7f, 0xc2>(&bytes);
            check::<b'"', b'\\'>(&plain);
            check::<0x7f, 0xc2>(&plain);
        }
    }
}
