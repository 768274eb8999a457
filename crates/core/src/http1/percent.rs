//! Percent-encoding (RFC 3986 section 2.1).

/// Decodes each `%XX` once. A `%` without two hexadecimal digits stays as it is; [`first_bad`] finds it.
///
/// ```
/// use labserve_core::http1::percent::decode;
///
/// assert_eq!(decode(b"a%20b"), b"a b");
/// // The result is not decoded again, so that `%25` cannot smuggle an escape past a check.
/// assert_eq!(decode(b"%252e"), b"%2e");
/// assert_eq!(decode(b"100%"), b"100%");
/// ```
pub fn decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        match escape(&text[at..]) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(text[at]);
                at += 1;
            }
        }
    }
    out
}

/// The offset of the first `%` that is not followed by two hexadecimal digits.
pub fn first_bad(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'%', text).find(|at| escape(&text[*at..]).is_none())
}

/// Whether `text` contains an escape of `byte`.
pub fn holds_escape_of(text: &[u8], byte: u8) -> bool {
    memchr::memchr_iter(b'%', text).any(|at| escape(&text[at..]) == Some(byte))
}

fn escape(text: &[u8]) -> Option<u8> {
    match text {
        [b'%', high, low, ..] => Some(hex(*high)? << 4 | hex(*low)?),
        _ => None,
    }
}

fn hex(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).map(|d| d as u8)
}

/// Writes `text` with each byte escaped that is neither alphanumeric nor in `safe`. Digits are in upper case.
pub fn encode(text: &[u8], safe: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        if byte.is_ascii_alphanumeric() || safe.contains(byte) {
            out.push(*byte);
        } else {
            push_escape(*byte, out);
        }
    }
}

/// Like [`encode`], with digits in lower case.
pub fn encode_lower(text: &[u8], safe: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        if byte.is_ascii_alphanumeric() || safe.contains(byte) {
            out.push(*byte);
        } else {
            let start = out.len();
            push_escape(*byte, out);
            out[start..].make_ascii_lowercase();
        }
    }
}

/// Writes `text` with bytes above 0x7f as escapes, with digits in lower case.
pub fn encode_beyond_ascii(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        if byte.is_ascii() {
            out.push(*byte);
        } else {
            encode_lower(&[*byte], b"", out);
        }
    }
}

/// Like [`encode`], but keeps existing escapes.
pub fn encode_rest(text: &[u8], safe: &[u8], out: &mut Vec<u8>) {
    for (at, byte) in text.iter().enumerate() {
        let keep =
            byte.is_ascii_alphanumeric() || safe.contains(byte) || (*byte == b'%' && escape(&text[at..]).is_some());
        if keep { out.push(*byte) } else { push_escape(*byte, out) }
    }
}

fn push_escape(byte: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.extend_from_slice(&[b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_once() {
        for (text, want) in [
            ("a%20b", "a b"),
            ("%252e", "%2e"),
            ("%2", "%2"),
            ("%zz%41", "%zzA"),
            ("%", "%"),
            ("", ""),
        ] {
            assert_eq!(decode(text.as_bytes()), want.as_bytes(), "{text}");
        }
        assert_eq!(first_bad(b"%41%4"), Some(3));
        assert_eq!(first_bad(b"%41%42"), None);
        assert!(holds_escape_of(b"/a%2Fb", b'/'));
        assert!(!holds_escape_of(b"/a%252Fb", b'/'));
    }

    #[test]
    fn encode_rest_keeps_existing_escapes_and_encode_does_not() {
        let mut out = Vec::new();
        encode_rest(b"/%41 %4", b"/", &mut out);
        assert_eq!(out, b"/%41%20%254");
        out.clear();
        encode(b"/%41 \xff", b"/", &mut out);
        assert_eq!(out, b"/%2541%20%FF");
    }
}
