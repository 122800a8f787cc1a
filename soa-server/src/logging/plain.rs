use std::fmt;

/// Appends texts without what could forge a line or steer a terminal.
pub(super) struct Plain<'a>(pub &'a mut String);

impl fmt::Write for Plain<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Most texts hold nothing of the kind, and bytes are looked at faster than characters: control characters
        // beyond ASCII begin with 0xc2.
        let may_hold_control = |found, byte: u8| found | byte.is_ascii_control() | (byte == 0xc2);
        if !text.bytes().fold(false, may_hold_control) {
            self.0.push_str(text);
            return Ok(());
        }
        for character in text.chars() {
            match character.is_control() {
                true => self.0.extend(character.escape_debug()),
                false => self.0.push(character),
            }
        }
        Ok(())
    }
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
}
