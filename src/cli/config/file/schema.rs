//! The schema of `server.toml`: `profiles/server.schema.json`, generated from the type that serde reads and from the
//! schema of profiles. `LABSERVE_BLESS=1 cargo test -p labserve --bin labserve schema` writes it.

use super::{ServerToml, TextOrNumber};
use labserve_core::profile::schema::TEXT;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use std::borrow::Cow;

macro_rules! of_profiles {
    ($name:ident, $definition:literal) => {
        /// A definition of the schema of profiles.
        pub(super) struct $name;

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                $definition.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "allOf": [{ "$ref": concat!("#/definitions/", $definition) }] })
            }
        }
    };
}

macro_rules! text {
    ($type:ty, $schema:tt) => {
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

text!(TextOrNumber, { "type": ["string", "integer"], "examples": ["127.0.0.1:3900", 3900, "off"] });

of_profiles!(Profile, "profile");
of_profiles!(Rule, "RuleTable");
of_profiles!(Bytes, "bytes");

/// The schema of `server.toml`, with the definitions of the schema of profiles.
fn server_toml() -> Value {
    let profile: Value = serde_json::from_str(TEXT).expect("the schema of profiles is JSON");
    let root = SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<ServerToml>();
    let mut schema = without_null(Value::from(root));
    for (name, definition) in profile["definitions"].as_object().into_iter().flatten() {
        schema["definitions"][name] = definition.clone();
    }
    schema["definitions"]["profile"] = json!({
        "type": "object",
        "properties": profile["properties"],
        "additionalProperties": false,
    });
    schema["title"] = json!("server.toml of labserve");
    schema
}

/// A schema without null, which TOML does not have, without formats that only Rust knows, and without line ends in
/// descriptions.
fn without_null(value: Value) -> Value {
    let Value::Object(members) = value else {
        return value;
    };
    let of_member = |(key, value): (String, Value)| {
        let value = match (key.as_str(), value) {
            ("properties" | "definitions", Value::Object(named)) => named
                .into_iter()
                .map(|(name, value)| (name, without_null(value)))
                .collect(),
            ("format", _) | ("default", Value::Null | Value::Object(_)) => return None,
            ("description", Value::String(text)) => text.replace('\n', " ").into(),
            ("type", Value::Array(mut kinds)) => {
                kinds.retain(|kind| kind != "null");
                match kinds.len() {
                    1 => kinds.remove(0),
                    _ => Value::Array(kinds),
                }
            }
            (_, value) => value,
        };
        Some((key, value))
    };
    Value::Object(members.into_iter().filter_map(of_member).collect())
}

#[test]
fn the_schema_of_server_toml_is_that_of_its_type() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/profiles/server.schema.json");
    let want = format!("{:#}\n", server_toml());
    if std::env::var_os("LABSERVE_BLESS").is_some() {
        return std::fs::write(path, want).expect("the schema should be writable");
    }
    let is = std::fs::read_to_string(path).unwrap_or_default();
    let advice = "LABSERVE_BLESS=1 cargo test -p labserve --bin labserve schema";
    assert!(
        is == want,
        "profiles/server.schema.json is out of date; update it with: {advice}"
    );
}
