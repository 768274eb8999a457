//! Is a file's entity tag among those that a field names? Comparison and list syntax are two separate choices.
//!
//! Nothing here knows what a match means: that is `http1::precondition`.

use serde::{Deserialize, Serialize};

/// RFC 9110 section 8.8.3.2.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// Equal, and neither of them weak.
    Strong,
    /// Equal but for `W/`.
    Weak,
}

/// How a field is taken apart into entity tags.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum ListSyntax {
    /// RFC 9110: quoted tags between commas, empty members allowed; nothing behind a malformed one is looked at.
    #[default]
    Rfc9110,
    /// Like `rfc9110`, but a backslash hides a quote, a member may go on behind its closing quote (and is then
    /// another tag), and a first byte `*` stands for any tag whatever follows it.
    Quoted,
    /// Cut at every comma, quoted or not; each piece is compared as it stands, quotes and all, without the spaces
    /// around it. Weak comparison allows one more `W/` on either side.
    Commas,
    /// At the start of the field and behind every comma, quoted or not: is this the tag, up to the next comma? The
    /// end of the field is reached as soon as what is left is shorter than the tag.
    Prefix,
    /// Quotes are optional, `w/` is `W/`, a tag ends where a comma follows, and a bare `*` anywhere is any tag (for
    /// the weak comparison only: it is no strong tag).
    Bare,
    /// The tag occurs anywhere in the field; a first byte `*` stands for any tag. Always strong.
    Substring,
}

/// Whether `field` names `etag`. Without an entity tag only `*` can match: the file itself is there.
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
            // An empty tag is written without quotes here, and is none.
            !member.tag.is_empty() && member.tag == unquoted(etag) && (comparison == Comparison::Weak || !member.weak)
        }),
        ListSyntax::Substring => contains(field, etag),
    }
}

/// Whether `field` says `*`: any tag.
pub fn names_any(field: &[u8], syntax: ListSyntax) -> bool {
    match syntax {
        ListSyntax::Quoted | ListSyntax::Substring => field.first() == Some(&b'*'),
        ListSyntax::Bare => field.contains(&b'*') && bare(field).any(|member| !member.quotes && member.tag == b"*"),
        ListSyntax::Rfc9110 | ListSyntax::Commas | ListSyntax::Prefix => field == b"*",
    }
}

/// Whether `etag` occurs in `field`.
pub fn contains(field: &[u8], etag: &[u8]) -> bool {
    !etag.is_empty() && field.windows(etag.len()).any(|window| window == etag)
}

/// `W/` or not, and what follows it.
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
        // Where only a strong tag can match, one that begins with `W/` ends a lenient reader's list.
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

/// The length of a quoted tag, or of everything if its closing quote is missing.
fn tag_length(opaque: &[u8]) -> usize {
    opaque
        .iter()
        .skip(1)
        .position(|byte| *byte == b'"')
        .map_or(opaque.len(), |index| index + 2)
}

/// Up to the first comma that is not between quotes.
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
        if let Some(behind) = field.strip_prefix(tag) {
            field = behind;
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

/// The first member, and what follows the comma behind it.
fn bare_member(field: &[u8]) -> (Bare<'_>, &[u8]) {
    let (weak, text) = match field {
        [b'W' | b'w', b'/', text @ ..] => (true, text),
        _ => (false, field),
    };
    if text.first() == Some(&b'"') {
        // A quote closes the tag only where the member ends behind it: `"a"b"` is one tag.
        for (index, _) in text.iter().enumerate().skip(1).filter(|(_, byte)| **byte == b'"') {
            if let Some(rest) = behind_member(&text[index + 1..]) {
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
    // Space before a comma separates; space before the end of the field belongs to the tag.
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

/// What follows the comma, if nothing but space is before it, or the end.
fn behind_member(text: &[u8]) -> Option<&[u8]> {
    if text.is_empty() {
        return Some(text);
    }
    text.trim_ascii_start().strip_prefix(b",").map(<[u8]>::trim_ascii_start)
}

/// The tag without `W/` and quotes, if it has any: what a bare list is compared with.
pub fn unquoted(tag: &[u8]) -> &[u8] {
    let tag = match tag.trim_ascii() {
        [b'W' | b'w', b'/', rest @ ..] => rest,
        whole => whole,
    };
    match tag {
        [b'"', inner @ .., b'"'] => inner,
        // A single quote is its own first and last byte, and goes.
        b"\"" => b"",
        _ => tag,
    }
}

#[cfg(test)]
mod tests;
