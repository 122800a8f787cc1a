//! The checks of addresses of the internet protocol. They take what Conformity takes, which is more than the standards
//! do: leading zeros, digits of other scripts, a line feed at the end, all that Python's `int()` reads as a group.

use std::iter;

use super::{
    super::{
        Path,
        python::{decimal, whole_number},
    },
    Walk,
};

impl Walk<'_> {
    pub(super) fn ipv4(&mut self, value: &str, path: &Path<'_>) {
        if !is_ipv4(value) {
            self.invalid(path, format_args!("Not a valid IPv4 address"));
        }
    }

    pub(super) fn ipv6(&mut self, value: &str, path: &Path<'_>) {
        if let Err(fault) = check_ipv6(value) {
            self.invalid(path, format_args!("Not a valid IPv6 address ({fault})"));
        }
    }

    pub(super) fn ip(&mut self, value: &str, path: &Path<'_>) {
        if !is_ip(value) {
            self.ipv4(value, path);
            self.ipv6(value, path);
        }
    }
}

pub(super) fn is_ip(text: &str) -> bool {
    is_ipv4(text) || check_ipv6(text).is_ok()
}

fn is_ipv4(text: &str) -> bool {
    let mut octets = text.strip_suffix('\n').unwrap_or(text).split('.');
    octets.by_ref().take(4).filter(|octet| is_octet(octet)).count() == 4 && octets.next().is_none()
}

/// Up to three digits. Only the last two may be of another script, and the last only behind `20` to `24`.
fn is_octet(text: &str) -> bool {
    let is_digit = |character| decimal(character).is_some();
    let mut characters = text.chars();
    match [(); 4].map(|()| characters.next()) {
        [Some(a), None, ..] => is_digit(a),
        [Some(a), Some(b), None, _] => is_digit(a) && is_digit(b),
        [Some('0' | '1'), Some(a), Some(b), None] => is_digit(a) && is_digit(b),
        [Some('2'), Some('0'..='4'), Some(a), None] => is_digit(a),
        [Some('2'), Some('5'), Some('0'..='5'), None] => true,
        _ => false,
    }
}

/// The first thing that is wrong.
fn check_ipv6(text: &str) -> Result<(), &'static str> {
    let has_shortener = text.contains("::");
    let colons = text.matches(':').count();
    if colons == 0 {
        return Err("no colons");
    }
    if text.matches("::").count() > 1 {
        return Err("multiple shorteners");
    }
    if text.contains(":::") {
        return Err("shortener not bounded");
    }
    if text.starts_with(':') && !text.starts_with("::") || text.ends_with(':') && !text.ends_with("::") {
        return Err("colon at start or end");
    }
    if colons > 7 {
        return Err("too many colons");
    }
    if !has_shortener && colons != 7 && text.matches('.').count() != 3 {
        return Err("v4 section not valid address");
    }
    // The shortener leaves an empty group, which is zero.
    let last = text.rsplit(':').next().unwrap_or_default();
    text.split(':').try_for_each(|group| check_group(group, last))
}

fn check_group(group: &str, last: &str) -> Result<(), &'static str> {
    if group.matches('.').count() != 3 {
        let number = whole_number(padded(group), 16);
        return number.filter(|number| (0..=0xFFFF).contains(number)).map(drop).ok_or("invalid hextet");
    }
    // A group that reads as the last one counts as the last one.
    if group != last && !lower(group).eq(lower(last)) {
        return Err("v4 section not at end");
    }
    if is_ipv4(group) { Ok(()) } else { Err("v4 section not valid address") }
}

/// A group with the zeros that it leaves out in front, and without white space around both.
fn padded(group: &str) -> impl Iterator<Item = char> + Clone {
    let missing = 4_usize.saturating_sub(group.chars().count());
    let group = if missing == 0 { group.trim() } else { group.trim_end() };
    iter::repeat_n('0', missing).chain(group.chars())
}

fn lower(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}
