//! The document: a part that is generated, between two lines that are looked for, and parts that people write.

use std::{fs, path::Path};

use super::{plot, text};
use crate::{BoxError, results::Results};

const BEGIN: &str = "<!-- Made by benches/compare: do not edit by hand. -->";
const END: &str = "<!-- End of what benches/compare made. -->";

/// Writes the generated part into a document, and the plot beside it, as `.svg`. What people wrote there stays; a document that is
/// not there is made.
///
/// # Errors
/// When a file cannot be read or written, or the document has but one of the two lines.
pub fn write(results: &Results, document: &Path) -> Result<(), BoxError> {
    let before = fs::read_to_string(document).unwrap_or_default();
    let plot_file = document.with_extension("svg");
    let plot_name = plot_file.file_name().unwrap_or_default().to_string_lossy();
    let after =
        rewrite(&before, &text(results, &plot_name)).map_err(|error| format!("{}: {error}", document.display()))?;
    for (path, content) in [(document, after), (&plot_file, plot(results))] {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        fs::write(path, content)?;
    }
    Ok(())
}

/// The document with another generated part.
///
/// # Errors
/// When there is but one of the two lines, or they are in the wrong order.
pub fn rewrite(document: &str, generated: &str) -> Result<String, BoxError> {
    let part = format!("{BEGIN}\n\n{generated}\n{END}");
    match (document.find(BEGIN), document.find(END)) {
        (None, None) => Ok(format!("{document}{part}\n")),
        (Some(begin), Some(end)) if begin < end => {
            Ok(format!("{}{part}{}", &document[..begin], &document[end + END.len()..]))
        }
        _ => Err(format!("a line is missing; there have to be {BEGIN:?} and, behind it, {END:?}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_stays() {
        let first = rewrite("# Title\n\n", "one\n").unwrap();
        assert_eq!(first, format!("# Title\n\n{BEGIN}\n\none\n\n{END}\n"));
        let edited = format!("{first}\nMore.\n");
        let second = rewrite(&edited, "two\n").unwrap();
        assert_eq!(second, format!("# Title\n\n{BEGIN}\n\ntwo\n\n{END}\n\nMore.\n"));
        assert_eq!(rewrite(&second, "two\n").unwrap(), second);
    }

    #[test]
    fn a_document_with_one_line_is_refused() {
        for broken in [BEGIN.to_owned(), END.to_owned(), format!("{END}\n{BEGIN}")] {
            assert!(rewrite(&broken, "one").is_err(), "{broken}");
        }
    }
}
