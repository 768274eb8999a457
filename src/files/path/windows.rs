//! Names that Windows reads as other ones.

/// Whether a name is unsafe to hand to Windows: a device, an alternate stream, or a name that Windows would read as
/// another one (a dot or space at its end, a short 8.3 name). Harmless elsewhere, so it is asked on Windows alone.
pub fn is_unsafe_on_windows(name: &str) -> bool {
    let stem = name
        .split(['.', ':'])
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_ascii_lowercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|n| {
            matches!(
                n,
                "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"
            )
        })
    };
    let device = matches!(
        stem.as_str(),
        "con" | "prn" | "aux" | "nul" | "conin$" | "conout$" | "clock$"
    ) || numbered("com")
        || numbered("lpt");
    let short = name
        .char_indices()
        .any(|(at, c)| c == '~' && name[at + 1..].starts_with(|d: char| d.is_ascii_digit()));
    device
        || short
        || name.ends_with(['.', ' '])
        || name.contains(|c: char| c < ' ' || matches!(c, ':' | '\\' | '/' | '<' | '>' | '"' | '|' | '?' | '*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_windows_would_misread() {
        for name in [
            "con", "NUL.txt", "com1", "lpt9.a.b", "a:b", "a::$DATA", "a.", "a ", "PROGRA~1", "aux .txt", "com¹",
            "a\\b", "conin$",
        ] {
            assert!(is_unsafe_on_windows(name), "{name}");
        }
        for name in [
            "console",
            "a.con",
            "com10",
            "com",
            "index.html",
            "音乐.txt",
            "a~b",
            "nuls",
        ] {
            assert!(!is_unsafe_on_windows(name), "{name}");
        }
    }
}
