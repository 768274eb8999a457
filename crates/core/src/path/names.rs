//! How a file system reads names: pure, so that each system's rules are tested on every system.
//!
//! Knows which names must not be handed to a system, because it would take them for something else; knows no directory.

/// How the system reads the names of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameRules {
    /// Every spelling is a name of its own, and only `/` is more than a letter: Linux and most of Unix.
    Exact,
    /// Names that differ in case, or in how Unicode composes their letters, are one file's: macOS.
    Loose,
    /// The same, and some names are not files' at all: devices, streams, paths, short names. Windows.
    Windows,
}

/// What may not stand in a name on Windows: separators, the mark of drives and streams, wildcards, and what is reserved.
const RESERVED: &[char] = &[':', '\\', '/', '<', '>', '"', '|', '?', '*'];

impl NameRules {
    /// The rules of the system that this runs on.
    pub const HERE: NameRules = if cfg!(windows) {
        NameRules::Windows
    } else if cfg!(target_vendor = "apple") {
        NameRules::Loose
    } else {
        NameRules::Exact
    };

    /// Whether every name of a path below the root may be handed to the system: whether it can only be read as a file's.
    pub fn take(self, path: &str) -> bool {
        self != NameRules::Windows || path.is_empty() || path.split('/').all(is_name_on_windows)
    }
}

/// Whether Windows reads a name as that name and nothing else: not as a device (`NUL`, `com1.txt`), a stream
/// (`a.txt::$DATA`), a drive (`c:`), another name (it drops dots and spaces at the end) or several (`a\b`).
///
/// Short 8.3 names cannot be told by their looks; the file system is asked for them.
fn is_name_on_windows(name: &str) -> bool {
    !(name.is_empty()
        || is_device(name)
        || name.ends_with(['.', ' '])
        || name.contains(|c: char| c < ' ' || RESERVED.contains(&c)))
}

/// Whether a name is a device's, with whatever ending: Windows has looked for devices in every directory since CP/M.
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
    fn names_that_windows_would_misread() {
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
            assert!(!NameRules::Windows.take(name), "{name}");
            assert!(!NameRules::Windows.take(&format!("sub/{name}/x")), "{name}");
            assert!(NameRules::Exact.take(name) && NameRules::Loose.take(name), "{name}");
        }
    }

    #[test]
    fn names_that_only_look_like_it() {
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
            assert!(NameRules::Windows.take(name), "{name}");
        }
    }
}
