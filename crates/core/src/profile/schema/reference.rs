//! The reference of the profile language, as Markdown: every table, key, fault, reason, placeholder and filter.

use crate::profile::template::{Filter, Placeholder};
use serde_json::{Map, Value};
use std::fmt::Write;

const INFALLIBLE: &str = "writing to a String does not fail";

const KEYS: &str = "key | values | default | meaning";

/// The text before the tables.
const HEAD: &str = "\
# The keys of a profile

Generated from the program: `LABSERVE_BLESS=1 cargo test -p labserve-core schema`. [README.md](README.md) is the guide,
and [schema.json](schema.json) says the same to editors.

A **time** is `\"250ms\"`, `\"5s\"`, `\"2m\"` or `\"1h\"`, or `\"off\"`. A number of **bytes** is `8190`, `\"64KiB\"` or \
`\"2MiB\"`. A **response** is the name of one, such as `404` or `\"too-large\"`. A key without a default is not set, and
then what it describes does not happen.

An **example** says what an input leads to with each value of a key: `200`, or `206 of 0-4` for a range. There is a file of \
ten bytes that was modified on Sat, 22 Jul 2023 04:26:40 GMT and has the entity tag `\"a\"`. The parts of an input are \
separated by ` + `: a request line unless it is `GET /a.txt HTTP/1.1`, fields, after `body` what follows the head, `FIN`; after \
`with` another key, after `modified` the time of the file in seconds after 1970, after `raw` all that is sent. In `[range]` an \
input is the value of a Range field, in `[target]` a target, in `[request_body.chunks]` a body. `200 and 404` is two \
responses; `alone` is a body without a head; with `open` the connection persists.

";

/// The reference of the profiles that `schema` describes.
pub(super) fn reference(schema: &Value) -> String {
    let reference = Reference { schema };
    let mut out = String::from(HEAD);
    let (tables, keys): (Vec<_>, Vec<_>) = reference
        .members(schema)
        .into_iter()
        .partition(|(_, value)| reference.table(value).is_some());
    out += "## At the top\n\n";
    out += &rows(
        KEYS,
        keys.iter()
            .map(|(key, value)| reference.row(key, value, &mut Vec::new())),
    );
    for (key, value) in tables {
        out += &reference.section(key, value);
    }
    out += &reference.timer();
    out += "\n## Placeholders\n\nA template is text with placeholders, such as `{size}`.\n\n";
    out += &rows(
        "placeholder | stands for",
        Placeholder::ALL
            .iter()
            .map(|(_, name, doc)| format!("`{{{name}}}` | {}", cell(doc))),
    );
    out += "\n## Filters\n\nA filter changes the value of a placeholder: `{size:x}`. Several apply from left to right.\n\n";
    out += &rows(
        "filter | value",
        Filter::ALL
            .iter()
            .map(|(_, name, doc)| format!("`{name}` | {}", cell(doc))),
    );
    out
}

/// A schema, whose references are followed.
struct Reference<'s> {
    schema: &'s Value,
}

impl<'s> Reference<'s> {
    /// What a value refers to; the value itself if it does not.
    fn target(&self, value: &'s Value) -> &'s Value {
        let inner = value["$ref"].as_str().or_else(|| value["allOf"][0]["$ref"].as_str());
        let name = inner.and_then(|reference| reference.strip_prefix("#/definitions/"));
        match (name, value["allOf"][0].is_object()) {
            (Some(name), _) => &self.schema["definitions"][name],
            (None, true) => self.target(&value["allOf"][0]),
            (None, false) => value,
        }
    }

    /// The table that a value is or may be, or that the values of its keys are.
    fn table(&self, value: &'s Value) -> Option<&'s Value> {
        let target = self.target(value);
        let forms = target["x-short"].as_str().and(target["anyOf"].as_array());
        match forms {
            Some(forms) => forms.iter().find_map(|form| self.table(form)),
            None => Some(target).filter(|table| table["type"] == "object"),
        }
    }

    fn members(&self, table: &'s Value) -> Vec<(&'s String, &'s Value)> {
        table["properties"]
            .as_object()
            .into_iter()
            .flat_map(Map::iter)
            .collect()
    }

    /// One table of a profile, with its keys.
    fn section(&self, name: &str, value: &'s Value) -> String {
        let table = self.table(value).unwrap_or(value);
        let doc = value["description"]
            .as_str()
            .or_else(|| table["description"].as_str())
            .unwrap_or_default();
        let named = Some(&table["additionalProperties"]).filter(|inner| inner.is_object());
        let (heading, keys) = match named.and_then(|inner| self.table(inner)) {
            Some(inner) => (format!("{name}.NAME"), inner),
            None => (name.to_owned(), table),
        };
        let mut out = format!("\n## `[{heading}]`\n\n{doc}\n\n");
        if name == "faults" {
            return out + &self.faults(keys);
        }
        if keys["properties"].is_null() {
            let inner = named.map_or_else(String::new, |inner| self.values(inner));
            writeln!(out, "Each key is a name, and its value is: {inner}.").expect(INFALLIBLE);
            return out;
        }
        out += &rows(KEYS, std::iter::empty());
        let of_table = |(_, value): &(&String, &Value)| value["x-who"].is_null();
        let (own, reasons): (Vec<_>, Vec<_>) = self.members(keys).into_iter().partition(of_table);
        out += &self.keys(&own, "", &mut Vec::new());
        if !reasons.is_empty() {
            out +=
                "\nEach reason to close a connection is a key, too. The log and the event log use the same names.\n\n";
            let row = |(key, value): &(&String, &Value)| {
                let who = value["x-who"].as_str().unwrap_or_default();
                format!("`{key}` | {who} | {}", described(value))
            };
            out += &rows("reason | who closes | when", reasons.iter().map(row));
        }
        out
    }

    /// The rows of keys. The rows of a nested table follow its row. The values of an enumeration are explained at its
    /// first key only. `explained` holds the enumerations that have been explained.
    fn keys(&self, keys: &[(&'s String, &'s Value)], prefix: &str, explained: &mut Vec<&'s Value>) -> String {
        let mut out = String::new();
        for (key, value) in keys {
            let list = Some(&value["items"]).filter(|items| items.is_object());
            let named = Some(&self.target(value)["additionalProperties"]).filter(|inner| inner.is_object());
            let (name, table) = match (list.or(named), list) {
                (Some(inner), Some(_)) => (format!("{prefix}{key}[]"), self.table(inner)),
                (Some(inner), None) => (format!("{prefix}{key}.NAME"), self.table(inner)),
                (None, _) => (format!("{prefix}{key}"), self.table(value)),
            };
            match table {
                Some(table) => {
                    writeln!(out, "| `{name}` | table |  | {} |", described(value)).expect(INFALLIBLE);
                    out += &self.keys(&self.members(table), &(name + "."), explained);
                }
                None => {
                    writeln!(out, "| {} |", self.row(&format!("{prefix}{key}"), value, explained)).expect(INFALLIBLE);
                }
            }
        }
        out
    }

    fn row(&self, name: &str, value: &'s Value, explained: &mut Vec<&'s Value>) -> String {
        let default = match &value["default"] {
            Value::Null => String::new(),
            default => format!("`{}`", cell(&default.to_string())),
        };
        let mut meaning = described(value);
        let choices = self.target(value);
        if choices["oneOf"].is_array() && !explained.contains(&choices) {
            explained.push(choices);
            for choice in choices["oneOf"].as_array().into_iter().flatten() {
                if let (Some(name), text) = (choice["const"].as_str(), described(choice)) {
                    write!(meaning, "<br>`{name}`: {text}").expect(INFALLIBLE);
                }
            }
        }
        format!("`{name}` | {} | {default} | {meaning}", self.values(value))
    }

    /// The values that a key accepts.
    fn values(&self, value: &'s Value) -> String {
        let reference = value["$ref"].as_str().or_else(|| value["allOf"][0]["$ref"].as_str());
        if let Some(name @ ("time" | "bytes" | "response" | "template" | "timer" | "rule")) =
            reference.and_then(|reference| reference.strip_prefix("#/definitions/"))
        {
            return name.to_owned();
        }
        match reference.and_then(|reference| reference.strip_prefix("#/definitions/")) {
            Some("count") => return "number, `\"off\"`".to_owned(),
            Some("limit") => return "bytes, `\"off\"`".to_owned(),
            Some("text") => return "text, `\"off\"`".to_owned(),
            _ => {}
        }
        let target = self.target(value);
        for kinds in ["oneOf", "anyOf"] {
            if let Some(all) = target[kinds].as_array() {
                return all.iter().map(|one| self.values(one)).collect::<Vec<_>>().join(", ");
            }
        }
        if let Some(all) = target["enum"].as_array() {
            return all.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ");
        }
        match (&target["const"], target["type"].as_str()) {
            (Value::String(one), _) => format!("`\"{one}\"`"),
            (_, Some("boolean")) => "`true`, `false`".to_owned(),
            (_, Some("integer")) => "number".to_owned(),
            (_, Some("string")) => "text".to_owned(),
            (_, Some("array")) => format!("list of {}", self.values(&target["items"])),
            (_, Some("object")) => match &target["additionalProperties"] {
                inner @ Value::Object(_) => format!("table of {}", self.values(inner)),
                _ => "table".to_owned(),
            },
            _ => String::new(),
        }
    }

    fn faults(&self, table: &'s Value) -> String {
        let text = "\
            A fault is a way in which a request head deviates from RFC 9112. The value of its key is one of:\n\n\
            - `\"accept\"`: go on. The last column says what that means.\n\
            - `\"drop\"`: ignore the field line. Only for `field` and the faults in it, and for `bare_cr.field_end`.\n\
            - `\"stop\"`: ignore the field line and all lines after it. For the same faults.\n\
            - `\"ignore\"`: send no response and go on with the next request. If the end of the head is not known, this \
            is `\"close\"`.\n\
            - `\"close\"`: close the connection without a response.\n\
            - the name of a response. The connection is closed after it, unless the response has `close = false`.\n\n\
            The faults are a tree. A fault that is not written is treated as its nearest parent that is: `field.fold.empty` \
            as `field.fold`, as `field`, as `other`. Without any of them, it has its default. A parent has a value of its own \
            as `other`, so these two are the same:\n\n\
            ```toml\nfield.fold = { other = \"accept\", empty = 400 }\n```\n\n\
            ```toml\nfield.fold.other = \"accept\"\nfield.fold.empty = 400\n```\n\n";
        let mut all = Vec::new();
        self.fault_rows("", table, &mut all);
        text.to_owned()
            + &rows(
                "fault | default | what is wrong | what `\"accept\"` means",
                all.into_iter(),
            )
    }

    fn fault_rows(&self, prefix: &str, table: &'s Value, out: &mut Vec<String>) {
        for (name, value) in self.members(table) {
            let key = format!("{prefix}{name}");
            if let Some(default) = value["x-default"].as_str() {
                let accepted = value["x-accepted"].as_str().unwrap_or_default();
                out.push(format!(
                    "`{key}` | {default} | {} | {}",
                    described(value),
                    cell(accepted)
                ));
            }
            let forms = value["anyOf"].as_array().into_iter().flatten();
            for inner in forms.filter(|form| form["type"] == "object") {
                self.fault_rows(&format!("{key}."), inner, out);
            }
        }
    }

    fn timer(&self) -> String {
        let timer = &self.schema["definitions"]["Timer"];
        let text = "\n## Timers\n\nA timer is a time, or a table with these keys:\n\n".to_owned();
        text + &rows(KEYS, std::iter::empty()) + &self.keys(&self.members(timer), "", &mut Vec::new())
    }
}

/// A table in Markdown with these rows.
fn rows(head: &str, rows: impl Iterator<Item = String>) -> String {
    let mut out = format!("| {head} |\n|{}\n", "---|".repeat(head.matches('|').count() + 1));
    for row in rows {
        writeln!(out, "| {row} |").expect(INFALLIBLE);
    }
    out
}

fn described(value: &Value) -> String {
    cell(value["description"].as_str().unwrap_or_default()).replace(" Example: ", "<br>Example: ")
}

/// `text` as a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
