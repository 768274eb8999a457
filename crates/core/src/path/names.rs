//! File name rules of operating systems. They are pure functions, so that the rules of each system are tested on every
//! one.
//!
//! Some names must never be passed to a system, because it would open something other than a file of that name.

/// How an operating system interprets file names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameRules {
    /// Each sequence of bytes is a different name, and only `/` is special: Linux and most Unix systems.
    Exact,
    /// Names that differ only in case or in Unicode normalization refer to the same file: macOS.
    Loose,
    /// As `Loose`, and some names refer to devices, streams, other paths or short names: Windows.
    Windows,
}

/// The characters that a name on Windows must not contain: separators, the colon of drives and streams, wildcards, and
/// reserved characters.
const RESERVED: &[char] = &[':', '\\', '/', '<', '>', '"', '|', '?', '*'];

impl NameRules {
    /// The rules of the system for which this program was compiled.
    pub const HERE: Self = if cfg!(windows) {
        Self::Windows
    } else if cfg!(target_vendor = "apple") {
        Self::Loose
    } else {
        Self::Exact
    };

    /// Whether the path may be passed to the system: each of its names can only refer to a file of that name.
    pub fn accepts(self, path: &[u8]) -> bool {
        let is_valid_on_windows = |path: &str| path.is_empty() || path.split('/').all(is_name_on_windows);
        self != Self::Windows || std::str::from_utf8(path).is_ok_and(is_valid_on_windows)
    }
}

/// Whether Windows takes a name literally. It does not for devices (`NUL`, `com1.txt`), streams (`a.txt::$DATA`),
/// drives (`c:`), trailing dots and spaces, which it removes, and several names in one (`a\b`).
///
/// Short 8.3 names look like ordinary names. The caller asks the file system about them.
fn is_name_on_windows(name: &str) -> bool {
    !(name.is_empty()
        || is_device(name)
        || name.ends_with(['.', ' '])
        || name.contains(|c: char| c < ' ' || RESERVED.contains(&c)))
}

/// Whether a name refers to a device. Windows finds its devices in every directory, and ignores an extension.
fn is_device(name: &str) -> bool {
    let stem = name.split(['.', ':']).next().unwrap_or_default();
    let stem = stem.trim_end_matches(' ').to_ascii_lowercase();
    let is_numbered = |kind: &str| {
        let number = stem.strip_prefix(kind).unwrap_or_default();
        let mut digits = number.chars();
        matches!(
            (digits.next(), digits.next()),
            (Some('0'..='9' | '¹' | '²' | '³'), None)
        )
    };
    matches!(
        stem.as_str(),
        "con" | "prn" | "aux" | "nul" | "conin$" | "conout$" | "clock$"
    ) || is_numbered("com")
        || is_numbered("lpt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_windows_does_not_take_literally() {
        for name in [
            "con",
            "NUL",
            "NUL.txt",
            "nul .txt",
            "nul:",
            "com1",
            "COM0",
            "lpt9.a.b",
            "com¹",
            "LPT³.log",
            "conin$",
            "CONOUT$.x",
            "aux .txt",
            "a:b",
            "c:",
            "a::$DATA",
            "a:$I30:$INDEX_ALLOCATION",
            "a.",
            "a...",
            "a ",
            ".. ",
            "...",
            "a\\b",
            "\\\\?\\c",
            "a*",
            "a?",
            "a\"b",
            "a<b",
            "a\tb",
        ] {
            assert!(!NameRules::Windows.accepts(name.as_bytes()), "{name}");
            assert!(
                !NameRules::Windows.accepts(format!("sub/{name}/x").as_bytes()),
                "{name}"
            );
            assert!(
                NameRules::Exact.accepts(name.as_bytes()) && NameRules::Loose.accepts(name.as_bytes()),
                "{name}"
            );
        }
    }

    #[test]
    fn similar_names_that_are_ordinary_files() {
        for name in [
            "",
            "console",
            "a.con",
            "com10",
            "com",
            "com¹²",
            "lpt",
            "index.html",
            "音乐.txt",
            "a~b",
            "nuls",
            "a~1.txt",
            ".hidden",
            "..x",
            " a",
            "a b",
            "$data",
        ] {
            assert!(NameRules::Windows.accepts(name.as_bytes()), "{name}");
        }
    }
}
