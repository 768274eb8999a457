//! A learned profile as TOML, with the evidence for each key.

use super::evidence::Evidence;
use super::exam::Exam;
use super::space::RESPONSE;
use labserve_core::profile::units::Format;
use std::collections::BTreeMap;
use std::fmt::Write;
use toml::{Table, Value};

/// The content of the text in addition to the keys.
pub(super) struct Subject<'s> {
    pub(super) exam: &'s Exam,
    pub(super) evidence: &'s BTreeMap<Vec<String>, Evidence>,
    /// The profile that it extends.
    pub(super) extends: Option<&'s str>,
    /// How well it answers, for the key `measured`: a profile that extends another must not inherit that key.
    pub(super) measured: &'s str,
}

/// The text of a profile.
pub(super) fn text(keys: &Table, subject: &Subject<'_>) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "# Learned by `labserve learn` from a recording.");
    let _ = writeln!(out, "format = {}", Format::CURRENT);
    if let Some(base) = subject.extends {
        let _ = writeln!(out, "extends = {}", Value::from(base));
    }
    let _ = writeln!(out, "measured = {}", Value::from(subject.measured));
    let is_table = |(_, value): &(&String, &Value)| value.is_table();
    for (name, value) in keys.iter().filter(|key| !is_table(key)) {
        let _ = writeln!(out, "{} = {}", key(name), shown(value));
    }
    // Responses are long, so they come last.
    let (responses, tables): (Vec<_>, Vec<_>) = keys.iter().filter(is_table).partition(|(name, _)| *name == RESPONSE);
    for (name, value) in tables.into_iter().chain(responses) {
        if let Value::Table(inner) = value {
            table(&mut out, inner, &mut vec![name.clone()], subject);
        }
    }
    out
}

fn table(out: &mut String, table_of: &Table, path: &mut Vec<String>, subject: &Subject<'_>) {
    let is_plain = |value: &Value| !matches!(value, Value::Table(_));
    if table_of.values().any(is_plain) {
        let names: Vec<String> = path.iter().map(|name| key(name)).collect();
        let _ = writeln!(out, "\n[{}]", names.join("."));
        for (name, value) in table_of.iter().filter(|(_, value)| is_plain(value)) {
            path.push(name.clone());
            let comment = subject
                .evidence
                .get(path)
                .and_then(|evidence| comment(evidence, subject.exam));
            path.pop();
            let value = shown(value);
            match comment {
                // A comment after a value of several lines would be overlooked.
                Some(comment) if value.contains('\n') => _ = writeln!(out, "{comment}\n{} = {value}", key(name)),
                Some(comment) => _ = writeln!(out, "{} = {value} {comment}", key(name)),
                None => _ = writeln!(out, "{} = {value}", key(name)),
            }
        }
    }
    for (name, value) in table_of {
        if let Value::Table(inner) = value {
            path.push(name.clone());
            table(out, inner, path, subject);
            path.pop();
        }
    }
}

fn comment(evidence: &Evidence, exam: &Exam) -> Option<String> {
    let example = &exam.asked.get(evidence.example?)?.case.name;
    Some(match evidence.count {
        1 => format!("# decided by {example}"),
        count => format!("# decided by {count} cases, e.g. {example}"),
    })
}

fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.chars().all(is_bare) {
        name.to_owned()
    } else {
        Value::from(name).to_string()
    }
}

/// A TOML value. Text of several lines is written as a multi-line string, if that has the same value.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.contains('\n') => {
            let lines: String = text
                .chars()
                .map(|c| match c {
                    '\\' => "\\\\".to_owned(),
                    '\r' => "\\r".to_owned(),
                    '\n' => "\n".to_owned(),
                    c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
                    c => c.to_string(),
                })
                .collect();
            // Three quotes would end the string.
            format!("\"\"\"\n{}\"\"\"", lines.replace("\"\"\"", "\"\"\\\""))
        }
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::shown;
    use toml::{Table, Value};

    #[test]
    fn text_of_several_lines_is_read_as_it_was() {
        for text in [
            "a\nb\n",
            "\n",
            "\n\na",
            "a\r\nb",
            "\"\"\"\n\"\"\"\"",
            "\\\n\\n",
            "a \n\u{1}\n",
            "\"\n\"",
        ] {
            let written = format!("x = {}\n", shown(&Value::from(text)));
            let read: Table = toml::from_str(&written).unwrap_or_else(|e| panic!("{written}: {e}"));
            assert_eq!(read["x"].as_str(), Some(text), "{written}");
        }
    }
}
