//! The check of e-mail addresses.

use super::{
    super::{EmailAddress, Path, python::is_blank},
    Walk, idna,
    ip::is_ip,
};

impl Walk<'_> {
    /// The part that is wrong ends the pointer, as in Conformity.
    pub(super) fn email(&mut self, field: &EmailAddress, value: &str, path: &Path<'_>) {
        let is_blank = || field.is_not_blank && is_blank(value);
        if !self.extent((field.min_length, field.max_length), || value.chars().count(), is_blank, path) {
            return;
        }
        let Some((local, domain)) = value.rsplit_once('@') else {
            return self.invalid(path, format_args!("Not a valid email address (missing @ sign)"));
        };
        if !is_dot_atom(local) && !is_quoted(local) {
            let path = Path::Part(path, local);
            return self.invalid(&path, format_args!("Not a valid email address (invalid local user field)"));
        }
        let is_known = match &field.domain_whitelist {
            Some(whitelist) => whitelist.iter().any(|known| known == domain),
            None => domain == "localhost",
        };
        if is_known || is_domain(domain) {
            return;
        }
        let encoded = idna::to_ascii(domain);
        if !encoded.as_deref().is_some_and(is_domain) {
            let path = Path::Part(path, encoded.as_deref().unwrap_or(domain));
            self.invalid(&path, format_args!("Not a valid email address (invalid domain field)"));
        }
    }
}

/// Letters whose other case is an ASCII letter in Python's regular expressions count as ASCII there.
fn is_kin_of_ascii(character: char) -> bool {
    matches!(character, 'İ' | 'ı' | 'ſ' | '\u{212a}')
}

fn is_alphanumeric(character: char) -> bool {
    character.is_ascii_alphanumeric() || is_kin_of_ascii(character)
}

/// Words with dots between.
fn is_dot_atom(local: &str) -> bool {
    let is_word = |character| is_alphanumeric(character) || "-!#$%&'*+/=?^_`{}|~".contains(character);
    local.split('.').all(|word| !word.is_empty() && word.chars().all(is_word))
}

/// A text in double quotes. Blanks, tabs, quotes and backslashes need a backslash before them; line breaks and NUL are
/// nowhere.
fn is_quoted(local: &str) -> bool {
    let quoted = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let is_taken = |character: char| {
        is_kin_of_ascii(character) || character.is_ascii() && !matches!(character, '\0' | '\n' | '\r')
    };
    let mut characters = quoted.unwrap_or("\"").chars();
    while let Some(character) = characters.next() {
        let is_valid = match character {
            '\\' => characters.next().is_some_and(is_taken),
            '"' | ' ' | '\t' => false,
            character => is_taken(character),
        };
        if !is_valid {
            return false;
        }
    }
    true
}

/// Two labels or more, or an address of the internet protocol in brackets.
fn is_domain(domain: &str) -> bool {
    if let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        // Of the many ways to write an address only plain ones.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b":._".contains(&byte);
        return literal.bytes().all(is_plain) && is_ip(literal);
    }
    domain.rsplit_once('.').is_some_and(|(labels, last)| {
        is_label(last, 2, |_| true) && labels.split('.').all(|label| is_label(label, 1, is_alphanumeric))
    })
}

/// Up to 63 letters, digits and hyphens, with no hyphen at the end.
fn is_label(label: &str, least: usize, is_first: impl Fn(char) -> bool) -> bool {
    (least..=63).contains(&label.chars().count())
        && label.starts_with(is_first)
        && label.chars().all(|character| is_alphanumeric(character) || character == '-')
        && !label.ends_with('-')
}
