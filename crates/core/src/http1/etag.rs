//! Entity tags (RFC 9110 section 8.8.3): whether a list in a field contains the file's tag.
//!
//! The comparison and the syntax of the list are independent settings. [`super::precondition`] decides what a match
//! means.

use serde::{Deserialize, Serialize};

/// How two entity tags are compared (RFC 9110 section 8.8.3.2).
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// The tags are equal and neither is weak.
    Strong,
    /// The tags are equal apart from `W/`.
    Weak,
}

/// How a field is split into entity tags.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ListSyntax {
    /// Quoted tags between commas, empty members allowed (RFC 9110 section 13.1.1). A malformed member ends the list.
    #[default]
    Rfc9110,
    /// Like `rfc9110`, but a backslash escapes a quote, text after a closing quote belongs to the member (which then is
    /// a different tag), and a field that begins with `*` matches any tag.
    Quoted,
    /// Split at every comma, even inside quotes. Each piece is compared with its quotes but without surrounding spaces.
    /// Weak comparison allows one additional `W/` on either side.
    Commas,
    /// The tag must occur at the start of the field or after a comma, even inside quotes, and extend to the next comma.
    /// The search ends when the rest of the field is shorter than the tag.
    Prefix,
    /// Quotes are optional, `w/` counts as `W/`, a tag ends before a comma, and an unquoted `*` anywhere matches any
    /// tag, but only in a weak comparison.
    Bare,
    /// The tag may occur anywhere in the field. A field that begins with `*` matches any tag. The comparison is always
    /// strong.
    Substring,
}

/// Whether the list in `field` contains `etag`.
///
/// `etag` is `None` or empty for a file without an entity tag. Only `*` matches such a file, because it exists.
///
/// ```
/// use labserve_core::http1::etag::{Comparison, ListSyntax, matches};
///
/// let field = br#"W/"a", "b""#;
/// assert!(matches(field, Some(br#""a""#), Comparison::Weak, ListSyntax::Rfc9110));
/// assert!(!matches(field, Some(br#""a""#), Comparison::Strong, ListSyntax::Rfc9110));
/// assert!(matches(b"*", None, Comparison::Strong, ListSyntax::Rfc9110));
/// ```
pub fn matches(field: &[u8], etag: Option<&[u8]>, comparison: Comparison, syntax: ListSyntax) -> bool {
    if names_any(field, syntax) {
        return syntax != ListSyntax::Bare || comparison == Comparison::Weak;
    }
    let Some(etag) = etag.filter(|etag| !etag.is_empty()) else {
        return false;
    };
    match syntax {
        ListSyntax::Rfc9110 => quoted(field, etag, comparison, false),
        ListSyntax::Quoted => quoted(field, etag, comparison, true),
        ListSyntax::Commas => commas(field, etag, comparison),
        ListSyntax::Prefix => prefix(field, etag, comparison),
        ListSyntax::Bare => bare(field).any(|member| {
            // An empty member is not a tag.
            !member.tag.is_empty() && member.tag == unquoted(etag) && (comparison == Comparison::Weak || !member.weak)
        }),
        ListSyntax::Substring => contains(field, etag),
    }
}

/// Whether `field` contains a `*` that matches any tag.
pub fn names_any(field: &[u8], syntax: ListSyntax) -> bool {
    match syntax {
        ListSyntax::Quoted | ListSyntax::Substring => field.first() == Some(&b'*'),
        ListSyntax::Bare => field.contains(&b'*') && bare(field).any(|member| !member.quotes && member.tag == b"*"),
        ListSyntax::Rfc9110 | ListSyntax::Commas | ListSyntax::Prefix => field == b"*",
    }
}

/// Whether `etag` occurs anywhere in `field`.
pub fn contains(field: &[u8], etag: &[u8]) -> bool {
    !etag.is_empty() && field.windows(etag.len()).any(|window| window == etag)
}

/// Splits off `W/`: whether the tag is weak, and the opaque tag.
pub fn weakness(tag: &[u8]) -> (bool, &[u8]) {
    tag.strip_prefix(b"W/").map_or((false, tag), |opaque| (true, opaque))
}

fn same(left: &[u8], right: &[u8], comparison: Comparison) -> bool {
    let ((left_weak, left), (right_weak, right)) = (weakness(left), weakness(right));
    left == right && !left.is_empty() && (comparison == Comparison::Weak || !(left_weak || right_weak))
}

fn quoted(mut field: &[u8], etag: &[u8], comparison: Comparison, lenient: bool) -> bool {
    loop {
        while let [b',' | b' ' | b'\t', rest @ ..] = field {
            field = rest;
        }
        let (weak, opaque) = weakness(field);
        // With a strong comparison, a lenient parser stops at the first weak tag.
        if opaque.first() != Some(&b'"') || (lenient && weak && comparison == Comparison::Strong) {
            return false;
        }
        let length = field.len() - opaque.len()
            + if lenient {
                loose_length(opaque)
            } else {
                tag_length(opaque)
            };
        let (member, rest) = field.split_at(length);
        let rest = rest.trim_ascii_start();
        if !rest.is_empty() && rest[0] != b',' {
            return false;
        }
        if same(member.trim_ascii_end(), etag, comparison) {
            return true;
        }
        field = rest;
    }
}

/// The length of a quoted tag; the length of the rest if the closing quote is missing.
fn tag_length(opaque: &[u8]) -> usize {
    opaque
        .iter()
        .skip(1)
        .position(|byte| *byte == b'"')
        .map_or(opaque.len(), |index| index + 2)
}

/// The length up to the first comma outside quotes.
fn loose_length(opaque: &[u8]) -> usize {
    let (mut inside, mut hidden) = (false, false);
    for (index, byte) in opaque.iter().enumerate() {
        match byte {
            _ if hidden => hidden = false,
            b'\\' => hidden = true,
            b'"' => inside = !inside,
            b',' if !inside => return index,
            _ => {}
        }
    }
    opaque.len()
}

fn commas(field: &[u8], etag: &[u8], comparison: Comparison) -> bool {
    let one_more = |longer: &[u8], shorter: &[u8]| longer.strip_prefix(b"W/") == Some(shorter);
    field
        .split(|byte| *byte == b',')
        .map(trim_spaces)
        .any(|piece| match comparison {
            Comparison::Strong => piece == etag && !etag.starts_with(b"W/"),
            Comparison::Weak => piece == etag || one_more(piece, etag) || one_more(etag, piece),
        })
}

fn trim_spaces(mut text: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] | [rest @ .., b' '] = text {
        text = rest;
    }
    text
}

fn prefix(mut field: &[u8], etag: &[u8], comparison: Comparison) -> bool {
    let weak = comparison == Comparison::Weak;
    let shorten = |tag: &mut &[u8]| {
        if weak && tag.len() > 2 {
            *tag = weakness(tag).1;
        }
    };
    let mut tag = etag;
    shorten(&mut tag);
    while !tag.is_empty() && !field.is_empty() {
        shorten(&mut field);
        if field.len() < tag.len() {
            return false;
        }
        if let Some(rest) = field.strip_prefix(tag) {
            field = rest;
            while let [b' ' | b'\t', rest @ ..] = field {
                field = rest;
            }
            if field.is_empty() || field[0] == b',' {
                return true;
            }
        }
        let comma = field.iter().position(|byte| *byte == b',').unwrap_or(field.len());
        field = &field[comma..];
        while let [b',' | b' ' | b'\t', rest @ ..] = field {
            field = rest;
        }
    }
    false
}

/// A member of a list in which quotes are optional.
struct Bare<'a> {
    weak: bool,
    tag: &'a [u8],
    quotes: bool,
}

fn bare(mut field: &[u8]) -> impl Iterator<Item = Bare<'_>> {
    std::iter::from_fn(move || {
        if field.is_empty() {
            return None;
        }
        let (member, rest) = bare_member(field);
        field = rest;
        Some(member)
    })
}

/// Splits off the first member. The rest begins after its comma.
fn bare_member(field: &[u8]) -> (Bare<'_>, &[u8]) {
    let (weak, text) = match field {
        [b'W' | b'w', b'/', text @ ..] => (true, text),
        _ => (false, field),
    };
    if text.first() == Some(&b'"') {
        // A quote closes the tag only at the end of the member: `"a"b"` is one tag.
        for (index, _) in text.iter().enumerate().skip(1).filter(|(_, byte)| **byte == b'"') {
            if let Some(rest) = after_member(&text[index + 1..]) {
                return (
                    Bare {
                        weak,
                        tag: &text[1..index],
                        quotes: true,
                    },
                    rest,
                );
            }
        }
    }
    let comma = text.iter().position(|byte| *byte == b',').unwrap_or(text.len());
    // Space before a comma is a separator. Space at the end of the field belongs to the tag.
    let tag = if comma < text.len() {
        text[..comma].trim_ascii_end()
    } else {
        text
    };
    let rest = text[comma..].get(1..).unwrap_or(b"").trim_ascii_start();
    (
        Bare {
            weak,
            tag,
            quotes: false,
        },
        rest,
    )
}

/// The text after the comma, if only space precedes it; an empty text at the end of the field.
fn after_member(text: &[u8]) -> Option<&[u8]> {
    if text.is_empty() {
        return Some(text);
    }
    text.trim_ascii_start().strip_prefix(b",").map(<[u8]>::trim_ascii_start)
}

/// The tag without `W/` and quotes, the form in which [`ListSyntax::Bare`] compares.
pub fn unquoted(tag: &[u8]) -> &[u8] {
    let tag = match tag.trim_ascii() {
        [b'W' | b'w', b'/', rest @ ..] => rest,
        whole => whole,
    };
    match tag {
        [b'"', inner @ .., b'"'] => inner,
        // A single quote counts as opening and closing quote.
        b"\"" => b"",
        _ => tag,
    }
}

#[cfg(test)]
mod tests;
