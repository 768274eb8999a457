//! Templates: text with `{placeholder}` and `{placeholder:filter}`, compiled once and rendered by copying.
//!
//! This module knows names and filters. The values come from the [`Values`] of the caller. A placeholder may have no
//! value. Then the whole text is left out, or the head line that contains it.

mod filter;
mod fits;
#[allow(rustdoc::broken_intra_doc_links, reason = "`[files]` names a table of a profile")]
mod placeholder;
#[cfg(test)]
mod tests;

pub use filter::Filter;
pub use fits::Known;
pub use placeholder::Placeholder;

use crate::digest::Digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where the values of a template come from.
pub trait Values {
    /// The value of a placeholder that is a number.
    fn number(&self, placeholder: Placeholder) -> Option<i128>;
    /// Writes the value of any other placeholder. Returns false if it has no value.
    fn text(&self, placeholder: Placeholder, out: &mut Vec<u8>) -> bool;
    /// Writes a digest that this module cannot compute: one about the content of a file. Returns false if it is not
    /// known.
    fn digest(&self, about: About, digest: Digest, out: &mut Vec<u8>) -> bool {
        let _ = (about, digest, out);
        false
    }
}

/// Values that may be too long to be rendered as text, of which digests can be rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The content of a file: [`Placeholder::Content`].
    Content,
    /// A text that may contain it: [`Placeholder::EtagText`].
    EtagText,
}

impl About {
    fn placeholder(self) -> Placeholder {
        match self {
            Self::Content => Placeholder::Content,
            Self::EtagText => Placeholder::EtagText,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(Vec<u8>),
    Value(Placeholder, Vec<Filter>),
    /// A digest, and the filters after it.
    Digest(About, Digest, Vec<Filter>),
}

impl Segment {
    fn may_break_line(&self) -> bool {
        match self {
            Self::Literal(text) => breaks_line(text),
            Self::Value(placeholder, _) => placeholder.may_break_line(),
            Self::Digest(..) => false,
        }
    }

    fn is_bare(&self, placeholder: Placeholder) -> bool {
        matches!(self, Self::Value(p, filters) if *p == placeholder && filters.is_empty())
    }

    fn placeholder(&self) -> Option<Placeholder> {
        match self {
            Self::Literal(_) => None,
            Self::Value(placeholder, _) => Some(*placeholder),
            Self::Digest(about, ..) => Some(about.placeholder()),
        }
    }
}

/// Whether a text must not be written into a line. The name of a file, or a target that a lenient profile accepts, may
/// contain a line terminator, which would split the line, or a NUL, which ends the text for some parsers.
pub(super) fn breaks_line(text: &[u8]) -> bool {
    memchr::memchr3(b'\r', b'\n', 0, text).is_some()
}

/// A compiled template. Two templates are equal if their sources are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    source: String,
    segments: Vec<Segment>,
    /// Whether the rendered text can contain a line terminator or NUL.
    may_break_line: bool,
}

impl Template {
    /// Compiles a template. `{{` stands for a brace. A brace that is not followed by a name stands for itself.
    ///
    /// # Errors
    /// A placeholder or filter that does not exist, or a filter that does not apply to the value. The message
    /// suggests a name.
    pub fn parse(source: &str) -> Result<Self, String> {
        let mut segments = Vec::new();
        let mut literal = String::new();
        let mut rest = source;
        while let Some(brace) = rest.find('{') {
            literal.push_str(&rest[..brace]);
            rest = &rest[brace..];
            if rest.starts_with("{{") {
                literal.push('{');
                rest = &rest[2..];
                continue;
            }
            let Some(inside) = placeholder_text(rest) else {
                literal.push('{');
                rest = &rest[1..];
                continue;
            };
            if !literal.is_empty() {
                segments.push(Segment::Literal(std::mem::take(&mut literal).into_bytes()));
            }
            segments.push(parse_placeholder(inside)?);
            rest = &rest[inside.len() + 2..];
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            segments.push(Segment::Literal(literal.into_bytes()));
        }
        Ok(Self {
            source: source.to_owned(),
            may_break_line: segments.iter().any(Segment::may_break_line),
            segments,
        })
    }

    /// The text that it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it contains `placeholder`.
    pub fn asks_for(&self, placeholder: Placeholder) -> bool {
        self.segments.iter().any(|s| s.placeholder() == Some(placeholder))
    }

    /// How often it contains `placeholder` other than in a digest.
    pub(super) fn times_shown(&self, placeholder: Placeholder) -> usize {
        let is_shown = |s: &&Segment| matches!(s, Segment::Value(p, _) if *p == placeholder);
        self.segments.iter().filter(is_shown).count()
    }

    /// How often it contains `placeholder` without a filter.
    pub(super) fn times_bare(&self, placeholder: Placeholder) -> usize {
        self.segments.iter().filter(|s| s.is_bare(placeholder)).count()
    }

    /// The digests about the content of a file.
    pub(super) fn digests(&self) -> impl Iterator<Item = (About, Digest)> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Digest(about, digest, _) => Some((*about, *digest)),
            _ => None,
        })
    }

    /// Its text, if it has no placeholder.
    pub fn fixed(&self) -> Option<&[u8]> {
        match self.segments.as_slice() {
            [] => Some(b""),
            [Segment::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether it consists of `placeholder` only, without a filter.
    pub fn is_just(&self, placeholder: Placeholder) -> bool {
        matches!(self.segments.as_slice(), [Segment::Value(p, filters)] if *p == placeholder && filters.is_empty())
    }

    /// Whether it consists of `placeholder` only, with this one filter.
    pub fn is_just_filtered(&self, placeholder: Placeholder, filter: Filter) -> bool {
        matches!(self.segments.as_slice(), [Segment::Value(p, filters)] if *p == placeholder && *filters == [filter])
    }

    /// Renders it as a line with its terminator. Writes nothing if a placeholder has no value, or if a value would end
    /// the line.
    pub(super) fn render_line(&self, values: &impl Values, out: &mut Vec<u8>) {
        let start = out.len();
        if !self.render(values, out) {
            return;
        }
        if self.may_break_line && breaks_line(&out[start..]) {
            out.truncate(start);
            return;
        }
        out.extend_from_slice(b"\r\n");
    }

    /// Renders it. Returns false and writes nothing if a placeholder has no value.
    pub fn render(&self, values: &impl Values, out: &mut Vec<u8>) -> bool {
        render(&self.segments, values, out)
    }

    /// The text that it renders before and after its first `placeholder` without a filter. `None` if it has none, or if
    /// another placeholder has no value.
    pub(crate) fn render_around(&self, placeholder: Placeholder, values: &impl Values) -> Option<(Vec<u8>, Vec<u8>)> {
        let at = self.segments.iter().position(|s| s.is_bare(placeholder))?;
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let rendered =
            render(&self.segments[..at], values, &mut before) && render(&self.segments[at + 1..], values, &mut after);
        rendered.then_some((before, after))
    }
}

fn render(segments: &[Segment], values: &impl Values, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    for segment in segments {
        let written = match segment {
            Segment::Literal(text) => {
                out.extend_from_slice(text);
                true
            }
            Segment::Value(placeholder, filters) => render_value(*placeholder, filters, values, out),
            Segment::Digest(about, digest, filters) => {
                let start = out.len();
                values.digest(*about, *digest, out) && apply(filters, start, out)
            }
        };
        if !written {
            out.truncate(start);
            return false;
        }
    }
    true
}

/// The text between the braces, if `text` begins with a placeholder.
fn placeholder_text(text: &str) -> Option<&str> {
    let inside = &text[1..text.find('}')?];
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | ':');
    (inside.starts_with(|c: char| c.is_ascii_lowercase()) && inside.chars().all(is_name)).then_some(inside)
}

fn parse_placeholder(inside: &str) -> Result<Segment, String> {
    let mut words = inside.split(':');
    let name = words.next().unwrap_or_default();
    let Some((placeholder, ..)) = Placeholder::ALL.iter().find(|(_, n, _)| *n == name) else {
        return Err(
            unknown("placeholder", name, Placeholder::ALL.iter().map(|(_, n, _)| *n))
                + " A brace that is meant as such is written `{{`.",
        );
    };
    let mut filters = Vec::new();
    for word in words {
        let Some((filter, ..)) = Filter::ALL.iter().find(|(_, n, _)| *n == word) else {
            return Err(unknown("filter", word, Filter::ALL.iter().map(|(_, n, _)| *n)));
        };
        if filter.is_for_numbers() && !(placeholder.is_number() && filters.is_empty()) {
            return Err(format!(
                "the filter `{word}` applies to numbers only, and `{name}` is not a number"
            ));
        }
        filters.push(*filter);
    }
    let about = match placeholder {
        Placeholder::Content => Some(About::Content),
        Placeholder::EtagText => Some(About::EtagText),
        _ => None,
    };
    if let (Some(about), Some(digest)) = (about, filters.first().and_then(|filter| filter.digest())) {
        return Ok(Segment::Digest(about, digest, filters.split_off(1)));
    }
    Ok(Segment::Value(*placeholder, filters))
}

fn unknown(what: &str, name: &str, known: impl Iterator<Item = &'static str> + Clone) -> String {
    match super::near(name, known.clone()) {
        near @ Some(_) => format!("unknown {what} `{name}`{}", super::suggestion(near)),
        None => format!(
            "unknown {what} `{name}`; known are {}.",
            known.collect::<Vec<_>>().join(", ")
        ),
    }
}

fn render_value(placeholder: Placeholder, filters: &[Filter], values: &impl Values, out: &mut Vec<u8>) -> bool {
    let (mut filters, start) = (filters, out.len());
    if placeholder.is_number() {
        let Some(n) = values.number(placeholder) else {
            return false;
        };
        filter::write_number(filters.first().copied(), n, out);
        filters = filters.get(1..).unwrap_or_default();
    } else if !values.text(placeholder, out) {
        return false;
    }
    apply(filters, start, out)
}

/// Applies filters to what was written since `start`. Returns false if no value is left.
fn apply(filters: &[Filter], start: usize, out: &mut Vec<u8>) -> bool {
    for filter in filters {
        let value = out.split_off(start);
        if !filter.apply(&value, out) {
            return false;
        }
    }
    true
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let source = String::deserialize(deserializer)?;
        Self::parse(&source).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.source)
    }
}
