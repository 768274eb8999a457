//! Writers of numbers, escapes and encodings into byte buffers, and of untrusted text for people.

use std::borrow::Cow;

/// Writes `n` in decimal.
pub fn decimal(n: u64, out: &mut Vec<u8>) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut n = n;
    loop {
        at -= 1;
        digits[at] = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Writes `n` in lower-case hexadecimal, without leading zeros.
pub fn hexadecimal(n: u64, out: &mut Vec<u8>) {
    let mut digits = [0u8; 16];
    let mut at = digits.len();
    let mut n = n;
    loop {
        at -= 1;
        digits[at] = b"0123456789abcdef"[(n & 15) as usize];
        n >>= 4;
        if n == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Writes `n` in base 36: digits, then lower-case letters.
pub fn base36(n: u64, out: &mut Vec<u8>) {
    let start = out.len();
    let mut n = n;
    loop {
        out.push(b"0123456789abcdefghijklmnopqrstuvwxyz"[(n % 36) as usize]);
        n /= 36;
        if n == 0 {
            break;
        }
    }
    out[start..].reverse();
}

/// Writes the eight bytes of `n` in little-endian order, each in hexadecimal without a leading zero. The
/// entity tags of some servers contain a time in this form.
pub fn hexadecimal_bytes(n: u64, out: &mut Vec<u8>) {
    for byte in n.to_le_bytes() {
        hexadecimal(u64::from(byte), out);
    }
}

/// Writes `text` with each byte that `escapes` lists replaced.
pub fn escape(text: &[u8], escapes: &[(u8, &str)], out: &mut Vec<u8>) {
    for byte in text {
        match escapes.iter().find(|(special, _)| special == byte) {
            Some((_, replacement)) => out.extend_from_slice(replacement.as_bytes()),
            None => out.push(*byte),
        }
    }
}

/// Writes `text` as Python's `repr` writes a string of Latin-1 characters.
///
/// The quotes are single, or double if the text contains a single quote and no double one. Unprintable characters
/// become `\xNN`; tab, line feed, carriage return, backslash and the quote are escaped with a backslash. Bytes from
/// 0xa1 on are printable Latin-1 characters, except for the soft hyphen 0xad, and are written unchanged.
pub fn quoted_literal(text: &[u8], out: &mut Vec<u8>) {
    let quote = if text.contains(&b'\'') && !text.contains(&b'"') {
        b'"'
    } else {
        b'\''
    };
    out.push(quote);
    for byte in text {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b if *b == quote => out.extend_from_slice(&[b'\\', quote]),
            b' '..=b'~' => out.push(*byte),
            0xa1..=0xac | 0xae.. => out.push(*byte),
            _ => {
                out.extend_from_slice(b"\\x");
                out.extend_from_slice(&[
                    b"0123456789abcdef"[usize::from(byte >> 4)],
                    b"0123456789abcdef"[usize::from(byte & 15)],
                ]);
            }
        }
    }
    out.push(quote);
}

/// Converts Latin-1 to UTF-8.
pub fn latin1_to_utf8(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        push_latin1(*byte, out);
    }
}

fn push_latin1(byte: u8, out: &mut Vec<u8>) {
    if byte < 0x80 {
        out.push(byte);
    } else {
        out.extend_from_slice(&[0xc0 | byte >> 6, 0x80 | byte & 0x3f]);
    }
}

/// The Adler-32 checksum (RFC 1950 section 9).
pub fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65521;
        (a, (b + a) % 65521)
    });
    b << 16 | a
}

/// Untrusted text in a form that is safe to print: text from the wire or from a file, or a file name.
///
/// Characters that could end the line, move the cursor or change the order of the displayed text are escaped, and so
/// are bytes that are not UTF-8.
///
/// All code that prints such text for people uses this function.
pub fn printable(bytes: &[u8]) -> impl std::fmt::Display + '_ {
    std::fmt::from_fn(move |f| {
        for chunk in bytes.utf8_chunks() {
            for c in chunk.valid().chars() {
                if misleads(c) {
                    write!(f, "{}", c.escape_default())?;
                } else {
                    std::fmt::Write::write_char(f, c)?;
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    })
}

/// The same for text of several lines. Each line end becomes LF.
pub fn printable_lines(text: &str) -> impl std::fmt::Display + '_ {
    std::fmt::from_fn(move |f| {
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            let line = line.strip_suffix('\r').unwrap_or(line);
            write!(f, "{}", printable(line.as_bytes()))?;
        }
        Ok(())
    })
}

/// JSON in which every misleading character is replaced by its JSON escape.
///
/// The text is safe to print, and keeps its meaning. Serializers escape only the characters that JSON forbids in strings: the C0 controls.
pub fn printable_json(json: &str) -> Cow<'_, str> {
    let misleads = |c: char| !c.is_ascii_control() && misleads(c) || c == '\x7f';
    if json.is_ascii() && !json.contains('\x7f') || !json.contains(misleads) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if misleads(c) {
            // All of them are in the Basic Multilingual Plane, so that four digits suffice.
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Whether a character could make a terminal or a reader see different text.
///
/// These are control characters (C0, DEL and C1), line and paragraph separators, and the characters that control the
/// direction of writing (Unicode Standard Annex 9, section 2).
pub fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn numbers() {
        for n in [0, 1, 9, 10, 15, 16, 255, 256, 682, u64::MAX] {
            assert_eq!(text(|out| decimal(n, out)), n.to_string());
            assert_eq!(text(|out| hexadecimal(n, out)), format!("{n:x}"));
        }
        assert_eq!(
            text(|out| hexadecimal_bytes(0x01da_0bde_3071_f1b0, out)),
            "b0f17130debda1"
        );
    }

    #[test]
    fn quoted_literals() {
        for (from, want) in [
            (&b"garbage"[..], &b"'garbage'"[..]),
            (b"\0\x01", b"'\\x00\\x01'"),
            (b"it's", b"\"it's\""),
            (b"it's \"it\"", b"'it\\'s \"it\"'"),
            (b"\xe9\x80\xad", b"'\xe9\\x80\\xad'"),
        ] {
            let mut out = Vec::new();
            quoted_literal(from, &mut out);
            assert_eq!(out, want, "{}", String::from_utf8_lossy(from));
        }
    }

    #[test]
    fn foreign_text_is_printed_without_what_misleads() {
        for (from, want) in [
            (&b"plain text: ~"[..], "plain text: ~"),
            (
                "caf\u{e9} \u{4e2d}\u{6587} \u{1f600}".as_bytes(),
                "caf\u{e9} \u{4e2d}\u{6587} \u{1f600}",
            ),
            (b"a\nb\r\tc\0", "a\\nb\\r\\tc\\u{0}"),
            (b"\x1b[31m\x07\x7f", "\\u{1b}[31m\\u{7}\\u{7f}"),
            (
                "\u{80}\u{9b}31m\u{9f}\u{85}".as_bytes(),
                "\\u{80}\\u{9b}31m\\u{9f}\\u{85}",
            ),
            ("\u{61c}\u{200e}\u{200f}".as_bytes(), "\\u{61c}\\u{200e}\\u{200f}"),
            (
                "\u{202a}\u{202e}\u{2066}\u{2069}".as_bytes(),
                "\\u{202a}\\u{202e}\\u{2066}\\u{2069}",
            ),
            ("\u{2028}\u{2029}".as_bytes(), "\\u{2028}\\u{2029}"),
            (b"\xff\x9b\xc3", "\\xff\\x9b\\xc3"),
            (
                "\u{200d}\u{202f}\u{2065}\u{206a}".as_bytes(),
                "\u{200d}\u{202f}\u{2065}\u{206a}",
            ),
        ] {
            assert_eq!(printable(from).to_string(), want, "{from:?}");
        }
    }

    #[test]
    fn json_keeps_its_meaning_and_its_line_ends() {
        let json = "{\n  \"a\": \"b\\u001b\u{7f}\u{9b}\u{202e}\u{2028}\u{e9}\"\n}\n";
        let want = "{\n  \"a\": \"b\\u001b\\u007f\\u009b\\u202e\\u2028\u{e9}\"\n}\n";
        assert_eq!(printable_json(json), want);
        assert!(matches!(printable_json("{\"a\": 1}\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn lines_stay_lines() {
        let text = "a\r\nb\u{202e}\r\x1b\n";
        assert_eq!(printable_lines(text).to_string(), "a\nb\\u{202e}\\r\\u{1b}\n");
    }

    #[test]
    fn adler32_of_a_known_text() {
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }
}
