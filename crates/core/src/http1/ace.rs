//! Host names whose labels stand for others in ASCII (`xn--`, RFC 5890 section 2.3.2.1).

use unicode_normalization::UnicodeNormalization as _;

/// Whether every label of an ASCII host name that begins with `xn--` stands for a label that would be encoded as this
/// one.
///
/// `xn--4ca` stands for `ä`; `xn--a` stands for a control character, which no host name may have.
pub(crate) fn is_ace_host(host: &[u8]) -> bool {
    host.split(|b| *b == b'.').all(|label| match label.get(..4) {
        Some(prefix) if prefix.eq_ignore_ascii_case(b"xn--") => {
            punycode(&label[4..]).is_some_and(|decoded| is_normal(&decoded))
        }
        _ => true,
    })
}

/// Whether a label is not ASCII, in lower case, in normal form KC, and has no control or space.
fn is_normal(label: &str) -> bool {
    let folded: String = label.chars().flat_map(char::to_lowercase).nfkc().collect();
    !label.is_ascii() && folded == label && !label.chars().any(|c| c.is_control() || c.is_whitespace())
}

/// Decodes Punycode (RFC 3492 section 6.2).
fn punycode(text: &[u8]) -> Option<String> {
    const BASE: u32 = 36;
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
