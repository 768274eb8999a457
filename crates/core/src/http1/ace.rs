//! Host names with labels in ASCII-compatible encoding (`xn--`, RFC 5890 section 2.3.2.1).

use unicode_normalization::UnicodeNormalization as _;

/// Whether every `xn--` label of an ASCII host name decodes to a label that needs the encoding and is in normal form.
///
/// `xn--4ca` decodes to `ä`; `xn--a` decodes to a control character, which no host name may contain.
pub(crate) fn is_ace_host(host: &[u8]) -> bool {
    host.split(|b| *b == b'.').all(|label| match label.get(..4) {
        Some(prefix) if prefix.eq_ignore_ascii_case(b"xn--") => {
            punycode(&label[4..]).is_some_and(|decoded| is_normal(&decoded))
        }
        _ => true,
    })
}

/// Whether a label is not ASCII, is in lower case and in normal form KC, and contains no control character or white
/// space.
fn is_normal(label: &str) -> bool {
    let folded: String = label.chars().flat_map(char::to_lowercase).nfkc().collect();
    !label.is_ascii() && folded == label && !label.chars().any(|c| c.is_control() || c.is_whitespace())
}

/// The maximum length of a label, in characters.
const LONGEST_LABEL: usize = 63;

/// The base of Punycode's numbers.
const BASE: u32 = 36;

/// Encodes a host name, read as Latin-1, in ASCII (RFC 3490 section 4.1): in lower case, with labels that are not ASCII
/// in Punycode. The text from the first colon on is kept. `None` if a label is too long.
pub(crate) fn ace_host(host: &[u8]) -> Option<Vec<u8>> {
    let end = memchr::memchr(b':', host).unwrap_or(host.len());
    let labels = host[..end].split(|b| *b == b'.').map(ace_label);
    let mut ace = labels.collect::<Option<Vec<_>>>()?.join(".").into_bytes();
    ace.extend_from_slice(&host[end..]);
    Some(ace)
}

fn ace_label(label: &[u8]) -> Option<String> {
    let fold = |b: &u8| match char::from(*b) {
        // A soft hyphen is removed (RFC 3454 table B.1). `ß` and `µ` are mapped here, because lower case leaves them
        // unchanged.
        '\u{ad}' => vec![],
        'ß' => vec!['s', 's'],
        'µ' => vec!['μ'],
        letter => letter.to_lowercase().collect(),
    };
    let prepared: String = label.iter().flat_map(fold).nfkc().collect();
    if prepared.is_ascii() {
        return Some(prepared);
    }
    let label: Vec<char> = prepared.chars().collect();
    (label.len() <= LONGEST_LABEL).then(|| format!("xn--{}", encoded(&label)))
}

/// Encodes Punycode (RFC 3492 section 6.3). `label` is short enough that no number overflows.
fn encoded(label: &[char]) -> String {
    let mut text: String = label.iter().filter(|c| c.is_ascii()).collect();
    let (basic, all) = (text.len() as u32, label.len() as u32);
    if basic > 0 {
        text.push('-');
    }
    let (mut code, mut delta, mut bias, mut done) = (128u32, 0u32, 72u32, basic);
    while done < all {
        let above = label.iter().map(|c| u32::from(*c)).filter(|c| *c >= code);
        let next = above.min().unwrap_or(code);
        delta += (next - code) * (done + 1);
        code = next;
        for c in label.iter().map(|c| u32::from(*c)) {
            delta += u32::from(c < code);
            if c == code {
                push_number(delta, bias, &mut text);
                bias = adapted(delta, done + 1, done == basic);
                (delta, done) = (0, done + 1);
            }
        }
        (delta, code) = (delta + 1, code + 1);
    }
    text
}

/// Writes a number with the digits of Punycode.
fn push_number(mut number: u32, bias: u32, text: &mut String) {
    let mut push = |digit: u32| text.push(char::from(b"abcdefghijklmnopqrstuvwxyz0123456789"[digit as usize % 36]));
    for k in (BASE..).step_by(BASE as usize) {
        let threshold = k.saturating_sub(bias).clamp(1, 26);
        if number < threshold {
            break;
        }
        push(threshold + (number - threshold) % (BASE - threshold));
        number = (number - threshold) / (BASE - threshold);
    }
    push(number);
}

/// Decodes Punycode (RFC 3492 section 6.2).
fn punycode(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.is_ascii())?;
    let (basic, digits) = text.rsplit_once('-').unwrap_or(("", text));
    let mut decoded: Vec<char> = basic.chars().collect();
    let (mut code, mut at, mut bias) = (128u32, 0u32, 72u32);
    let mut digits = digits.chars().map(|c| match c {
        'a'..='z' => Some(c as u32 - 'a' as u32),
        'A'..='Z' => Some(c as u32 - 'A' as u32),
        '0'..='9' => Some(c as u32 - '0' as u32 + 26),
        _ => None,
    });
    while let Some(first) = digits.next() {
        let (before, mut weight, mut k, mut digit) = (at, 1u32, BASE, first?);
        loop {
            at = at.checked_add(digit.checked_mul(weight)?)?;
            let threshold = k.saturating_sub(bias).clamp(1, 26);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
            k += BASE;
            digit = digits.next()??;
        }
        let count = u32::try_from(decoded.len()).ok()? + 1;
        bias = adapted(at - before, count, before == 0 && decoded.len() == basic.len());
        code = code.checked_add(at / count)?;
        at %= count;
        decoded.insert(at as usize, char::from_u32(code)?);
        at += 1;
    }
    Some(decoded.into_iter().collect())
}

/// The bias after a delta (RFC 3492 section 6.1).
fn adapted(delta: u32, count: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / 700 } else { delta / 2 };
    delta += delta / count;
    let mut k = 0;
    while delta > 35 * 26 / 2 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stand_for_others() {
        for (text, want) in [
            ("4ca", Some("ä")),
            ("mnchen-3ya", Some("münchen")),
            ("egbpdaj6bu4bxfgehfvwxn", Some("ليهمابتكلموشعربي؟")),
            ("a", Some("\u{80}")),
            ("-", Some("")),
            ("99999999", None),
            ("a!", None),
        ] {
            assert_eq!(punycode(text.as_bytes()).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn hosts_in_ascii() {
        for (host, want) in [
            (&b"a.B:80"[..], &b"a.b:80"[..]),
            (b"\xe4", b"xn--4ca"),
            (b"m\xfcnchen.de:81", b"xn--mnchen-3ya.de:81"),
            (b"\xdf.\xaa\xad", b"ss.a"),
            (b"\xb5", b"xn--xxa"),
            (b"\xbd", b"xn--12-c6t"),
            (b"a\xa8b", b"xn--a b-eec"),
            (b"a\xb4", b"xn--a -9tb"),
            (b"", b""),
        ] {
            let got = ace_host(host).expect("a short label");
            assert_eq!(got, want, "{}", String::from_utf8_lossy(&got));
        }
        assert_eq!(ace_host(&[0xe4; 64]), None);
    }

    #[test]
    fn hosts() {
        for (host, want) in [
            ("a.b", true),
            ("xn--4ca.a", true),
            ("XN--4CA", true),
            ("xn--a", false),
            ("b.xn--a", false),
            ("xn--", false),
            ("", true),
        ] {
            assert_eq!(is_ace_host(host.as_bytes()), want, "{host}");
        }
    }
}
