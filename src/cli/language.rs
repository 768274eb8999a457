//! The language of the program's texts: that of `--lang`, otherwise that of the locale.
//!
//! Texts are written in English where they occur. They pass through [`translated`] when they are printed.

use labserve_core::locale::{Lang, translate};
use std::borrow::Cow;
use std::ffi::OsString;
use std::sync::OnceLock;

static CHOSEN: OnceLock<Lang> = OnceLock::new();

/// The language of this process; English until one is chosen.
pub(super) fn chosen() -> Lang {
    CHOSEN.get().copied().unwrap_or_default()
}

/// Sets the language of this process from its arguments, otherwise from its environment. Returns the arguments without
/// a `--lang` before a command, where the parser would not expect it.
pub(super) fn choose(arguments: Vec<OsString>) -> Vec<OsString> {
    let (named, arguments) = named(arguments);
    let lang = named.unwrap_or_else(|| of_locale(|name| std::env::var(name).ok(), labserve_server::sys::shows_chinese));
    // A second call in one process has no effect.
    let _ = CHOSEN.set(lang);
    arguments
}

/// A text for people in the language of this process.
pub(super) fn translated(text: &str) -> Cow<'_, str> {
    translate(text, chosen())
}

/// The language that the arguments name. The option is removed, unless its value is not a language: the parser reports
/// that.
fn named(mut arguments: Vec<OsString>) -> (Option<Lang>, Vec<OsString>) {
    let end = arguments
        .iter()
        .position(|word| word == "--")
        .unwrap_or(arguments.len());
    let language = |word: &OsString| Lang::ALL.into_iter().find(|lang| word == lang.tag());
    for at in 0..end {
        let Some(word) = arguments[at].to_str() else { continue };
        let (lang, count) = match (word, word.strip_prefix("--lang=")) {
            ("--lang", _) => (arguments.get(at + 1).and_then(language), 2),
            (_, Some(value)) => (language(&value.into()), 1),
            _ => continue,
        };
        if lang.is_some() {
            arguments.drain(at..at + count);
            return (lang, arguments);
        }
    }
    (None, arguments)
}

/// The language of the locale: that of the first variable that is set and not empty (POSIX, section 8.2). If none is
/// set, the language of the system.
fn of_locale(variable: impl Fn(&str) -> Option<String>, is_chinese: impl Fn() -> bool) -> Lang {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(variable);
    match set.into_iter().find(|value| !value.is_empty()) {
        Some(locale) if locale.starts_with("zh") => Lang::Zh,
        None if is_chinese() => Lang::Zh,
        _ => Lang::En,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_that_of_the_locale() {
        for (set, system, want) in [
            (&[("LANG", "zh_CN.UTF-8")][..], false, Lang::Zh),
            (&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "C")], true, Lang::En),
            (&[("LANG", "en_GB.UTF-8"), ("LC_MESSAGES", "zh_TW")], false, Lang::Zh),
            (&[("LANG", "zh_CN"), ("LC_ALL", "")], false, Lang::Zh),
            (&[], false, Lang::En),
            (&[], true, Lang::Zh),
        ] {
            let variable = |name: &str| {
                set.iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(of_locale(variable, || system), want, "{set:?}");
        }
    }

    #[test]
    fn the_option_may_stand_anywhere() {
        for (arguments, lang, rest) in [
            ("--lang zh check", Some(Lang::Zh), "check"),
            (
                "explain a.pcap --lang=en --json",
                Some(Lang::En),
                "explain a.pcap --json",
            ),
            ("explain a.pcap --lang de", None, "explain a.pcap --lang de"),
            ("explain --lang", None, "explain --lang"),
            ("explain -- --lang zh", None, "explain -- --lang zh"),
        ] {
            let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
            assert_eq!(named(words(arguments)), (lang, words(rest)), "{arguments}");
        }
    }
}
