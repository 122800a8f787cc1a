use std::fmt;

use soa_common::scan::holds_control_or;

/// How much of a text with control characters is looked at as one, in bytes.
const PIECE: usize = 256;

/// Appends texts without what could forge a line or steer a terminal.
pub(super) struct Plain<'a>(pub &'a mut String);

impl fmt::Write for Plain<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Most texts hold nothing of the kind.
        if !may_hold_control(text) {
            self.0.push_str(text);
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
            match may_hold_control(piece) {
                true => self.escape(piece),
                false => self.0.push_str(piece),
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
                true => self.0.extend(character.escape_debug()),
                false => self.0.push(character),
            }
        }
    }
}

/// Bytes are looked at faster than characters: control characters beyond ASCII begin with 0xc2.
fn may_hold_control(text: &str) -> bool {
    holds_control_or::<0x7f, 0xc2>(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn only_control_characters_are_escaped() {
        let all = (0..=u32::from(char::MAX)).filter_map(char::from_u32);
        for character in all {
            let mut line = String::new();
            Plain(&mut line).write_char(character).unwrap();
            let is_plain = line == character.to_string();
            assert_eq!(is_plain, !character.is_control(), "{character:?} as {line:?}");
        }
    }

    #[test]
    fn they_are_found_wherever_they_stand() {
        for length in (0..50).chain(PIECE - 5..PIECE + 5).chain([10 * PIECE]) {
            for other in ["x", "ä", "\u{a0}", "€", "😀"] {
                let around = other.repeat(length);
                for control in ["", "\n", "\u{7f}", "\u{85}"] {
                    let (text, mut line) = (format!("{around}{control}{around}x"), String::new());
                    Plain(&mut line).write_str(&text).unwrap();
                    assert_eq!(line, format!("{around}{}{around}x", control.escape_debug()));
                }
            }
        }
    }
}
