//! What the program prints and writes, and what it says if that fails.

use super::Mistake;
use labserve_server::text_file::shown;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Prints a result to standard output. A reader that closes the pipe early, as in `explain ... | head`, is not an error.
///
/// # Errors
/// The text cannot be written, because the disk is full for example.
pub(super) fn print(text: &str) -> Result<(), Mistake> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Mistake(format!("standard output: cannot write: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints a line to standard error. Nobody has to read it.
pub(super) fn print_err(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes a result into a file. `what` names it in the error, such as `the page`.
///
/// # Errors
/// The file cannot be written.
pub(super) fn write(file: &Path, what: &str, text: &str) -> Result<(), Mistake> {
    std::fs::write(file, text).map_err(|error| Mistake(format!("{}: cannot write {what}: {error}", shown(file))))
}
