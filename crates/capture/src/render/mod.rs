//! Writes a [`Capture`](crate::model::Capture) as text, JSON, Markdown or HTML.
//!
//! Text from the wire is made safe: control characters are escaped, and it is never interpreted as markup. All formats
//! show the same statements; these functions only lay them out.
//!
//! ```
//! use labserve_capture::{Lang, explain_bytes, render};
//!
//! let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/captures/report-1.pcapng.gz");
//! let capture = explain_bytes(&std::fs::read(path)?, &[])?;
//! assert!(render::json(&capture)?.starts_with("{\n  \"version\": 2,"));
//! assert!(render::html(&capture, Lang::En).starts_with("<!DOCTYPE html>"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod begins;
mod html;
mod json;
mod ladder;
mod markdown;
mod mermaid;
mod phase;
#[cfg(test)]
mod sample;
mod table;
mod text;

pub use html::render as html;
pub use html::sections as html_sections;
pub use json::render as json;
pub use ladder::render as ladder;
pub use markdown::render as markdown;
pub use text::{Ladders, render as text};

use std::borrow::Cow;

/// Text of at most `most` characters. A longer text is cut and ends with an ellipsis.
fn clip(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => text.into(),
        Some((at, _)) => format!("{}…", &text[..at]).into(),
    }
}
