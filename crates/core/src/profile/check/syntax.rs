//! Mistakes that make a text something other than TOML.

use super::{Finding, MOST, directives, elsewhere, of_kind};
use crate::profile::schema::{Kind, Schema};
use std::ops::Range;
use toml::de::Error;

/// A mistake, and the range of the text in which it makes values meaningless.
pub(super) struct Broken {
    pub(super) finding: Finding,
    pub(super) spoils: Range<usize>,
}

/// The first mistake of each line that is not TOML.
pub(super) fn findings(schema: &Schema, text: &str, errors: &[Error]) -> Vec<Broken> {
    let mut places: Vec<(Range<usize>, &str)> = errors
        .iter()
        .map(|error| (error.span().unwrap_or_default(), error.message()))
        .collect();
    // A list without an end extends to the end of the text. Report one mistake for it.
    if let Some(end) = places
        .iter()
        .find(|(_, message)| message.starts_with("unclosed array"))
        .map(|p| p.0.start)
    {
        let all = places.clone();
        places.retain(|(span, message)| {
            message.starts_with("missing comma") || span.start > end || *message == "duplicate key"
        });
        places.truncate(1);
        if places.is_empty() {
            places = all;
        }
    }
    places.sort_by_key(|(span, _)| span.start);
    places.truncate(MOST);
    let mut findings: Vec<Broken> = Vec::new();
    let mut lines = Vec::new();
    for (span, message) in places {
        // Report something missing at the end of the text before it.
        let at = text[..span.start.min(text.len())].trim_end().len();
        let at = if span.is_empty() { at } else { span.start };
        let line = Line::at(text, at);
        if !lines.contains(&line.start) {
            lines.push(line.start);
            findings.push(Broken {
                finding: line.finding(schema, text, message),
                spoils: line.spoils(text, message),
            });
        }
    }
    findings
}

/// The line of a mistake.
struct Line<'t> {
    start: usize,
    text: &'t str,
    /// The table that the line is in.
    table: Vec<String>,
}

impl<'t> Line<'t> {
    fn at(text: &'t str, at: usize) -> Self {
        let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let line = text[start..].lines().next().unwrap_or_default();
        let header = |line: &str| {
            let name = line.trim().strip_prefix('[')?.split(']').next()?;
            Some(
                name.split('.')
                    .map(|part| part.trim_matches(['"', '\'', ' ']).to_owned())
                    .collect(),
            )
        };
        let before = text[..start].lines().rev();
        Self {
            start,
            text: line,
            table: before.filter_map(header).next().unwrap_or_default(),
        }
    }

    /// The range in which the mistake makes values meaningless. Keys below a broken table header belong to no table. A
    /// list or a text of several lines without an end extends to the end of the document.
    fn spoils(&self, text: &str, parser: &str) -> Range<usize> {
        let end = self.start + self.text.len();
        let rest = &text[end..];
        if self.text.trim_start().starts_with('[') {
            return self.start..end + rest.find("\n[").unwrap_or(rest.len());
        }
        match parser.starts_with("missing comma") || parser.contains("array") || parser.contains("multi-line") {
            true => self.start..text.len(),
            false => self.start..end + 1,
        }
    }

    fn finding(&self, schema: &Schema, text: &str, message: &str) -> Finding {
        let (name, value) = match self.text.split_once('=') {
            Some((name, value)) => (name.trim(), value.trim()),
            None => (self.text.trim(), ""),
        };
        let names = name
            .split('.')
            .map(|part| part.trim_matches(['"', '\'', ' ']).to_owned());
        let is_key = self.text.contains('=') && !name.is_empty() && !name.starts_with('[');
        let key: Vec<String> = match is_key {
            true => self.table.iter().cloned().chain(names).collect(),
            false => self.table.clone(),
        };
        Finding {
            span: self.start..self.start + self.text.len(),
            message: self.message(schema, text, message, name, value, &key),
            key,
        }
    }

    /// What is wrong, and what to write. The parser's message is only used to distinguish kinds of mistakes.
    fn message(&self, schema: &Schema, text: &str, parser: &str, name: &str, value: &str, key: &[String]) -> String {
        let path: Vec<&str> = key.iter().map(String::as_str).collect();
        let kind = schema.kind(&path);
        let such_as = kind.map_or_else(|| "\"text\"".to_owned(), of_kind);
        let word = value.split(" #").next().unwrap_or_default().trim();
        if let (true, Some((parent, special))) = (parser.starts_with("cannot extend"), name.rsplit_once('.')) {
            return format!(
                "`{parent}` has a value already; write both as `{parent} = {{ other = ..., {special} = {value} }}`, or the value \
                 of `{parent}` as `{parent}.other`"
            );
        }
        if let ("duplicate key", Some(Kind::Short(short, _))) = (parser, kind) {
            return format!(
                "`{name}` is a table already, because one of its keys is written; write its own value as `{name}.{short} = {value}`"
            );
        }
        if parser == "duplicate key" {
            return self.twice(text, name);
        }
        if self.text.contains('\r') {
            return "a line ends with CR alone, as on old Macs; save the file with the line ends LF or CRLF".to_owned();
        }
        if value.starts_with('"') && (parser.contains("escape") || parser.contains("unicode")) {
            let single = value.trim_matches('"');
            return format!(
                "a `\\` in double quotes begins an escape such as `\\n`; write the text in single quotes: `{name} = \
                 '{single}'`"
            );
        }
        if value.starts_with(['“', '”', '‘', '’', '„', '«', '`']) {
            let inner = word.trim_matches(['“', '”', '‘', '’', '„', '«', '»', '`']);
            return format!("these are not the quotes of TOML; write `{name} = {inner:?}`");
        }
        if self.text.trim_start().starts_with('[') {
            return header(self.text.trim());
        }
        if parser.starts_with("missing comma") || parser.starts_with("unclosed array") {
            return format!(
                "the list has no closing `]`, or a comma is missing in it; expected a list such as `{name} = [\"a\", \"b\"]`"
            );
        }
        if name.starts_with('{') {
            return "this looks like JSON; in TOML, each key is on a line of its own, as in `title = \"text\"`"
                .to_owned();
        }
        if !self.text.contains('=') {
            return match self.text.split_once(':') {
                Some((name, value)) if !value.trim().is_empty() => {
                    let quoted = Quoted(value.trim());
                    format!(
                        "expected `=` and not `:` after a key; write `{} = {quoted}`",
                        name.trim()
                    )
                }
                _ => self.no_value(schema, name),
            };
        }
        if name.is_empty() {
            return format!("expected a key before the `=`, as in `title = {}`", Quoted(value));
        }
        if name.matches('"').count() == 1 {
            return format!("the key has one quote; write `{} = {value}`", name.replace('"', ""));
        }
        if name.contains(' ') && !name.starts_with(['"', '\'']) {
            return format!(
                "a key has no spaces; write `{} = {value}`, or put the key in quotes",
                name.replace(' ', "_")
            );
        }
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.\"' ".contains(c)) {
            return format!(
                "a key with other characters than letters, digits, `_` and `-` needs quotes; write `{name:?} = {value}`"
            );
        }
        if word.is_empty() {
            return format!("the value is missing; write, for example, `{name} = {such_as}`");
        }
        if parser.contains("string") && value.starts_with(['"', '\'']) {
            return format!(
                "the text has no closing quote; expected it on the same line, as in `{name} = \"text\"`, or text of several \
                 lines between `\"\"\"` and `\"\"\"`"
            );
        }
        after_quotes(name, value).unwrap_or_else(|| self.word_without_quotes(kind, name, word))
    }

    fn word_without_quotes(&self, kind: Option<&Kind>, name: &str, word: &str) -> String {
        match (kind, word.to_ascii_lowercase().as_str()) {
            (Some(Kind::Flag), "true" | "yes" | "on") => {
                format!("got {word}; expected true or false: write `{name} = true`")
            }
            (Some(Kind::Flag), "false" | "no" | "off") => {
                format!("got {word}; expected true or false: write `{name} = false`")
            }
            _ if word.starts_with(['{', '[']) => {
                format!(
                    "a word without quotes, a comma or a bracket is wrong in this value; text needs quotes, as in `{name} = {}`",
                    kind.map_or_else(|| "[\"a\"]".to_owned(), of_kind)
                )
            }
            (Some(Kind::Number { .. } | Kind::Bytes), _)
                if word.chars().all(|c| c.is_ascii_digit() || "_'.,".contains(c)) =>
            {
                let digits: String = word.chars().filter(char::is_ascii_digit).collect();
                let digits = digits.trim_start_matches('0');
                format!("got {word}; expected a number of digits only: write `{name} = {digits}`")
            }
            (Some(kind @ (Kind::Number { .. } | Kind::Bytes)), _) if word.contains(',') => {
                format!("got {word}; expected one number, such as `{name} = {}`", of_kind(kind))
            }
            (Some(Kind::Time | Kind::Timer(_)), _) if number_with_comma(word).is_some() => format!(
                "got {word}; a fraction has a point, and a time its unit (ms, s, m, h), in quotes: write `{name} = \"{}s\"` for \
                 seconds",
                number_with_comma(word).unwrap_or_default()
            ),
            (Some(Kind::Time | Kind::Timer(_)), _) if word.starts_with(|c: char| c.is_ascii_digit()) => format!(
                "got {word}, which is text and needs quotes: write `{name} = {}`",
                Quoted(&word.replace([' ', '_'], ""))
            ),
            _ => format!(
                "got {word}, which is text and needs quotes: write `{name} = {}`",
                Quoted(word)
            ),
        }
    }

    fn no_value(&self, schema: &Schema, name: &str) -> String {
        if let Some(key) = name.split_whitespace().next().and_then(directives::key) {
            return format!(
                "this is neither `key = value` nor `[table]`; `{key}` does what this does in other servers"
            );
        }
        match elsewhere(&schema.root, name).is_empty() && !schema.root.named.contains_key(name) {
            true => "this is neither `key = value` nor `[table]`; a comment begins with `#`".to_owned(),
            false => format!("the value is missing; expected `{name} = ...`"),
        }
    }

    /// The message for a key or a table that occurs a second time.
    fn twice(&self, text: &str, name: &str) -> String {
        let same = |line: &str| {
            let line = line.trim();
            match name.starts_with('[') {
                true => line == name,
                false => line.split_once('=').is_some_and(|(before, _)| before.trim() == name),
            }
        };
        let earlier = text[..self.start].lines().collect::<Vec<_>>();
        let first = earlier.iter().rposition(|line| same(line)).map(|index| index + 1);
        let (what, advice) = match name.starts_with('[') {
            true => (format!("the table {name}"), "put all its keys below one of them"),
            false => (format!("`{name}`"), "keep one of them"),
        };
        match first {
            Some(line) => format!("{what} is here for the second time; the first is on line {line}: {advice}"),
            None => format!("{what} is here for the second time: {advice}"),
        }
    }
}

/// What is wrong with the line of a table's header.
fn header(line: &str) -> String {
    let inner = line.trim_start_matches('[');
    let (open, close) = if line.starts_with("[[") {
        ("[[", "]]")
    } else {
        ("[", "]")
    };
    let Some((table, rest)) = inner.split_once(']') else {
        return format!("the `{close}` at the end is missing; write `{open}{inner}{close}`");
    };
    let rest = rest.trim_start_matches(']').trim();
    match rest.is_empty() || rest.starts_with('#') {
        true => format!(
            "a header has as many brackets on the right as on the left; write `[{table}]`, or `[[{table}]]` for one of several tables"
        ),
        false => format!("nothing may follow a header on its line; write `{rest}` on the next line"),
    }
}

/// The message for a value that begins with a text in quotes and continues after it.
fn after_quotes(name: &str, value: &str) -> Option<String> {
    let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    let (text, rest) = value[1..].split_once(quote)?;
    let rest = rest.trim();
    let other = if quote == '"' { '\'' } else { '"' };
    let inner = value[1..]
        .strip_suffix(quote)
        .filter(|inner| inner.contains(quote) && !inner.contains(other));
    if rest.contains('=') {
        return Some(format!(
            "each key is on a line of its own; write `{rest}` on the next line"
        ));
    }
    if let Some(inner) = inner {
        return Some(format!(
            "a {quote} inside of the text ends it; write the text between the other quotes: `{name} = {other}{inner}{other}`"
        ));
    }
    Some(format!(
        "nothing may follow the text; leave out `{rest}`: write `{name} = {quote}{text}{quote}`"
    ))
}

/// Replaces the decimal comma of a number by a point: `1,5` becomes `1.5`.
fn number_with_comma(word: &str) -> Option<String> {
    let (whole, fraction) = word.split_once(',')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (is_number(whole) && is_number(fraction)).then(|| format!("{whole}.{fraction}"))
}

/// A word in quotes, unless it is quoted already, or is a whole number or a boolean.
struct Quoted<'t>(&'t str);

impl std::fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.starts_with(['"', '\'']) || self.0.parse::<i64>().is_ok() || matches!(self.0, "true" | "false") {
            true => f.write_str(self.0),
            false => write!(f, "{}", toml::Value::String(self.0.to_owned())),
        }
    }
}
