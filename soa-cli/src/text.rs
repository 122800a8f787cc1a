//! Text from elsewhere, made fit for a terminal.

use textwrap::Options;

/// Text without what would steer a terminal or turn the writing round; line breaks and tabs stay.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut text, c| {
        if steers(c) {
            text.extend(c.escape_unicode());
        } else {
            text.push(c);
        }
        text
    })
}

/// Whether a character steers a terminal or turns the writing round.
pub(crate) fn steers(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t')) || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The lines of a text, wrapped at a number of columns of which some stay free on the left.
pub(crate) fn wrap(text: &str, width: usize, left: usize) -> Vec<String> {
    // Where little is left the lines run over the edge: a column of single words is harder to read.
    const LEAST: usize = 24;
    let width = width.saturating_sub(left).max(LEAST);
    let text = text.replace('\t', "    ");
    let lines = text.lines().flat_map(|line| {
        let words = line.trim_start_matches(' ');
        // What a line is indented by stands before each of its parts, so it must leave room for them.
        let indent = " ".repeat((line.len() - words.len()).min(width - LEAST));
        textwrap::wrap(words, Options::new(width).initial_indent(&indent).subsequent_indent(&indent))
    });
    lines.map(|line| line.trim_end().to_owned()).collect()
}

/// The lines of a documentation, with its paragraphs filled.
///
/// A line of a paragraph joins the one before; what is indented, starts with a sign (as lists do) or stands in a block of
/// code keeps its lines.
pub(crate) fn paragraphs(text: &str) -> String {
    // The first line of a Python docstring stands behind the quotes, without the indentation of the others.
    let (first, others) = text.split_once('\n').unwrap_or((text, ""));
    let others = textwrap::dedent(others);
    let (mut filled, mut joins, mut code) = (String::with_capacity(text.len()), false, false);
    for line in std::iter::once(first.trim()).chain(others.lines()).map(str::trim_end) {
        code ^= line.starts_with("```");
        let prose = !code && line.starts_with(|c: char| c.is_alphabetic() || matches!(c, '`' | '(' | '"' | '\''));
        let prose = prose && !line.starts_with("```");
        if !filled.is_empty() {
            filled.push(if joins && prose { ' ' } else { '\n' });
        }
        filled.push_str(line);
        joins = prose;
    }
    filled.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documentation_is_filled_but_for_lists_and_code() {
        let docstring = "Squares a\n    number.\n\n    Takes:\n    - a number\n      of any size\n    - a note\n\n    ```\n    a\n    b\n    ```\n    ";
        let filled = "Squares a number.\n\nTakes:\n- a number\n  of any size\n- a note\n\n```\na\nb\n```";
        assert_eq!(paragraphs(docstring), filled);
        assert_eq!(paragraphs("\n  One.\n  Two.\n"), "One. Two.");
        assert_eq!(paragraphs(""), "");
    }

    #[test]
    fn lines_are_wrapped_by_what_they_take_up() {
        let check = |text: &str, left, expected: &[&str]| assert_eq!(wrap(text, 30, left), expected, "{text:?}");
        check("", 0, &[]);
        check("a\n\nb", 0, &["a", "", "b"]);
        check("one two three four five six seven", 0, &["one two three four five six", "seven"]);
        check("one two three four five six seven", 200, &["one two three four five", "six seven"]);
        check("  one two three four five six seven", 0, &["  one two three four five six", "  seven"]);
        let far = format!("{}one two three four five six", " ".repeat(1 << 16));
        check(&far, 0, &["      one two three four five", "      six"]);
        check(&far, 200, &["one two three four five", "six"]);
        check(&"字".repeat(16), 0, &[&"字".repeat(15), "字"]);
        check("\ta", 0, &["    a"]);
    }
}
