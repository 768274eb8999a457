//! Generates the schema of a profile.

use crate::close_reason::{CloseReason, Who};
use crate::http1::Fault;
use crate::locale::Lang;
use crate::profile::raw::Raw;
use crate::profile::resolve;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

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

/// A schema without what TOML does not have, what only Rust means, and line ends in descriptions.
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
                // The keys of a table have defaults of their own.
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
        Value::Object(timer) if timer.get("after").is_some_and(|after| after == "never") => json!("never"),
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
/// so it is given a word that is neither.
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

fn faults() -> Value {
    let word = |keywords: &[String], description: String, comment: &str| {
        let mut value = json!({ "description": description, "$ref": RESPONSE });
        if !comment.is_empty() {
            value["x-accepted"] = comment.into();
        }
        add_keywords(&mut value, keywords);
        value
    };
    let all = words()(&["faults", "other"]);
    let mut keys = Map::new();
    for (fault, comment) in Fault::ALL.iter().zip(Fault::COMMENTS) {
        let of_lines = fault.key().starts_with("field_");
        let keywords: Vec<String> = all
            .iter()
            .filter(|w| of_lines || !["drop", "stop"].contains(&w.as_str()))
            .cloned()
            .collect();
        let mut value = word(&keywords, fault.text(Lang::En).to_owned(), comment.trim());
        value["x-default"] = default_of(*fault).into();
        keys.insert(fault.key().to_owned(), value);
    }
    let other = "What to do about all faults that are not listed.".to_owned();
    keys.insert("other".to_owned(), word(&all, other, ""));
    json!({
        "description": "What to do about each fault in a request head.",
        "type": "object",
        "properties": keys,
        "additionalProperties": false,
    })
}

/// What a profile does about a fault that it does not list.
fn default_of(fault: Fault) -> String {
    use crate::http1::Treatment;
    if let Some(general) = resolve::general_case(fault) {
        return format!("as `{general}`");
    }
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
        "description": "What each method gets. The keys are methods, as they are sent.",
        "type": "object",
        "properties": {
            "allow": {
                "description": "The value of `{allow}`.",
                "type": "string",
                "default": "GET, HEAD",
            },
            "other": {
                "description": "What a method gets that is not listed, if the fault `method_unknown` is accepted.",
                "allOf": [{ "$ref": "#/definitions/rule" }],
                "default": 405,
            },
        },
        "additionalProperties": { "$ref": "#/definitions/rule" },
        "propertyNames": { "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" },
    })
}

/// `[close]`, with every reason as a key of its own.
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
