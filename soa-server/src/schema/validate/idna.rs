//! International domain names as Python's codec `idna` encodes them: IDNA 2003, with code points that Unicode 3.2 had
//! not assigned.

use std::iter;

use idna::punycode;
use stringprep::tables;
use unicode_normalization::UnicodeNormalization;

/// What the punycode form of a label begins with.
const PREFIX: &str = "xn--";
/// The greatest length of a label.
const MOST: usize = 63;

/// A domain in ASCII; `None` where it has no such form, and where it is in ASCII already.
pub(super) fn to_ascii(domain: &str) -> Option<String> {
    if domain.is_ascii() {
        return None;
    }
    let is_dot = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];
    let without_dot = domain.strip_suffix(is_dot);
    let mut encoded = String::with_capacity(domain.len());
    for label in without_dot.unwrap_or(domain).split(is_dot) {
        if !encoded.is_empty() {
            encoded.push('.');
        }
        encode_label(label, &mut encoded)?;
    }
    encoded.extend(without_dot.map(|_| '.'));
    Some(encoded)
}

fn encode_label(label: &str, encoded: &mut String) -> Option<()> {
    let prepared;
    let label = if label.is_ascii() {
        label
    } else {
        prepared = nameprep(label)?;
        &prepared
    };
    if label.is_ascii() {
        encoded.push_str(label);
        return (1..=MOST).contains(&label.len()).then_some(());
    }
    // Each character takes a byte or more. A long label, whose encoding takes quadratic time, ends here.
    let characters: Vec<_> = label.chars().take(MOST).collect();
    if characters.len() + PREFIX.len() > MOST || label.starts_with(PREFIX) {
        return None;
    }
    let code = punycode::encode(&characters).filter(|code| code.len() + PREFIX.len() <= MOST)?;
    encoded.push_str(PREFIX);
    encoded.push_str(&code);
    Some(())
}

/// The profile of stringprep for domain names (RFC 3491).
fn nameprep(label: &str) -> Option<String> {
    let mapped = label.chars().filter(|character| !tables::commonly_mapped_to_nothing(*character));
    let mapped: String = mapped.flat_map(lower).flat_map(tables::case_fold_for_nfkc).collect();
    let mut prepared = String::with_capacity(mapped.len());
    for run in mapped.split_inclusive(stays_as_it_is) {
        let known = run.trim_end_matches(stays_as_it_is);
        prepared.extend(known.nfkc());
        prepared.push_str(&run[known.len()..]);
    }
    (!prepared.contains(is_prohibited) && is_one_way(&prepared)).then_some(prepared)
}

/// Python's table of foldings is made from its own lower case, so it has letters that Unicode 3.2 had not.
fn lower(character: char) -> impl Iterator<Item = char> {
    let lower = tables::unassigned_code_point(character).then(|| character.to_lowercase());
    let same = if lower.is_none() { Some(character) } else { None };
    same.into_iter().chain(lower.into_iter().flatten())
}

/// What Unicode 3.2 had not assigned takes part in normalization, but has no decomposition.
fn stays_as_it_is(character: char) -> bool {
    tables::unassigned_code_point(character) && !iter::once(character).nfkc().eq([character])
}

fn is_prohibited(character: char) -> bool {
    tables::non_ascii_space_character(character)
        || tables::non_ascii_control_character(character)
        || tables::private_use(character)
        || tables::non_character_code_point(character)
        || tables::inappropriate_for_plain_text(character)
        || tables::inappropriate_for_canonical_representation(character)
        || tables::change_display_properties_or_deprecated(character)
        || tables::tagging_character(character)
}

/// What has letters written from right to left begins and ends with one, and has no letters of the other way.
fn is_one_way(label: &str) -> bool {
    let is_known = |character| !tables::unassigned_code_point(character);
    let is_right_to_left = |character| tables::bidi_r_or_al(character) && is_known(character);
    let is_left_to_right = |character| tables::bidi_l(character) && is_known(character);
    !label.contains(is_right_to_left)
        || label.starts_with(is_right_to_left) && label.ends_with(is_right_to_left) && !label.contains(is_left_to_right)
}
