//! Patterns with stars, for paths and for other texts.

use std::fmt;

/// A pattern. A star matches any number of bytes, including none. All other bytes match themselves.
///
/// ```
/// use labserve_core::glob::Glob;
///
/// assert!(Glob::path("/img/*.png").fits(b"/img/a.png"));
/// assert!(!Glob::path("/img/*").fits(b"/img/a/b.png"));
/// assert!(Glob::path("/img/**").fits(b"/img/a/b.png"));
/// assert!(Glob::text("text/*").fits(b"text/html, */*"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Glob {
    pattern: Vec<u8>,
    /// Whether a single star stands for slashes, too.
    deep: bool,
}

impl Glob {
    /// A pattern for paths: `*` stands for any bytes but a slash, `**` for any bytes.
    pub fn path(pattern: &str) -> Self {
        Self {
            pattern: pattern.as_bytes().to_vec(),
            deep: false,
        }
    }

    /// A pattern for a text in which slashes mean nothing.
    pub fn text(pattern: &str) -> Self {
        Self {
            pattern: pattern.as_bytes().to_vec(),
            deep: true,
        }
    }

    /// Whether the pattern has a question mark: then it is compared with a query, too.
    pub fn has_query(&self) -> bool {
        self.pattern.contains(&b'?')
    }

    /// The bytes that every matching text begins with: the pattern before its first star.
    pub fn beginning(&self) -> &[u8] {
        let end = memchr::memchr(b'*', &self.pattern);
        &self.pattern[..end.unwrap_or(self.pattern.len())]
    }

    /// The bytes that every matching text ends with: the pattern after its last star.
    pub fn ending(&self) -> &[u8] {
        let start = memchr::memrchr(b'*', &self.pattern).map(|at| at + 1);
        &self.pattern[start.unwrap_or(0)..]
    }

    /// The only text that matches, if the pattern has no star.
    pub fn only(&self) -> Option<&[u8]> {
        (!self.pattern.contains(&b'*')).then_some(&self.pattern)
    }

    /// Whether every text that begins with [`beginning`](Self::beginning) matches.
    pub fn is_beginning(&self) -> bool {
        self.are_any_bytes(&self.pattern[self.beginning().len()..])
    }

    /// Whether every text that begins with [`beginning`](Self::beginning) and has no slash after it matches.
    pub fn is_beginning_of_name(&self) -> bool {
        !self.deep && self.pattern[self.beginning().len()..] == *b"*"
    }

    /// Whether every text that ends with [`ending`](Self::ending) matches.
    pub fn is_ending(&self) -> bool {
        self.are_any_bytes(&self.pattern[..self.pattern.len() - self.ending().len()])
    }

    /// Whether this part of the pattern stands for any bytes, slashes among them.
    fn are_any_bytes(&self, part: &[u8]) -> bool {
        let least = if self.deep { 1 } else { 2 };
        part.len() >= least && part.iter().all(|byte| *byte == b'*')
    }

    /// Whether the pattern matches the whole of `text`.
    pub fn fits(&self, text: &[u8]) -> bool {
        fits(&self.pattern, self.deep, text)
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.pattern))
    }
}

/// A star that has been matched, and how far its bytes reach so far.
#[derive(Clone, Copy)]
struct Star {
    /// The offset in the pattern after the star.
    after: usize,
    /// The offset in the text after the star's bytes.
    until: usize,
    /// Whether it stands for slashes, too.
    deep: bool,
}

/// Compares pattern and text without recursion. After a mismatch, the last star takes one more byte. If that byte is a
/// slash and the star must not take it, the last `**` before it takes one more byte instead. Earlier stars need not be
/// tried: the later star can take whatever an earlier one could.
fn fits(pattern: &[u8], all_deep: bool, text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut stars: [Option<Star>; 2] = [None, None];
    loop {
        match (pattern.get(p), text.get(t)) {
            (None, None) => return true,
            (Some(b'*'), _) => {
                let is_double = pattern.get(p + 1) == Some(&b'*');
                let deep = all_deep || is_double;
                p += if is_double { 2 } else { 1 };
                let star = Some(Star {
                    after: p,
                    until: t,
                    deep,
                });
                stars = if deep { [star, None] } else { [stars[0], star] };
                continue;
            }
            (Some(want), Some(byte)) if want == byte => {
                (p, t) = (p + 1, t + 1);
                continue;
            }
            _ => {}
        }
        // The innermost star that may take one more byte.
        loop {
            let at = if stars[1].is_some() { 1 } else { 0 };
            let Some(star) = &mut stars[at] else {
                return false;
            };
            match text.get(star.until) {
                Some(byte) if star.deep || *byte != b'/' => {
                    star.until += 1;
                    (p, t) = (star.after, star.until);
                    break;
                }
                Some(_) if at == 1 => stars[1] = None,
                _ => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_patterns_of_paths_fit() {
        for (pattern, text, want) in [
            ("/big", "/big", true),
            ("/big", "/bigger", false),
            ("/big*", "/bigger", true),
            ("/big*", "/big/a", false),
            ("/*/c", "/ab/c", true),
            ("/*/c", "/a/b/c", false),
            ("/**/c", "/a/b/c", true),
            ("**", "", true),
            ("**.js", "/a/b.js", true),
            ("**.js", "/a.js/b.css", false),
            ("/a**/b*d", "/a/x/b/c/bcd", true),
            ("/a**/b*d", "/a/x/b/c/bc", false),
            ("*/*", "a/b", true),
            ("*a*b", "xaxaxb", true),
            ("/a?x=*", "/a?x=1", true),
            ("", "", true),
            ("", "/", false),
        ] {
            assert_eq!(Glob::path(pattern).fits(text.as_bytes()), want, "{pattern} {text}");
        }
    }

    #[test]
    fn what_patterns_of_texts_fit() {
        for (pattern, text, want) in [
            ("text/*", "text/html", true),
            ("text/*", "text/html, */*", true),
            ("*+xml", "a+xml", true),
            (".ht*", ".htaccess", true),
            (".ht*", "a.ht", false),
            ("a", "a", true),
            ("*", "", true),
        ] {
            assert_eq!(Glob::text(pattern).fits(text.as_bytes()), want, "{pattern} {text}");
        }
    }

    #[test]
    fn what_is_outside_the_stars() {
        for (pattern, beginning, ending) in [
            ("/a", "/a", "/a"),
            ("/a/*.png", "/a/", ".png"),
            ("**", "", ""),
            ("/a/**", "/a/", ""),
            ("*/b*/c", "", "/c"),
        ] {
            let glob = Glob::path(pattern);
            assert_eq!(
                (glob.beginning(), glob.ending()),
                (beginning.as_bytes(), ending.as_bytes())
            );
        }
    }

    #[test]
    fn a_pattern_of_many_stars_takes_no_exponential_time() {
        let pattern = Glob::path(&"a*".repeat(50));
        assert!(!pattern.fits(&[b'b'; 50_000]));
        let deep = Glob::path(&format!("{}c", "**a".repeat(30)));
        assert!(!deep.fits(&[b'a'; 5_000]));
        assert!(!Glob::text(&format!("{}c", "*a".repeat(30))).fits(&[b'a'; 5_000]));
    }

    #[test]
    fn what_a_beginning_or_an_ending_is_enough_for() {
        for (glob, beginning, ending, only) in [
            (Glob::path("/a"), false, false, true),
            (Glob::path("/a*"), false, false, false),
            (Glob::path("/a**"), true, false, false),
            (Glob::path("**"), true, true, false),
            (Glob::path("**/b"), false, true, false),
            (Glob::path("*/b"), false, false, false),
            (Glob::path("/a**b"), false, false, false),
            (Glob::text("a*"), true, false, false),
            (Glob::text("*a"), false, true, false),
            (Glob::text("*a*"), false, false, false),
        ] {
            let found = (glob.is_beginning(), glob.is_ending(), glob.only().is_some());
            assert_eq!(found, (beginning, ending, only), "{glob}");
            assert_eq!(glob.is_beginning_of_name(), glob == Glob::path("/a*"), "{glob}");
        }
    }
}
