//! Generates the schema of a profile.

use crate::close_reason::{CloseReason, Who};
use crate::http1::Fault;
use crate::locale::Lang;
use crate::profile::raw::{OTHER, Raw};
use crate::profile::resolve;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The schema of a profile, as JSON.
pub(crate) fn profile() -> Value {
    let root = SchemaSettings::draft07().into_generator().into_root_schema_for::<Raw>();
    let mut schema = tidied(Value::from(root));
    schema["title"] = json!("A labserve profile");
    schema["description"] = json!("How a server behaves. `labserve check FILE` checks a profile.");
    let words = words();
    schema["properties"]["faults"] = faults();
    schema["properties"]["methods"] = methods();
    schema["properties"]["response"]["propertyNames"] = json!({
        "description": "A status code or a name, and a method if the response is for that method only.",
        "pattern": r"^\S+( \S+)?$",
    });
    schema["definitions"]["Close"] = close(&schema["definitions"]["Close"]);
    for table in tables_of_words(&schema) {
        let keys = schema["definitions"][&table.definition].get_mut("properties");
        let keys = keys.and_then(Value::as_object_mut);
        for (key, value) in keys.into_iter().flatten().filter(|(_, value)| is_word(value)) {
            add_keywords(value, &words(&[table.key.as_str(), key.as_str()]));
        }
    }
    schema
}

/// The schema without features that TOML lacks, details of Rust, and line ends in descriptions.
pub(crate) fn tidied(value: Value) -> Value {
    match value {
        Value::Object(members) => object(members),
        Value::Array(items) => items.into_iter().map(tidied).collect(),
        Value::String(text) => match text.strip_prefix("#/definitions/Raw") {
            Some(name) => format!("#/definitions/{name}").into(),
            None => text.into(),
        },
        other => other,
    }
}

fn object(members: Map<String, Value>) -> Value {
    let mut out = Map::new();
    for (key, value) in members {
        let value = match (key.as_str(), value) {
            ("properties" | "definitions", Value::Object(named)) => named
                .into_iter()
                // The tables of a profile are types with names that begin with `Raw`.
                .map(|(name, value)| (name.strip_prefix("Raw").unwrap_or(&name).to_owned(), tidied(value)))
                .collect(),
            ("format", Value::String(format)) => {
                if format == "uint32" {
                    out.insert("maximum".to_owned(), u32::MAX.into());
                }
                continue;
            }
            ("default", Value::Null) => continue,
            ("description", Value::String(text)) => text.replace('\n', " ").into(),
            ("type", Value::Array(types)) => types.into_iter().find(|kind| kind != "null").unwrap_or_default(),
            ("anyOf", Value::Array(kinds)) if kinds.contains(&json!({ "type": "null" })) => {
                let kinds = kinds.into_iter().find(|kind| kind["type"] != "null");
                out.insert("allOf".to_owned(), json!([tidied(kinds.unwrap_or_default())]));
                continue;
            }
            ("default", value) => match as_written(value) {
                // Each key of a table has a separate default.
                Value::Object(_) => continue,
                value => value,
            },
            (_, value) => tidied(value),
        };
        // The tables of a profile are types with names that begin with `Raw`.
        let key = key.strip_prefix("Raw").filter(|name| !name.is_empty()).unwrap_or(&key);
        out.insert(key.to_owned(), value);
    }
    Value::Object(out)
}

/// A default as it would be written in a profile: a number without quotes, a timer as a time.
fn as_written(value: Value) -> Value {
    match value {
        Value::String(text) => text.parse::<u64>().map_or(Value::String(text), Value::from),
        Value::Object(timer) if timer.get("after").is_some_and(|after| after == "off") => json!("off"),
        other => other,
    }
}

/// A table of a profile whose keys are described by a definition.
struct Table {
    key: String,
    definition: String,
}

fn tables_of_words(schema: &Value) -> Vec<Table> {
    let top = schema["properties"].as_object();
    let table = |(key, value): (&String, &Value)| {
        let reference = value["$ref"].as_str().or_else(|| value["allOf"][0]["$ref"].as_str())?;
        Some(Table {
            key: key.clone(),
            definition: reference.strip_prefix("#/definitions/")?.to_owned(),
        })
    };
    top.into_iter().flatten().filter_map(table).collect()
}

const RESPONSE: &str = "#/definitions/response";

fn is_word(value: &Value) -> bool {
    value["$ref"] == RESPONSE || value["allOf"][0]["$ref"] == RESPONSE
}

/// A key whose value is a response or one of these keywords.
fn add_keywords(value: &mut Value, keywords: &[String]) {
    let Some(members) = value.as_object_mut().filter(|_| !keywords.is_empty()) else {
        return;
    };
    members.remove("$ref");
    members.remove("allOf");
    members.insert("anyOf".to_owned(), json!([{ "enum": keywords }, { "$ref": RESPONSE }]));
}

/// The keywords that the key with this path accepts besides responses. Only the code that resolves the key knows them,
/// so this function resolves a word that is neither.
fn words() -> impl Fn(&[&str]) -> Vec<String> {
    |key| {
        let path = key.join(".");
        let raw: Raw = toml::from_str(&format!("{RESPONSES}\n{path} = \"no such word\"")).expect("a profile");
        match resolve::resolve("probe", &raw) {
            Err(mistake) if mistake.key == key => mistake.keywords,
            _ => Vec::new(),
        }
    }
}

/// Empty tables for common responses. A profile without them has the default ones.
const RESPONSES: &str = "response = { 200 = {}, 206 = {}, 301 = {}, 304 = {}, 400 = {}, 403 = {}, 404 = {}, 405 = {}, \
                         412 = {}, 414 = {}, 416 = {} }";

/// The faults, as a tree.
fn faults() -> Value {
    // All faults have the same keywords. A mistake is reported under the key of a fault, not under that of its group.
    let single = Fault::ALL.iter().find(|fault| !fault.key().contains('.'));
    let keywords = words()(&["faults", single.expect("a fault of no group").key()]);
    let mut root = fault_table("", &keywords);
    root["description"] = "What to do about each fault in a request head.".into();
    root
}

/// The table of the faults whose names begin with `group`, which is empty for all.
fn fault_table(group: &str, keywords: &[String]) -> Value {
    let prefix = if group.is_empty() {
        String::new()
    } else {
        format!("{group}.")
    };
    let names = Fault::ALL.iter().filter_map(|fault| {
        let rest = fault.key().strip_prefix(&prefix)?;
        rest.split('.').next()
    });
    let mut keys = Map::new();
    for name in names.collect::<BTreeSet<_>>() {
        keys.insert(name.to_owned(), fault(&format!("{prefix}{name}"), keywords));
    }
    let other = match group {
        "" => "What to do about all faults that are not listed.".to_owned(),
        _ => format!("What to do about `{group}`, except for the special cases that are listed."),
    };
    keys.insert(OTHER.to_owned(), word(group, keywords, &other));
    json!({ "type": "object", "properties": keys, "additionalProperties": false })
}

/// A fault, or a group of faults: a word, and a table if it has special cases.
fn fault(key: &str, keywords: &[String]) -> Value {
    let own = Fault::ALL.iter().position(|fault| fault.key() == key);
    let description = match own {
        Some(at) => Fault::ALL[at].text(Lang::En).to_owned(),
        None => format!("all faults of `{key}` that are not listed"),
    };
    let mut value = word(key, keywords, &description);
    if Fault::ALL
        .iter()
        .any(|fault| fault.key().starts_with(&format!("{key}.")))
    {
        let table = fault_table(key, keywords);
        value = json!({ "description": description, "x-short": OTHER, "anyOf": [word(key, keywords, ""), table] });
    }
    if let Some(at) = own {
        value["x-default"] = default_of(Fault::ALL[at]).into();
        value["x-accepted"] = Fault::COMMENTS[at].trim().into();
    }
    value
}

fn word(key: &str, keywords: &[String], description: &str) -> Value {
    let of_line = Fault::is_of_field_line(key);
    let fits = |word: &&String| of_line || !["drop", "stop"].contains(&word.as_str());
    let mut value = json!({ "$ref": RESPONSE });
    if !description.is_empty() {
        value["description"] = description.into();
    }
    add_keywords(&mut value, &keywords.iter().filter(fits).cloned().collect::<Vec<_>>());
    value
}

/// What a profile does about a fault if it lists neither it nor its parents.
fn default_of(fault: Fault) -> String {
    use crate::http1::Treatment;
    let raw: Raw = toml::from_str(RESPONSES).expect("a profile");
    let profile = resolve::resolve("defaults", &raw).expect("a profile of defaults");
    match profile.head.faults.of(fault) {
        Treatment::Accept => "`\"accept\"`".to_owned(),
        Treatment::Respond(id) => format!("`{}`", profile.responses.get(id).name),
        Treatment::Drop | Treatment::Ignore | Treatment::Stop | Treatment::Close => {
            panic!("a default that discards a request: {fault}")
        }
    }
}

fn methods() -> Value {
    json!({
        "description": "What each method gets. The keys are methods, as they are sent; several with the same rule may be \
                        one key, with spaces between them: `\"COPY MOVE\" = 405`.",
        "type": "object",
        "properties": {
            "allow": {
                "description": "The value of `{allow}`.",
                "type": "string",
                "default": "GET, HEAD",
            },
            "other": {
                "description": "What a method gets that is not listed, if the fault `method.unknown` is accepted. Without it: \
                                405 for the methods of RFC 9110 and PATCH, 501 for any other.",
                "allOf": [{ "$ref": "#/definitions/rule" }],
            },
        },
        "additionalProperties": { "$ref": "#/definitions/rule" },
        "propertyNames": { "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+( [!#$%&'*+.^_`|~0-9A-Za-z-]+)*$" },
    })
}

/// `[close]`, with a separate key for every reason.
fn close(table: &Value) -> Value {
    let mut table = table.clone();
    for reason in CloseReason::ALL {
        table["properties"][reason.key()] = json!({
            "description": reason.text(Lang::En),
            "allOf": [table["additionalProperties"]],
            "x-who": match reason.who() {
                Who::Server => "server",
                Who::Client => "client",
            },
        });
    }
    table["additionalProperties"] = json!(false);
    table
}
