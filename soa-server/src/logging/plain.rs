use std::fmt::{self, Write as _};

use soa_common::scan::holds_control_or;

/// How much of a text with control characters is looked at as one, in bytes.
const PIECE: usize = 256;

/// Appends texts without what could forge a line or steer a terminal.
pub(super) struct Plain<'a>(pub &'a mut Vec<u8>);

impl fmt::Write for Plain<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Most texts hold nothing of the kind.
        if !may_hold_control(text.as_bytes()) {
            self.0.extend_from_slice(text.as_bytes());
            return Ok(());
        }
        self.0.reserve(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            let mut end = rest.len().min(PIECE);
            while !rest.is_char_boundary(end) {
                end -= 1;
            }
            let (piece, behind) = rest.split_at(end);
            match may_hold_control(piece.as_bytes()) {
                true => self.escape(piece),
                false => self.0.extend_from_slice(piece.as_bytes()),
            }
            rest = behind;
        }
        Ok(())
    }
}

impl Plain<'_> {
    fn escape(&mut self, text: &str) {
        for character in text.chars() {
            match character.is_control() {
                // All of them are ASCII then.
                true => self.0.extend(character.escape_debug().map(|character| character as u8)),
                false => self.0.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
    }
}

/// Makes plain what stands in a line from there on, which must be UTF-8.
pub(super) fn make_plain(line: &mut Vec<u8>, start: usize) {
    if may_hold_control(&line[start..]) {
        let text = line.split_off(start);
        // Writing to memory cannot fail.
        let _ = Plain(line).write_str(str::from_utf8(&text).unwrap_or_default());
    }
}

/// Bytes are looked at faster than characters: control characters beyond ASCII begin with 0xc2.
fn may_hold_control(text: &[u8]) -> bool {
    holds_control_or::<0x7f, 0xc2>(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        let (mut line, mut in_place) = (Vec::new(), format!("before {text}").into_bytes());
        Plain(&mut line).write_str(text).unwrap();
        make_plain(&mut in_place, "before ".len());
        let line = String::from_utf8(line).unwrap();
        assert_eq!(String::from_utf8(in_place).unwrap(), format!("before {line}"));
        line
    }

    #[test]
    fn only_control_characters_are_escaped() {
        let all = (0..=u32::from(char::MAX)).filter_map(char::from_u32);
        for character in all {
            let (text, line) = (character.to_string(), plain(&character.to_string()));
            assert_eq!(line == text, !character.is_control(), "{character:?} as {line:?}");
        }
    }

    #[test]
    fn they_are_found_wherever_they_stand() {
        for length in (0..50).chain(PIECE - 5..PIECE + 5).chain([10 * PIECE]) {
            for other in ["x", "ä", "\u{a0}", "€", "😀"] {
                let around = other.repeat(length);
                for control in ["", "\n", "\u{7f}", "\u{85}"] {
                    let expected = format!("{around}{}{around}x", control.escape_debug());
                    assert_eq!(plain(&format!("{around}{control}{around}x")), expected);
                }
            }
        }
    }
}
