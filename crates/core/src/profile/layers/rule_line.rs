//! A rule in one line, as in `--rule`.

use super::Layer;
use crate::profile::error::ConfigError;
use crate::profile::raw::RuleTable;
use crate::profile::schema::{Keys, Kind, Schema};
use serde::Serialize;
use std::collections::BTreeMap;
use toml::Table;

impl Layer {
    /// A layer with these rules. `origin` names it in errors.
    ///
    /// # Errors
    /// A rule that cannot be carried out.
    pub fn of_rules(origin: &str, rules: &[RuleTable]) -> Result<Self, ConfigError> {
        let raw = Rules { rule: rules };
        let text = toml::to_string(&raw).map_err(|error| ConfigError {
            origin: origin.to_owned(),
            line: None,
            key: None,
            message: error.to_string(),
        })?;
        Self::made(origin, &text)
    }

    /// The rules of the layer.
    pub fn rules(&self) -> Vec<RuleTable> {
        let rules = self.table.get("rule").and_then(toml::Value::as_array);
        let table = |value: &toml::Value| value.clone().try_into().ok();
        rules.into_iter().flatten().filter_map(table).collect()
    }

    /// A layer with one rule, written as words `key=value` with spaces between them. Values are those of `[[rule]]`. A
    /// value with spaces is in quotes. A word may be repeated if its value is a list.
    ///
    /// # Errors
    /// A word without `=`, an unknown key, a value of the wrong type, or a rule that cannot be carried out.
    pub fn from_rule(line: &str) -> Result<Self, ConfigError> {
        let origin = format!("--rule {line}");
        let mistake = |message: String| ConfigError {
            origin: origin.clone(),
            line: None,
            key: None,
            message,
        };
        let mut keys: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let words = words(line);
        for word in &words {
            let Some((key, value)) = word.split_once('=') else {
                return Err(mistake(format!(
                    "got `{word}`; expected words KEY=VALUE, such as path=/big nth=1 after_bytes=1000 end=reset"
                )));
            };
            keys.entry(key).or_default().push(value.to_owned());
        }
        let known = rule_keys();
        let mut text = "[[rule]]\n".to_owned();
        for (key, values) in keys {
            let kind = known.and_then(|keys| keys.get(key)).map(|key| &key.kind);
            let value = match (kind, values.as_slice()) {
                (Some(Kind::List(inner)), values) if !matches!(values, [one] if one.starts_with('[')) => {
                    let items: Vec<String> = values.iter().map(|value| literal(Some(inner), value)).collect();
                    format!("[{}]", items.join(", "))
                }
                (kind, [value]) => literal(kind, value),
                (_, several) => {
                    return Err(mistake(format!(
                        "got `{key}` {} times; expected it once",
                        several.len()
                    )));
                }
            };
            let key = match is_bare(key) {
                true => key.to_owned(),
                false => format!("{key:?}"),
            };
            text.push_str(&format!("{key} = {value}\n"));
        }
        Self::made(&origin, &text)
    }
}

/// A text with rules only.
#[derive(Debug, Serialize)]
struct Rules<'r> {
    rule: &'r [RuleTable],
}

/// The keys of a rule.
fn rule_keys() -> Option<&'static Keys> {
    match &Schema::profile().root.get("rule")?.kind {
        Kind::List(inner) => inner.keys(),
        _ => None,
    }
}

fn is_bare(key: &str) -> bool {
    !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// The words of a line. Spaces inside quotes do not end a word.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in line.chars() {
        match (c, quote) {
            (c, None) if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            _ => {}
        }
        word.push(c);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// A value as TOML: unchanged if it is valid TOML, unless it is text without quotes; otherwise in quotes.
fn literal(kind: Option<&Kind>, value: &str) -> String {
    let is_text = matches!(kind, Some(Kind::Text | Kind::Choice(_) | Kind::Template));
    let is_quoted = value.starts_with(['"', '\'']);
    let is_toml = toml::from_str::<Table>(&format!("a = {value}\n")).is_ok();
    if is_toml && (is_quoted || !is_text) {
        value.to_owned()
    } else {
        toml::Value::String(value.to_owned()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::layers::{BuiltIns, Stack};

    fn rule(line: &str) -> String {
        match Layer::from_rule(line) {
            Ok(layer) => layer.table["rule"][0].to_string(),
            Err(mistake) => mistake.to_string(),
        }
    }

    #[test]
    fn a_line_is_a_table() {
        for (line, want) in [
            (
                "path=/big nth=1 after_bytes=1000 end=reset",
                r#"{ after_bytes = 1000, end = "reset", nth = 1, path = "/big" }"#,
            ),
            (
                "  status=503   fields='Retry-After: 1' fields=\"A: b c\" body=5 ",
                r#"{ body = "5", fields = ["Retry-After: 1", "A: b c"], status = 503 }"#,
            ),
            ("delay=5s interim=103", r#"{ delay = "5s", interim = [103] }"#),
        ] {
            assert_eq!(rule(line), want, "{line}");
        }
    }

    #[test]
    fn mistakes_say_what_to_write() {
        for (line, part) in [
            ("path", "got `path`; expected words KEY=VALUE"),
            ("pth=/a end=fin", "did you mean `path`"),
            ("path=/a end=rst", "expected"),
            ("path=/a end=rest", "did you mean \"reset\""),
            ("nth=0 end=fin", "nth"),
            ("path=/a path=/b end=fin", "got `path` 2 times"),
            ("path=/a nth=one end=fin", "nth"),
            ("path=/a", "not what is to happen"),
            ("delay=5", "delay"),
        ] {
            let said = rule(line);
            assert!(said.starts_with(&format!("--rule {line}: ")), "{said}");
            assert!(said.contains(part), "{line}: {said}");
        }
    }

    #[test]
    fn the_rules_of_all_layers_apply_in_their_order() {
        let layer = |line: &str| Layer::from_rule(line).expect(line);
        let stack = Stack::load("node", &BuiltIns).expect("a profile");
        let stack = stack.over(layer("path=/a end=fin")).over(layer("status=418"));
        let profile = stack.build().expect("a profile");
        let names: Vec<&str> = profile.rules.iter().map(|(rule, _)| rule.name.as_str()).collect();
        assert_eq!(names, ["rule-1", "rule-2"]);
    }
}
