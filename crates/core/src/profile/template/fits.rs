//! The reverse of rendering: whether a text could have been rendered from a template.

use super::{Filter, Placeholder, Segment, Template};
use std::cell::Cell;

/// What is known about the value of a placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing.
    Nothing,
    /// It is a number from the first to the second.
    Number(u64, u64),
    /// It is this text, ignoring case.
    Text(String),
}

impl Template {
    /// Whether the template has no placeholder.
    pub fn is_literal(&self) -> bool {
        self.segments
            .iter()
            .all(|segment| matches!(segment, Segment::Literal(_)))
    }

    /// Whether `text` could have been rendered from this template, given what is known about the values.
    ///
    /// Returns false if the comparison would take too many steps.
    pub fn fits(&self, text: &[u8], known: &impl Fn(Placeholder) -> Known) -> bool {
        fits(&self.segments, text, known, &Cell::new(STEPS))
    }
}

/// Maximum number of steps of one comparison. Without a limit, several placeholders in a row would make it
/// exponential.
const STEPS: u32 = 20_000;

fn fits(segments: &[Segment], text: &[u8], known: &impl Fn(Placeholder) -> Known, steps: &Cell<u32>) -> bool {
    steps.set(steps.get().saturating_sub(1));
    match segments.split_first() {
        _ if steps.get() == 0 => false,
        None => text.is_empty(),
        Some((Segment::Literal(literal), rest)) => {
            let rest_of_text = text.strip_prefix(literal.as_slice());
            rest_of_text.is_some_and(|text| fits(rest, text, known, steps))
        }
        // The value cannot be recovered from its digest.
        Some((Segment::Digest(..), rest)) => (1..=text.len()).rev().any(|end| fits(rest, &text[end..], known, steps)),
        Some((Segment::Value(placeholder, filters), rest)) => {
            let longest = text
                .iter()
                .take_while(|byte| may_hold(*placeholder, filters, **byte))
                .count();
            let shortest = usize::from(!may_be_empty(*placeholder));
            (shortest..=longest)
                .rev()
                .any(|end| agrees(*placeholder, filters, &text[..end], known) && fits(rest, &text[end..], known, steps))
        }
    }
}

/// Whether the value can be empty while its line is still sent.
fn may_be_empty(placeholder: Placeholder) -> bool {
    matches!(
        placeholder,
        Placeholder::EncodingSuffix
            | Placeholder::Extension
            | Placeholder::Query
            | Placeholder::QueryText
            | Placeholder::Origin
            | Placeholder::Fragment
            | Placeholder::ColonPort
            | Placeholder::Padding
    )
}

fn may_hold(placeholder: Placeholder, filters: &[Filter], byte: u8) -> bool {
    if filters.iter().any(|filter| filter.digest().is_some()) {
        return true;
    }
    match (placeholder.is_number(), filters.first()) {
        (false, _) => true,
        (true, Some(Filter::Base36)) => byte.is_ascii_alphanumeric(),
        (true, Some(Filter::Hex | Filter::Hex64 | Filter::HexBytes | Filter::Pad16Hex)) => byte.is_ascii_hexdigit(),
        (true, _) => byte.is_ascii_digit(),
    }
}

fn agrees(placeholder: Placeholder, filters: &[Filter], text: &[u8], known: &impl Fn(Placeholder) -> Known) -> bool {
    let Ok(text) = std::str::from_utf8(text) else {
        return !placeholder.is_number();
    };
    // The value cannot be recovered from its digest.
    if filters.iter().any(|filter| filter.digest().is_some()) {
        return true;
    }
    let number = match filters.first() {
        Some(Filter::Hex | Filter::Hex64 | Filter::Pad16Hex) => u64::from_str_radix(text, 16).ok(),
        Some(Filter::Base36) => u64::from_str_radix(text, 36).ok(),
        // The bytes are written without leading zeros, so the number cannot be recovered.
        Some(Filter::HexBytes) => return true,
        _ => text.parse().ok(),
    };
    match known(placeholder) {
        Known::Nothing => !placeholder.is_number() || number.is_some(),
        Known::Number(low, high) => number.is_some_and(|number| (low..=high).contains(&number)),
        Known::Text(want) => text.eq_ignore_ascii_case(&want),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_template_could_have_written() {
        let known = |placeholder| match placeholder {
            Placeholder::Size => Known::Number(682, 682),
            Placeholder::MtimeMs => Known::Number(1_698_766_276_000, 1_698_766_276_999),
            Placeholder::Reason => Known::Text("OK".into()),
            _ => Known::Nothing,
        };
        for (template, text, want) in [
            ("W/\"{size:x}-{mtime_ms:x}\"", "W/\"2aa-18b865c4709\"", true),
            ("W/\"{size:x}-{mtime_ms:x}\"", "W/\"2ab-18b865c4709\"", false),
            ("W/\"{size:x}-{mtime_ms:x}\"", "\"2aa-18b865c4709\"", false),
            ("W/\"{size:x}-{mtime_ms:x}\"", "W/\"2aa-18b865c4709\"x", false),
            ("\"{mtime:x}-{size:x}\"", "\"65411d44-2aa\"", true),
            ("\"{size:x}-{mtime_ms:x64}\"", "\"2aa-18b865c4709\"", true),
            ("\"{mtime:x}-{size:x}\"", "\"65411d44-g\"", false),
            ("\"{size:base36}-{size}\"", "\"iy-682\"", true),
            ("\"{size:base36}-{size}\"", "\"iz-682\"", false),
            ("\"{size:md5}\"", "\"0a113ef6b61820daa5611c870ed8d5ee\"", true),
            ("\"{content:md5}\"", "\"0a113ef6b61820daa5611c870ed8d5ee\"", true),
            ("\"{content:md5}\"", "\"\"", false),
            ("Content-Type: {content_type}", "Content-Type: text/html", true),
            ("Content-Type: {content_type}", "Content-Type: ", false),
            ("{reason}", "ok", true),
            ("timeout=5, max={remaining}", "timeout=5, max=99", true),
            ("a{path}b{path}c", "axbbyc", true),
            ("\"{size:x}{encoding_suffix}\"", "\"2aa\"", true),
            ("\"{size:x}{encoding_suffix}\"", "\"2aa-gzip\"", true),
        ] {
            let template = Template::parse(template).expect(template);
            assert_eq!(
                template.fits(text.as_bytes(), &known),
                want,
                "{} {text}",
                template.source()
            );
        }
    }
}
