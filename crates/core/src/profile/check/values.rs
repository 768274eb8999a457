//! Mistakes in keys and values.

use super::scalars::{bytes, choice, count, number, size_limit, time};
use super::shown::{bare, shown};
use super::{Finding, MOST, directives, elsewhere, example, key_text, of_kind, renames};
use crate::profile::near;
use crate::profile::schema::{Key, Keys, Kind, Schema};
use crate::profile::template::{Placeholder, Template};
use crate::profile::units::Format;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Compares a document with the schema of its keys.
pub(super) struct Walker<'s> {
    pub(super) schema: &'s Schema,
    /// The text of the document.
    pub(super) text: &'s str,
}

/// The key that a value belongs to.
pub(super) struct At<'a> {
    path: &'a [String],
    span: Range<usize>,
    sample: Option<&'a toml::Value>,
}

impl At<'_> {
    pub(super) fn finding(&self, message: String) -> Option<Finding> {
        Some(Finding {
            span: self.span.clone(),
            key: self.path.to_vec(),
            message,
        })
    }

    pub(super) fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// What was written instead of what was expected, and how to write it.
    pub(super) fn wrong(&self, found: &DeValue<'_>, expected: &str, kind: &Kind) -> Option<Finding> {
        let such_as = example(self.name(), kind, self.sample);
        self.finding(format!(
            "got {}; expected {expected}, such as `{such_as}`",
            shown(found)
        ))
    }

    /// The same, where what was probably meant is known.
    pub(super) fn meant(&self, found: &DeValue<'_>, expected: &str, value: &str) -> Option<Finding> {
        let name = key_text(self.name());
        self.finding(format!(
            "got {}; expected {expected}: write `{name} = {value}`",
            shown(found)
        ))
    }
}

impl Walker<'_> {
    pub(super) fn findings(&self, document: &DeTable<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.table(&self.schema.root, document, &mut Vec::new(), &mut findings);
        findings
    }

    fn table(&self, keys: &Keys, table: &DeTable<'_>, path: &mut Vec<String>, findings: &mut Vec<Finding>) {
        for (name, value) in table {
            if findings.len() >= MOST {
                return;
            }
            path.push(name.get_ref().to_string());
            match keys.get(name.get_ref()) {
                Some(key) => self.value(key, name.span(), value, path, findings),
                None if !renames::tables_of(unprefixed(path)).is_empty() && value.get_ref().is_table() => {
                    if let DeValue::Table(inner) = value.get_ref() {
                        self.table(&Keys::default(), inner, path, findings);
                    }
                }
                None => findings.push(Finding {
                    span: name.span(),
                    message: self.unknown(keys, name.get_ref(), value.get_ref(), &path[..path.len() - 1]),
                    key: path.clone(),
                }),
            }
            path.pop();
        }
    }

    fn value(
        &self,
        key: &Key,
        named: Range<usize>,
        value: &Spanned<DeValue<'_>>,
        path: &mut Vec<String>,
        findings: &mut Vec<Finding>,
    ) {
        let found = value.get_ref();
        if matches!(key.kind, Kind::Table(_))
            && !found.is_table()
            && let Some(new) = renames::current(unprefixed(path))
        {
            findings.push(Finding {
                span: named,
                message: renamed(path, &new),
                key: path.clone(),
            });
            return;
        }
        match (&key.kind, found) {
            (Kind::Rule(keys), DeValue::Table(table))
                if table.len() != 1 && table.keys().all(|k| keys.get(k.get_ref()).is_some()) =>
            {
                let message = "expected exactly one key in this table, such as `{ found = 405 }`".to_owned();
                findings.push(Finding {
                    span: named,
                    key: path.clone(),
                    message,
                });
                return;
            }
            (
                Kind::Table(keys) | Kind::Timer(keys) | Kind::Rule(keys) | Kind::Short(_, keys),
                DeValue::Table(table),
            ) => {
                for name in keys.required.iter().filter(|name| !table.contains_key(name.as_str())) {
                    let such_as = keys.get(name).map(|key| example(name, &key.kind, key.sample.as_ref()));
                    findings.push(Finding {
                        span: named.clone(),
                        key: path.clone(),
                        message: format!(
                            "expected the key `{name}` in this table, such as `{}`",
                            such_as.unwrap_or_default()
                        ),
                    });
                }
                return self.table(keys, table, path, findings);
            }
            (Kind::List(inner), DeValue::Array(items)) => {
                let inner = Key {
                    kind: (**inner).clone(),
                    sample: None,
                };
                for item in items {
                    if findings.len() >= MOST {
                        return;
                    }
                    self.value(&inner, item.span(), item, path, findings);
                }
                return;
            }
            (Kind::Template, DeValue::String(lines)) => {
                findings.extend(self.lines(lines, &value.span(), path));
                return;
            }
            _ => {}
        }
        // A mistake in a table is reported at the key of the table.
        let span = if found.as_table().is_some() {
            named
        } else {
            value.span()
        };
        let at = At {
            path,
            span,
            sample: key.sample.as_ref(),
        };
        findings.extend(mistake(&at, &key.kind, found));
    }

    /// The mistakes in a template, one for each of its lines.
    fn lines(&self, lines: &str, span: &Range<usize>, path: &[String]) -> Vec<Finding> {
        let source = self.text.get(span.clone()).unwrap_or_default();
        let is_long = source.starts_with("\"\"\"") || source.starts_with("'''");
        // A line end right after the opening quotes does not belong to the text.
        let is_below = is_long && source[3..].trim_start_matches('\r').starts_with('\n');
        let start = |line: usize| {
            let mut ends = source.match_indices('\n').filter(|_| is_long);
            let at = (line + usize::from(is_below)).checked_sub(1).and_then(|n| ends.nth(n));
            at.map_or(span.start, |(at, _)| span.start + at + 1)
        };
        let mistake = |(line, text): (usize, &str)| {
            let message = match Template::parse(text) {
                Ok(template) => misplaced(&template, path)?,
                Err(why) => why,
            };
            Some(Finding {
                span: start(line)..span.end,
                key: path.to_vec(),
                message,
            })
        };
        lines.split('\n').enumerate().filter_map(mistake).collect()
    }

    /// What is wrong with a key that does not exist, and which one was meant.
    fn unknown(&self, keys: &Keys, name: &str, value: &DeValue<'_>, tables: &[String]) -> String {
        let (what, named) = match value {
            DeValue::Table(_) => ("table", format!("[{}]", joined(tables, name))),
            _ => ("key", format!("`{}`", key_text(name))),
        };
        let path: Vec<String> = tables.iter().cloned().chain([name.to_owned()]).collect();
        if let Some(new) = renames::current(unprefixed(&path)) {
            return renamed(&path, &new);
        }
        let place = match tables {
            [] => " at the top of the file".to_owned(),
            tables => format!(" in [{}]", tables.join(".")),
        };
        let begin = match what {
            "table" => format!("there is no table {named}"),
            _ => format!("there is no {what} {named}{place}"),
        };
        // Prefer a key that accepts this value.
        let others = elsewhere(&self.schema.root, name);
        let fits = |key: &Key| accepts(&key.kind, value);
        if let Some((tables, _)) = others.iter().find(|(_, key)| fits(key)).or(others.first()) {
            let other = tables.join(".");
            return match what {
                "table" => format!("{begin} in this file; expected [{other}.{name}]"),
                _ => format!(
                    "{begin}; [{other}] has one: write it below a line `[{other}]`, or as `{other}.{name} = {}`",
                    shown(value)
                ),
            };
        }
        if let Some(key) = directives::key(name) {
            return format!("{begin}; `{key}` does what this does in other servers");
        }
        if let Some(near) = near(name, keys.named.keys().map(String::as_str)) {
            let such_as = match keys.named.get(near) {
                Some(Key {
                    kind: Kind::Table(_), ..
                }) => format!("[{}]", joined(tables, near)),
                Some(key) if fits(key) && value.as_table().is_none() && value.as_array().is_none() => {
                    format!("{} = {}", key_text(near), shown(value))
                }
                Some(key) => example(near, &key.kind, key.sample.as_ref()),
                None => near.to_owned(),
            };
            return format!("{begin}; did you mean `{near}`, as in `{such_as}`?");
        }
        let now = renames::tables_of(unprefixed(tables));
        if !now.is_empty() {
            let now: Vec<String> = now.iter().map(|table| format!("[{table}]")).collect();
            return format!(
                "{begin}; since format {}, its keys are in {}",
                Format::CURRENT,
                now.join(", ")
            );
        }
        let all: Vec<&str> = keys.named.keys().map(String::as_str).collect();
        format!("{begin}; expected one of {}", all.join(", "))
    }
}

/// What is wrong with a placeholder that has a value in other keys only.
fn misplaced(template: &Template, path: &[String]) -> Option<String> {
    let is_tag = matches!(unprefixed(path), [table, key] if table == "files" && (key == "etag" || key == "etag_text"));
    (!is_tag && template.asks_for(Placeholder::Content)).then(|| {
        let outer = &path[..path.len() - unprefixed(path).len()];
        format!(
            "`{{content}}` has a value in [{}] `etag` and `etag_text` only: write a digest of it there, as in \
             `etag = '\"{{content:sha256}}\"'`, and `{{etag}}` here",
            joined(outer, "files")
        )
    })
}

/// The path of a key, without the table `override` that contains a profile's keys in `server.toml`.
fn unprefixed(path: &[String]) -> &[String] {
    match path {
        [table, rest @ ..] if table == "override" => rest,
        path => path,
    }
}

pub(super) fn renamed(path: &[String], new: &str) -> String {
    format!(
        "`{}` is called `{new}` since format {}",
        unprefixed(path).join("."),
        Format::CURRENT
    )
}

fn joined(tables: &[String], name: &str) -> String {
    let all: Vec<&str> = tables.iter().map(String::as_str).chain([name]).collect();
    all.join(".")
}

/// Whether a key of this kind accepts the value.
fn accepts(kind: &Kind, value: &DeValue<'_>) -> bool {
    let at = At {
        path: &[],
        span: 0..0,
        sample: None,
    };
    match (kind, value) {
        (Kind::Table(_) | Kind::Timer(_) | Kind::Short(..), DeValue::Table(_)) | (Kind::List(_), DeValue::Array(_)) => {
            true
        }
        _ => mistake(&at, kind, value).is_none(),
    }
}

/// What is wrong with a value other than a table.
fn mistake(at: &At<'_>, kind: &Kind, found: &DeValue<'_>) -> Option<Finding> {
    let text = found.as_str();
    match kind {
        Kind::Flag => match (found, text) {
            (DeValue::Boolean(_), _) => None,
            (_, Some("true" | "false")) => at.meant(found, "true or false, without quotes", text.unwrap_or_default()),
            (_, Some("yes" | "on" | "True" | "1")) => at.meant(found, "true or false", "true"),
            (_, Some("no" | "off" | "False" | "0" | "never" | "none")) => at.meant(found, "true or false", "false"),
            _ => at.wrong(found, "true or false", kind),
        },
        Kind::Number { least, most } => number(at, kind, found, *least, *most),
        Kind::Count => count(at, found),
        Kind::SizeLimit => size_limit(at, found),
        Kind::Short(name, keys) => match keys.get(name) {
            Some(key) if !found.is_table() => mistake(at, &key.kind, found),
            _ => None,
        },
        Kind::TextOrOff if text == Some("") => at.meant(found, "text, or \"off\" for none", "\"off\""),
        Kind::Text | Kind::TextOrOff => match found {
            DeValue::String(_) => None,
            DeValue::Boolean(_) => at.wrong(found, "text", kind),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) => {
                at.meant(found, "text, which needs quotes", &format!("{:?}", bare(found)))
            }
            _ => at.wrong(found, "text", kind),
        },
        Kind::TextOrNumber => match found {
            DeValue::String(_) | DeValue::Integer(_) => None,
            _ => at.wrong(found, "text, or a number", kind),
        },
        Kind::Choice(all) => choice(at, found, all),
        Kind::Time => time(at, found),
        Kind::Timer(_) => match text {
            None if !matches!(found, DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_)) => at.finding(format!(
                "got {}; expected a time or a table, such as `{name} = \"5s\"` or `{name} = {{ after = \"5s\", response = 408 }}`",
                shown(found),
                name = at.name()
            )),
            _ => time(at, found),
        },
        Kind::Bytes => bytes(at, found),
        Kind::Template => match found {
            DeValue::String(text) => Template::parse(text).err().and_then(|why| at.finding(why)),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {
                at.meant(found, "text, which needs quotes", &format!("{:?}", bare(found)))
            }
            DeValue::Array(items) if items.iter().all(|item| item.get_ref().is_str()) => at.finding(format!(
                "got a list; expected one text, whose lines are between `\"\"\"` and `\"\"\"`, or with `\\n` \
                 between them, such as `{}`",
                example(at.name(), kind, at.sample)
            )),
            _ => at.wrong(found, "text", kind),
        },
        Kind::Response | Kind::Rule(_) => match found {
            DeValue::String(_) => None,
            DeValue::Integer(number) if i64::from_str_radix(number.as_str(), number.radix()).is_ok() => None,
            _ => at.wrong(found, "the name of a response", kind),
        },
        Kind::List(inner) => match found {
            DeValue::Table(_) if matches!(**inner, Kind::Table(_)) => {
                let path = at.path.join(".");
                at.finding(format!(
                    "got one table; expected a list of tables: write a line `[[{path}]]`, in two brackets, before each"
                ))
            }
            DeValue::Table(_) => at.wrong(found, "a list", kind),
            DeValue::String(text) if text.contains(',') && !matches!(**inner, Kind::Table(_)) => {
                let items: Vec<String> = text.split(',').map(|item| format!("{:?}", item.trim())).collect();
                at.meant(found, "a list", &format!("[{}]", items.join(", ")))
            }
            DeValue::String(_) | DeValue::Integer(_) | DeValue::Boolean(_) if accepts(inner, found) => {
                at.meant(found, "a list", &format!("[{}]", shown(found)))
            }
            _ => at.wrong(found, "a list", kind),
        },
        Kind::Table(_) if found.as_array().is_some_and(|items| items.iter().all(|item| item.get_ref().is_table())) => {
            let path = at.path.join(".");
            at.finding(format!("got `[[{path}]]`, which begins one of several tables; expected one: write a line `[{path}]`"))
        }
        Kind::Table(_) => {
            let path = at.path.join(".");
            let such_as = of_kind(kind).trim_matches(['{', '}', ' ']).to_owned();
            at.finding(format!(
                "got {}; expected a table: write a line `[{path}]`, and its keys below it, such as `{such_as}`",
                shown(found)
            ))
        }
    }
}
