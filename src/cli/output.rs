//! Prints and writes the results and messages of the program, and reports failures to do so.

use super::Mistake;
use super::language::translated;
use labserve_server::text_file::shown;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Prints a result to standard output. A reader that closes the pipe early, as in `explain ... | head`, is not an error.
///
/// # Errors
/// The text cannot be written, for example because the disk is full.
pub(super) fn print(text: &str) -> Result<(), Mistake> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Mistake(format!("standard output: cannot write: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints a message to standard error, in the language of the user. A failure to write it is ignored.
pub(super) fn print_err(message: &str) {
    let _ = writeln!(io::stderr(), "{}", translated(message));
}

/// A text padded with spaces to this number of columns.
pub(super) fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The width of a text on a terminal in columns: a Chinese character takes two.
pub(super) fn width(text: &str) -> usize {
    let is_wide = |c: char| matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff60}');
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

/// Writes a result into a file. `what` names it in the error, such as `the page`.
///
/// # Errors
/// The file cannot be written.
pub(super) fn write(file: &Path, what: &str, text: &str) -> Result<(), Mistake> {
    std::fs::write(file, text).map_err(|error| Mistake(format!("{}: cannot write {what}: {error}", shown(file))))
}
