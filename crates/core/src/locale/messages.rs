//! Translates messages: an English message is looked up by its text.
//!
//! Mistakes, lines of the log and help texts are written in English where they occur, with values in them.
//! `locale/messages.toml` maps each English text, with a placeholder `{name}` for each value, to its Chinese
//! translation. A literal brace is written `{{`. A placeholder `{@name}` stands for a part that is a message itself.
//! `{*name}` stands for text from the wire, which may contain `; `, the separator between messages. Sentences of the
//! catalogue without a placeholder are messages, too.
//!
//! A message is translated completely or not at all: if a part is unknown, the whole message stays in English.

use super::{Lang, catalogue};
use std::borrow::Cow;
use std::cell::Cell;
use std::sync::LazyLock;

/// The maximum length in bytes of a line that is translated. A longer line quotes a value from a file.
const LONGEST: usize = 4096;
/// The maximum number of lookups for one line. A line that quotes many separators stays in English.
const LOOKUPS: u32 = 300;
/// The maximum number of positions that are tried as the end of a value.
const ENDS: usize = 16;

/// The number of lookups that are left for the line.
type Budget = Cell<u32>;

/// A part of a pattern.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// This text.
    Text(String),
    /// Any value; its name.
    Value(String),
    /// A value that may look like several messages; its name.
    Wire(String),
    /// A message; its name.
    Message(String),
}

/// One message in both languages.
#[derive(Debug)]
struct Entry {
    english: Vec<Part>,
    chinese: Vec<Part>,
}

impl Entry {
    fn new(english: &str, chinese: &str) -> Self {
        Self {
            english: parts(english),
            chinese: parts(chinese),
        }
    }

    /// Whether its fixed parts occur in the text, one after the other. This is quick, and rules out most messages.
    fn may_fit(&self, text: &str) -> bool {
        let fixed = self.english.iter().filter_map(|part| match part {
            Part::Text(fixed) => Some(fixed.as_str()),
            _ => None,
        });
        let mut rest = text;
        for (number, fixed) in fixed.enumerate() {
            let is_start = number == 0 && matches!(self.english[0], Part::Text(_));
            let after = match is_start {
                true => rest.strip_prefix(fixed),
                false => rest.split_once(fixed).map(|(_, after)| after),
            };
            match after {
                Some(after) => rest = after,
                None => return false,
            }
        }
        true
    }

    /// The total length of its fixed parts in bytes. Entries with more fixed text are tried first.
    fn weight(&self) -> usize {
        let fixed = |part: &Part| if let Part::Text(text) = part { text.len() } else { 0 };
        self.english.iter().map(fixed).sum()
    }
}

static FILE: &str = include_str!("../../../../locale/messages.toml");

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let mut entries: Vec<Entry> = pairs()
        .iter()
        .map(|(english, chinese)| Entry::new(english, chinese))
        .collect();
    let chinese = catalogue(Lang::Zh);
    let sentences = catalogue(Lang::En).iter().filter(|(_, text)| !text.contains('{'));
    entries.extend(sentences.filter_map(|(id, text)| Some(Entry::new(text, chinese.get(id)?))));
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.weight()));
    entries
});

static PAIRS: LazyLock<Vec<(String, String)>> = LazyLock::new(|| read(FILE));

/// Every message of `locale/messages.toml`, in English and in Chinese, with their placeholders.
pub fn pairs() -> &'static [(String, String)] {
    &PAIRS
}

#[expect(clippy::expect_used, reason = "the file is compiled in, and a test parses it")]
fn read(file: &str) -> Vec<(String, String)> {
    let file: toml::Table = toml::from_str(file).expect("the messages are TOML");
    let tables = file.into_iter().filter_map(|(_, value)| match value {
        toml::Value::Table(table) => Some(table),
        _ => None,
    });
    tables
        .flatten()
        .filter_map(|(english, value)| Some((english, value.as_str()?.to_owned())))
        .collect()
}

/// Translates text for people. Each line is translated separately and keeps its indentation. A line without a
/// translation stays as it is.
///
/// ```
/// use labserve_core::locale::{Lang, translate};
///
/// assert_eq!(translate("the value is missing", Lang::En), "the value is missing");
/// assert_eq!(translate("no such message", Lang::Zh), "no such message");
/// ```
pub fn translate(text: &str, lang: Lang) -> Cow<'_, str> {
    if lang == Lang::En {
        return Cow::Borrowed(text);
    }
    let line = |line: &str| {
        let message = line.trim();
        let start = line.len() - line.trim_start().len();
        let (before, after) = (&line[..start], &line[start + message.len()..]);
        match chinese(message) {
            Some(chinese) => format!("{before}{chinese}{after}"),
            None => line.to_owned(),
        }
    };
    Cow::Owned(text.split_inclusive('\n').map(line).collect())
}

/// The Chinese of one line, if all of it is known.
fn chinese(message: &str) -> Option<String> {
    (!message.is_empty() && message.len() <= LONGEST).then(|| whole(message, &Budget::new(LOOKUPS)))?
}

/// A message, or several with `; ` between them, or one after a place such as `mine.toml:3: `.
fn whole(text: &str, budget: &Budget) -> Option<String> {
    if let Some(found) = single(text, budget) {
        return Some(found);
    }
    for at in outside_quotes(text, "; ") {
        if budget.get() == 0 {
            return None;
        }
        let (first, rest) = (&text[..at], &text[at + 2..]);
        let first = single(first, budget).or_else(|| after_place(first, budget));
        if let Some((first, rest)) = first.zip(whole(rest, budget)) {
            return Some(format!("{first}；{rest}"));
        }
    }
    after_place(text, budget)
}

/// A message after the place that it is about: a file with its line, a key, an option.
fn after_place(text: &str, budget: &Budget) -> Option<String> {
    let places = outside_quotes(text, ": ").into_iter();
    places.take_while(|_| budget.get() > 0).find_map(|at| {
        let (place, rest) = (&text[..at + 2], &text[at + 2..]);
        Some(format!("{place}{}", whole(rest, budget)?))
    })
}

/// One message.
fn single(text: &str, budget: &Budget) -> Option<String> {
    budget.set(budget.get().checked_sub(1)?);
    ENTRIES.iter().find_map(|entry| {
        let mut values = Vec::new();
        let fits = entry.may_fit(text) && fits(&entry.english, text, budget, &mut values);
        fits.then(|| fill(&entry.chinese, &values))
    })
}

/// Whether the text consists of these parts. Appends the values of the placeholders.
fn fits<'p>(parts: &'p [Part], text: &str, budget: &Budget, values: &mut Vec<(&'p str, String)>) -> bool {
    let (name, part) = match parts {
        [] => return text.is_empty(),
        [Part::Text(fixed), rest @ ..] => {
            return text
                .strip_prefix(fixed.as_str())
                .is_some_and(|text| fits(rest, text, budget, values));
        }
        [part @ (Part::Value(name) | Part::Wire(name) | Part::Message(name)), ..] => (name, part),
    };
    let rest = &parts[1..];
    let ends: Vec<usize> = match rest {
        [] => vec![text.len()],
        [Part::Text(fixed), ..] => text
            .match_indices(fixed.as_str())
            .map(|(at, _)| at)
            .take(ENDS)
            .collect(),
        _ => return false,
    };
    for end in ends {
        let value = &text[..end];
        if value.is_empty() || matches!(part, Part::Value(_)) && !is_value(value) {
            continue;
        }
        let count = values.len();
        let value = match part {
            Part::Message(_) => whole(value, budget),
            _ => Some(value.to_owned()),
        };
        if let Some(value) = value {
            values.push((name, value));
            if fits(rest, &text[end..], budget, values) {
                return true;
            }
        }
        values.truncate(count);
    }
    false
}

/// Whether the text can be one value: it does not end inside quotes, and it contains no separator between messages
/// outside quotes.
fn is_value(text: &str) -> bool {
    let (found, is_open) = scan(text, "; ");
    found.is_empty() && !is_open
}

/// The offsets of a separator outside quotes.
fn outside_quotes(text: &str, separator: &str) -> Vec<usize> {
    scan(text, separator).0
}

/// The offsets of a separator outside quotes, and whether the text ends inside quotes.
fn scan(text: &str, separator: &str) -> (Vec<usize>, bool) {
    let mut quote = None;
    let mut found = Vec::new();
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match quote {
            // Only text in double quotes has escapes.
            Some(open) if c == open && (open == '`' || before != '\\') => quote = None,
            Some(_) => {}
            None if matches!(c, '`' | '"') => quote = Some(c),
            None if text[at..].starts_with(separator) => found.push(at),
            None => {}
        }
        before = c;
    }
    (found, quote.is_some())
}

fn fill(parts: &[Part], values: &[(&str, String)]) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Value(name) | Part::Wire(name) | Part::Message(name) => {
            let value = values.iter().find(|(known, _)| known == name);
            value.map_or_else(String::new, |(_, value)| value.clone())
        }
    };
    parts.iter().map(part).collect()
}

/// The parts of a message with placeholders.
fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut fixed = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        fixed.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            fixed.push_str(brace);
            rest = after;
        } else if let Some((name, after)) = rest.split_once('}') {
            if !fixed.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut fixed)));
            }
            parts.push(match (name.strip_prefix('@'), name.strip_prefix('*')) {
                (Some(name), _) => Part::Message(name.to_owned()),
                (None, Some(name)) => Part::Wire(name.to_owned()),
                (None, None) => Part::Value(name.to_owned()),
            });
            rest = after;
        }
    }
    fixed.push_str(rest);
    if !fixed.is_empty() {
        parts.push(Part::Text(fixed));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_has_fixed_parts_values_and_messages() {
        let want = [
            Part::Text("got ".to_owned()),
            Part::Value("value".to_owned()),
            Part::Text(" in {x}: ".to_owned()),
            Part::Message("why".to_owned()),
        ];
        assert_eq!(parts("got {value} in {{x}}: {@why}"), want);
    }

    #[test]
    fn values_are_kept_and_messages_combined() {
        let cases = [
            (
                "labserve: mine.toml:2: timers.idle: got \"5; x\"; expected true or false: write `idle = \"5s\"`",
                "labserve：mine.toml:2: timers.idle: 写的是 \"5; x\"；应为 true 或 false：请写 `idle = \"5s\"`",
            ),
            ("got 5; expected no such thing", "got 5; expected no such thing"),
            ("  the value is missing\n", "  缺少值\n"),
            ("a; b=c there, d here", "a; b=c（前者），d（后者）"),
            ("", ""),
        ];
        for (english, chinese) in cases {
            assert_eq!(translate(english, Lang::Zh), chinese);
            assert_eq!(translate(english, Lang::En), english);
        }
    }

    #[test]
    fn both_languages_have_the_same_placeholders() {
        for (english, chinese) in pairs() {
            let names = |text: &str| {
                let mut names: Vec<String> = parts(text)
                    .into_iter()
                    .filter_map(|part| match part {
                        Part::Text(_) => None,
                        Part::Value(name) | Part::Wire(name) | Part::Message(name) => Some(name),
                    })
                    .collect();
                names.sort();
                names.dedup();
                names
            };
            assert_eq!(names(english), names(chinese), "{english}");
        }
    }

    /// The translation gives up after a bounded number of steps.
    #[test]
    fn a_long_or_strange_text_stays_in_english() {
        for text in [
            "got 1; ".repeat(500),
            ": ".repeat(2000),
            "`".repeat(4000),
            "a: b; ".repeat(600),
        ] {
            assert_eq!(translate(&text, Lang::Zh), text);
        }
    }
}
