//! The cookies of a request (RFC 6265 section 4.2.1), read as leniently as servers read them.

/// The value of the last cookie called `name` in a Cookie field; `None` if there is none.
///
/// Semicolons separate the cookies. White space around a name or a value does not count. A value in double quotes may
/// contain escapes. Text without `=` is not a cookie.
pub fn last_value(field: &[u8], name: &str) -> Option<String> {
    let field = String::from_utf8_lossy(trim_latin1(field));
    field.rsplit(';').find_map(|pair| {
        let (found, value) = pair.split_once('=')?;
        (trim(found) == name).then(|| unquoted(trim(value)))
    })
}

/// Without white space at both ends, as in Python's `str.strip`: the separators U+001C to U+001F count.
fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\x1c'..='\x1f').contains(&c))
}

/// The same for a field that is still read as Latin-1, in which 0x85 and 0xa0 are white space.
fn trim_latin1(field: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b'\t'..=b'\r' | 0x1c..=b' ' | 0x85 | 0xa0);
    let start = field.iter().position(|byte| !is_space(byte)).unwrap_or(field.len());
    let end = field
        .iter()
        .rposition(|byte| !is_space(byte))
        .map_or(start, |at| at + 1);
    &field[start..end]
}

/// A value without its double quotes and escapes: `\\141` is the character of that octal number, and a backslash before
/// any other character stands for that character.
fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return value.to_owned();
    };
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match octal(rest) {
            Some(character) => {
                text.push(character);
                rest = &rest[3..];
            }
            None if rest.is_empty() || rest.starts_with('\n') => text.push('\\'),
            None => {
                let next = rest.chars().next().map_or(0, char::len_utf8);
                text.push_str(&rest[..next]);
                rest = &rest[next..];
            }
        }
    }
    text.push_str(rest);
    text
}

/// The character that three octal digits at the start of `text` stand for.
fn octal(text: &str) -> Option<char> {
    let digits = text.get(..3)?;
    let fits = digits.starts_with(|c| ('0'..='3').contains(&c)) && digits.bytes().all(|b| (b'0'..=b'7').contains(&b));
    fits.then(|| u8::from_str_radix(digits, 8).ok().map(char::from))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_cookie_of_a_name_counts() {
        for (field, want) in [
            ("a=b", Some("b")),
            ("a=", Some("")),
            ("a", None),
            ("=b", None),
            ("A=b", None),
            ("a=b=c", Some("b=c")),
            ("x=y; a=b", Some("b")),
            ("x=y;;a=b;", Some("b")),
            ("x=y, a=b", None),
            ("a=b; a=c", Some("c")),
            ("a=b; a", Some("b")),
            ("\ta\x0b=\x1fb\u{a0};", Some("b")),
            ("x=\u{2003}; a=b\u{2003};", Some("b")),
            ("a=\"b\"", Some("b")),
            ("a=\"\"", Some("")),
            ("a=\"", Some("\"")),
            ("a=\"b\\141\\x\\\"c\"", Some("bax\"c")),
            ("a=\"\\401\"", Some("401")),
            ("a=\"b\\\"", Some("b\\")),
            ("a=\"\\\u{e9}\"", Some("\u{e9}")),
        ] {
            assert_eq!(last_value(field.as_bytes(), "a").as_deref(), want, "{field:?}");
        }
    }

    #[test]
    fn bytes_beyond_ascii_are_trimmed_before_they_are_decoded() {
        assert_eq!(last_value(b"a=b\xa0", "a").as_deref(), Some("b"));
        assert_eq!(last_value(b"a=b\xc2\xa0", "a").as_deref(), Some("b\u{fffd}"));
    }
}
