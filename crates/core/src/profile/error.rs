//! Mistakes in a configuration, reported to people: what was wrong, where, and what was expected.

use crate::http1::text::printable;
use std::fmt;

/// A mistake in a profile, in `server.toml` or in a `--set`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, or what the text is known by.
    pub origin: String,
    /// The line, counted from 1.
    pub line: Option<usize>,
    /// The key, with its tables.
    pub key: Option<String>,
    /// What was wrong and what was expected.
    pub message: String,
}

impl ConfigError {
    /// The mistake that the TOML parser found in `text`.
    pub fn from_toml(origin: &str, text: &str, error: &toml::de::Error) -> Self {
        Self {
            origin: origin.to_owned(),
            line: error.span().map(|span| line_of(text, span.start)),
            key: None,
            message: error.message().trim().replace('\n', "; "),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", printable(self.origin.as_bytes()))?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ": {}", printable(clipped(key).as_bytes()))?;
        }
        let message = clipped(&self.message);
        write!(f, ": {}", printable(message.as_bytes()))?;
        if message.len() < self.message.len() {
            write!(f, " ... ({} bytes more)", self.message.len() - message.len())?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// The beginning of a text that may quote a value of any length.
fn clipped(text: &str) -> &str {
    &text[..text.floor_char_boundary(2000)]
}

/// The number of the line that contains byte `at` of `text`, counted from 1.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}
