//! All mistakes of a profile, and warnings about values that are probably wrong.

use super::layer::remove;
use super::{Layer, Source, Stack};
use crate::profile::check::MOST;
use crate::profile::check::warnings::warnings;
use crate::profile::error::ConfigError;
use crate::profile::raw::Raw;
use crate::profile::resolve;
use crate::profile::schema::Schema;
use crate::profile::units::Format;
use toml::{Table, Value};

/// What a check of a profile found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Why it cannot be served.
    pub mistakes: Vec<ConfigError>,
    /// What can be served but is probably wrong.
    pub warnings: Vec<ConfigError>,
}

impl Stack {
    /// Checks the profile `name`, with what it extends and with `over` laid over it. Texts come from `source`.
    pub fn check(name: &str, source: &impl Source, over: &[Layer]) -> Report {
        match Self::load(name, source) {
            Ok(stack) => over.iter().cloned().fold(stack, Self::over).report(),
            Err(error) => Self::check_most(name, source, error, over),
        }
    }

    /// Checks a profile that cannot be loaded because of `error`: its text first, then what remains of all layers
    /// without the keys that have mistakes.
    fn check_most(name: &str, source: &impl Source, error: ConfigError, over: &[Layer]) -> Report {
        let Ok(found) = source.find(name, None) else {
            return Report {
                mistakes: vec![error],
                warnings: Vec::new(),
            };
        };
        let (mut layer, mut mistakes) = Layer::parse_most(&found.origin, &found.text);
        let base = match layer.table.remove("extends") {
            Some(Value::String(base)) => Some(base),
            _ => None,
        };
        let (is_toml, layer_lines) = (!layer.table.is_empty(), layer.clone());
        let stack = match base.map(|base| Self::load(&base, &Beside(source, found.path.as_deref()))) {
            Some(Ok(stack)) => Some(stack.over(layer)),
            Some(Err(error)) if error.line.is_none() && error.key.is_none() => {
                mistakes.push(ConfigError {
                    origin: found.origin.clone(),
                    line: layer_lines.line_of(&["extends".to_owned()]),
                    key: Some("extends".to_owned()),
                    message: format!("{}: {}", error.origin, error.message),
                });
                None
            }
            Some(Err(error)) => {
                mistakes.push(error);
                None
            }
            None => Some(Self::of(name, layer)),
        };
        let stack = stack
            .filter(|_| is_toml)
            .map(|stack| over.iter().cloned().fold(stack, Self::over));
        // A table may lack a required key once the keys with mistakes are removed.
        let readable = stack.filter(|stack| stack.raw().is_ok());
        let others = readable.map(|stack| stack.report().mistakes).into_iter().flatten();
        let others: Vec<ConfigError> = others.filter(|other| !other.follows_from(&mistakes)).collect();
        mistakes.extend(others);
        if mistakes.is_empty() {
            mistakes.push(error);
        }
        mistakes.sort_by_key(|mistake| (mistake.origin != found.origin, mistake.line));
        Report {
            mistakes,
            warnings: Vec::new(),
        }
    }

    /// What a check of all layers together finds.
    pub fn report(&self) -> Report {
        let mut table = self.merged();
        let (mut mistakes, mut broken) = (Vec::from_iter(self.misplaced_extends()), Vec::new());
        for _ in 0..MOST {
            let Ok(raw) = table.clone().try_into::<Raw>() else {
                if mistakes.is_empty() {
                    mistakes.extend(self.raw().err());
                }
                break;
            };
            match resolve::resolve(&self.name, &raw) {
                Ok(profile) if mistakes.is_empty() => {
                    let effective = Table::try_from(&raw).unwrap_or_default();
                    let odd = warnings(&profile, &raw, &effective);
                    // Warn only about keys that the profile itself or a layer over it contains, not about inherited
                    // ones.
                    let own = self.layers.get(self.own - 1..).unwrap_or_default();
                    let odd = odd.into_iter().filter(|w| own.iter().any(|layer| layer.holds(&w.key)));
                    let odd = odd.map(|w| self.located(&w.key, w.message));
                    return Report {
                        mistakes,
                        warnings: self.no_format().into_iter().chain(odd).collect(),
                    };
                }
                Ok(_) => break,
                Err(mistake) => {
                    let found = self.located(&mistake.key, mistake.message);
                    if mistakes.contains(&found) {
                        break;
                    }
                    // A mistake in a response that the profile does not define comes from the response that it inherits
                    // from.
                    if mistake.key.len() != 2 || mistake.key[0] != "response" || holds(&table, &mistake.key[1]) {
                        mistakes.push(found);
                    }
                    // The rest of a profile cannot be checked without its responses.
                    if mistake.key == ["response"] {
                        break;
                    }
                    mend(&mut table, &mistake.key);
                    broken.push(mistake.key.join("."));
                }
            }
        }
        mistakes.retain(|mistake| !is_inherited(&self.merged(), mistake, &broken));
        mistakes.sort_by_key(|mistake| mistake.line);
        Report {
            mistakes,
            warnings: Vec::new(),
        }
    }
}

impl Stack {
    /// The warning that a file does not say in which version of the language it is written.
    fn no_format(&self) -> Option<ConfigError> {
        let layer = self.layers.get(self.own - 1)?;
        let is_file = layer.text.is_some() && !layer.table.contains_key("format");
        is_file.then(|| ConfigError {
            origin: layer.origin.clone(),
            line: Some(1),
            key: None,
            message: format!(
                "the file does not say which version of the profile language it is written in; begin it with `format = {}`",
                Format::CURRENT
            ),
        })
    }
}

/// Whether a response inherits its mistake from another one, for which the mistake is reported already.
fn is_inherited(table: &Table, mistake: &ConfigError, broken: &[String]) -> bool {
    let responses = table.get("response").and_then(Value::as_table);
    let like = |name: &str| match responses?.get(name)?.get("like")? {
        Value::Integer(number) => Some(number.to_string()),
        other => other.as_str().map(str::to_owned),
    };
    let key = mistake
        .key
        .as_deref()
        .map(|key| key.strip_prefix("override.").unwrap_or(key));
    let name = key.and_then(|key| key.strip_prefix("response."));
    let first = name.and_then(like);
    let chain = std::iter::successors(first, |name| like(name));
    chain.take(MOST).any(|name| {
        let name = format!("response.{name}");
        let is_of_it = |key: &String| {
            key.strip_prefix(&name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        broken.iter().any(is_of_it)
    })
}

/// `message` for a file that has the tables of a profile inside the table `outer`: the names of these tables, such as
/// `[response.404]`, get the prefix `outer`.
pub(super) fn with_tables_in(outer: &str, message: &str) -> String {
    let tables = &Schema::profile().root;
    let mut parts = message.split('[');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push('[');
        let name = part.split(['.', ']']).next().unwrap_or_default();
        if part.contains(']') && tables.get(name).is_some_and(|key| key.kind.keys().is_some()) {
            out.push_str(outer);
            out.push('.');
        }
        out.push_str(part);
    }
    out
}

/// Whether the profile defines this response.
fn holds(table: &Table, response: &str) -> bool {
    let responses = table.get("response").and_then(Value::as_table);
    responses.is_some_and(|responses| responses.contains_key(response))
}

/// Removes a mistake from a profile, so that the next one can be found. The key is removed. A status is replaced, and a
/// response is replaced by an empty one, because others may inherit from it.
fn mend(table: &mut Table, key: &[String]) {
    let path: Vec<&str> = key.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["response", name] => {
            let responses = table.entry("response").or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(responses) = responses {
                responses.insert(
                    (*name).to_owned(),
                    Value::Table(Table::from_iter([("status".to_owned(), 500.into())])),
                );
            }
        }
        ["response", name, "status"] => {
            let response = table.get_mut("response").and_then(|responses| responses.get_mut(name));
            if let Some(Value::Table(response)) = response {
                // Without it, a response whose name is not a number would have another mistake.
                response.insert("status".to_owned(), 500.into());
            }
        }
        path => remove(table, path),
    }
}

/// The source of a profile that another one extends.
struct Beside<'s, S>(&'s S, Option<&'s str>);

impl<S: Source> Source for Beside<'_, S> {
    fn find(&self, name: &str, asker: Option<&str>) -> Result<super::SourceText, ConfigError> {
        self.0.find(name, asker.or(self.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_tables_as_the_file_has_them() {
        for (message, want) in [
            ("add a table [response.440]", "add a table [override.response.440]"),
            (
                "see [types] and [files] etag",
                "see [override.types] and [override.files] etag",
            ),
            ("got [1, 2], expected [a-z", "got [1, 2], expected [a-z"),
            (
                "[title] is not a table, [nothing] neither",
                "[title] is not a table, [nothing] neither",
            ),
        ] {
            assert_eq!(with_tables_in("override", message), want);
        }
    }

    #[test]
    fn a_mistake_in_an_override_names_its_tables() {
        let text = "[override]\nfiles.missing = 440\n";
        let whole = toml::from_str(text).expect("TOML");
        let layer = Layer::nested("server.toml", text, &whole, "override").expect("a layer");
        let said = Stack::check("rfc", &crate::profile::layers::BuiltIns, &[layer]).mistakes;
        let said: Vec<String> = said.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            ["server.toml:2: override.files.missing: there is no response 440: add a table [override.response.440]"]
        );
    }
}
