//! Blanks and digits of all scripts, and the numbers that Python reads from texts.

/// How many digits Python reads into a number, so that reading takes bounded time.
const MOST_DIGITS: usize = 4300;

/// The zeros of all scripts (Unicode 14); the nine other digits of a script follow its zero.
#[rustfmt::skip]
const ZEROS: [char; 66] = [
    '0', '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}', '\u{be6}',
    '\u{c66}', '\u{ce6}', '\u{d66}', '\u{de6}', '\u{e50}', '\u{ed0}', '\u{f20}', '\u{1040}', '\u{1090}', '\u{17e0}',
    '\u{1810}', '\u{1946}', '\u{19d0}', '\u{1a80}', '\u{1a90}', '\u{1b50}', '\u{1bb0}', '\u{1c40}', '\u{1c50}',
    '\u{a620}', '\u{a8d0}', '\u{a900}', '\u{a9d0}', '\u{a9f0}', '\u{aa50}', '\u{abf0}', '\u{ff10}', '\u{104a0}',
    '\u{10d30}', '\u{11066}', '\u{110f0}', '\u{11136}', '\u{111d0}', '\u{112f0}', '\u{11450}', '\u{114d0}',
    '\u{11650}', '\u{116c0}', '\u{11730}', '\u{118e0}', '\u{11950}', '\u{11c50}', '\u{11d50}', '\u{11da0}',
    '\u{16a60}', '\u{16ac0}', '\u{16b50}', '\u{1d7ce}', '\u{1d7d8}', '\u{1d7e2}', '\u{1d7ec}', '\u{1d7f6}',
    '\u{1e140}', '\u{1e2f0}', '\u{1e950}', '\u{1fbf0}',
];

/// Whether nothing but white space is in it.
pub(in crate::schema) fn is_blank(text: &str) -> bool {
    text.chars().all(is_space)
}

/// Whether it is white space to Python, which has four characters more than Unicode.
fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

/// The value of a decimal digit of any script.
pub(in crate::schema) fn decimal(character: char) -> Option<u32> {
    if character.is_ascii() {
        return character.to_digit(10);
    }
    let zero = *ZEROS[..ZEROS.partition_point(|zero| *zero <= character)].last()?;
    Some(u32::from(character) - u32::from(zero)).filter(|digit| *digit < 10)
}

/// The whole number that the characters stand for, stripped of white space already; the nearest there is when it does
/// not fit. A sign, `_` between digits and digits of any script are taken, and `0x` before hexadecimal ones.
pub(in crate::schema) fn whole_number(characters: impl Iterator<Item = char> + Clone, radix: u32) -> Option<i128> {
    let mut rest = characters.peekable();
    let sign = if rest.next_if(|sign| matches!(sign, '+' | '-')) == Some('-') { -1 } else { 1 };
    if radix == 16 {
        let mut ahead = rest.clone();
        if ahead.next().and_then(decimal) == Some(0) && ahead.next_if(|x| matches!(x, 'x' | 'X')).is_some() {
            ahead.next_if_eq(&'_');
            rest = ahead;
        }
    }
    let (mut number, mut digits, mut is_after_digit) = (0_i128, 0, false);
    for character in rest {
        if character == '_' && is_after_digit {
            is_after_digit = false;
            continue;
        }
        let digit = decimal(character).or_else(|| character.to_digit(radix))?;
        number = number.saturating_mul(radix.into()).saturating_add(digit.into());
        digits += 1;
        is_after_digit = true;
    }
    let is_short = radix != 10 || digits <= MOST_DIGITS;
    (is_after_digit && is_short).then_some(sign * number)
}

/// The greatest exponent of a decimal's first digit that Python has, and the least of its last.
const EXPONENTS: (i128, i128) = (-1_999_999_999_999_999_997, 999_999_999_999_999_999);

/// Whether Python's `decimal.Decimal` reads the text: white space around it, `_` anywhere and digits of any script are
/// taken.
pub(in crate::schema) fn is_decimal(text: &str) -> bool {
    let characters = text.trim_matches(is_space).chars().filter(|character| *character != '_');
    // All else that is not ASCII is nothing that can stand in a number.
    let mut rest = characters
        .map(|character| match decimal(character) {
            Some(digit) => b'0' + digit as u8,
            None => u8::try_from(character).unwrap_or(b'?').to_ascii_lowercase(),
        })
        .peekable();
    rest.next_if(|sign| matches!(sign, b'+' | b'-'));
    match rest.peek() {
        Some(b'i') => return ["inf", "infinity"].iter().any(|word| rest.clone().eq(word.bytes())),
        Some(b'n' | b's') => {
            rest.next_if_eq(&b's');
            return b"nan".iter().all(|letter| rest.next() == Some(*letter))
                && rest.all(|digit| digit.is_ascii_digit());
        }
        _ => {}
    }
    let (mut digits, mut significant, mut fraction, mut has_point) = (0_i128, 0_i128, 0_i128, false);
    while let Some(byte) = rest.next_if(|byte| byte.is_ascii_digit() || (*byte == b'.' && !has_point)) {
        if byte == b'.' {
            has_point = true;
            continue;
        }
        digits += 1;
        fraction += i128::from(has_point);
        significant += i128::from(significant > 0 || byte != b'0');
    }
    let mut exponent = 0_i128;
    if digits > 0 && rest.next_if_eq(&b'e').is_some() {
        let is_negative = rest.next_if(|sign| matches!(sign, b'+' | b'-')) == Some(b'-');
        if rest.peek().is_none() {
            return false;
        }
        while let Some(digit) = rest.next_if(u8::is_ascii_digit) {
            exponent = exponent.saturating_mul(10).saturating_add((digit - b'0').into());
        }
        exponent = if is_negative { -exponent } else { exponent };
    }
    let last = exponent.saturating_sub(fraction);
    let first = last.saturating_add(significant.max(1) - 1);
    digits > 0 && rest.next().is_none() && last >= EXPONENTS.0 && first <= EXPONENTS.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_ten_digits_of_every_script() {
        let digits: Vec<_> = ('\0'..=char::MAX).filter_map(decimal).collect();
        assert_eq!(digits.len(), 660);
        assert!(digits.chunks(10).all(|script| script.iter().copied().eq(0..10)));
        assert_eq!(decimal('٣'), Some(3));
        assert_eq!(decimal('²'), None);
    }

    #[test]
    fn whole_numbers_read_as_in_python() {
        for (text, radix, expected) in [
            ("12", 10, Some(12)),
            ("+1_0", 10, Some(10)),
            ("-٣4", 10, Some(-34)),
            ("", 10, None),
            ("-", 10, None),
            ("_1", 10, None),
            ("1_", 10, None),
            ("1__0", 10, None),
            ("+-1", 10, None),
            ("1 0", 10, None),
            ("0x1", 10, None),
            ("1f", 10, None),
            ("fF", 16, Some(255)),
            ("0x_1f", 16, Some(31)),
            ("٠X1", 16, Some(1)),
            ("0_f", 16, Some(15)),
            ("0x", 16, None),
            ("0x__1", 16, None),
            ("_0x1", 16, None),
            ("x1", 16, None),
            ("g", 16, None),
        ] {
            assert_eq!(whole_number(text.chars(), radix), expected, "{text:?}");
        }
        assert_eq!(whole_number("9".repeat(4300).chars(), 10), Some(i128::MAX));
        assert_eq!(whole_number("0".repeat(4301).chars(), 10), None);
    }
}
