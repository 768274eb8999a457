//! Text from the wire in Markdown: code spans, code blocks, and what is safe in a table.

use crate::sentence::printable;

/// A code span. Its fence has more backticks than any run of them in the text.
pub(super) fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    if longest == 0 && !text.starts_with(' ') && !text.ends_with(' ') && !text.is_empty() {
        return format!("`{text}`");
    }
    let fence = "`".repeat(longest + 1);
    format!("{fence} {text} {fence}")
}

/// A code block. Its fence has more backticks than any run of them in the text, whose control characters are escaped.
pub(super) fn fenced(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(printable).collect();
    let text = lines.join("\n");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}http\n{text}\n{fence}\n\n")
}

/// A code span in a table. A pipe ends the cell even within a code span, and a backslash does not reliably escape it
/// there, so a text with either of them is written as character references.
pub(super) fn cell_code(text: &str) -> String {
    if text.contains(['|', '\\']) {
        references(text)
    } else {
        code(text)
    }
}

/// Text with every character that could be markup as a character reference.
fn references(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            c if c.is_ascii_punctuation() => safe.push_str(&format!("&#{};", c as u32)),
            c => safe.push(c),
        }
    }
    safe
}
