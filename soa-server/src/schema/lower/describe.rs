use crate::schema::{Schema, with_fields};

/// Gives a field its description; within what may be null, the field behind it.
pub(super) fn describe(schema: &mut Schema, description: &str) {
    macro_rules! each {
        ($($field:ident),*) => {
            match schema {
                Schema::Null => {}
                Schema::Nullable(inner) | Schema::Deprecated(inner) => describe(inner, description),
                $(Schema::$field(field) => field.description = Some(description.to_owned()),)*
            }
        };
    }
    with_fields!(each);
}

/// A text of documentation as paragraphs: single line breaks become blanks, empty lines stay.
pub(super) fn paragraphs(text: &str) -> String {
    let mut paragraphs = String::with_capacity(text.len());
    let mut is_apart = false;
    for line in text.trim().lines().map(str::trim) {
        if line.is_empty() {
            is_apart = true;
            continue;
        }
        if !paragraphs.is_empty() {
            paragraphs.push_str(if is_apart { "\n\n" } else { " " });
        }
        paragraphs.push_str(line);
        is_apart = false;
    }
    paragraphs
}
