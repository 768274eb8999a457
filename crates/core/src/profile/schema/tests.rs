#![allow(
    clippy::disallowed_methods,
    reason = "a test that writes the schema and the documentation"
)]

use super::{generate, reference};
use serde_json::Value;

/// Compares a generated file with the one in the repository, or writes it if `LABSERVE_BLESS` is set.
fn compare(file: &str, want: &str) {
    let path = format!("{}/../../profiles/{file}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("LABSERVE_BLESS").is_some() {
        return std::fs::write(&path, want).expect("the file should be writable");
    }
    let is = std::fs::read_to_string(&path).unwrap_or_default();
    let differing = is.lines().zip(want.lines()).find(|(is, should)| is != should);
    let advice = "update it with: LABSERVE_BLESS=1 cargo test -p labserve-core schema";
    assert!(is == want, "profiles/{file} is out of date; {advice}\n{differing:#?}");
}

#[test]
fn the_schema_is_that_of_the_types() {
    compare("schema.json", &format!("{:#}\n", generate::profile()));
}

#[test]
fn the_reference_is_that_of_the_schema() {
    compare("reference.md", &reference::reference(&generate::profile()));
}

/// No word of the schema is one that only Rust has.
#[test]
fn the_schema_says_nothing_of_rust() {
    fn look(value: &Value) {
        match value {
            Value::Object(members) => members.values().for_each(look),
            Value::Array(items) => items.iter().for_each(look),
            Value::String(text) => {
                for word in ["uint", "usize", "struct ", "enum ", "Option<", "Raw", "serde"] {
                    assert!(!text.contains(word), "{text:?}");
                }
            }
            _ => {}
        }
    }
    look(&generate::profile());
}

/// Keywords are found by probing. If probing stopped working, these keys would have none.
#[test]
fn keys_that_take_a_response_or_a_keyword_list_the_keywords() {
    let schema = generate::profile();
    for (table, key, keywords) in [
        ("Files", "dotfiles", &["serve"][..]),
        ("Target", "absolute", &["path", "literally"]),
        ("Target", "fragment", &["ends", "literally"]),
        ("ClientFin", "in_line", &["close", "complete"]),
    ] {
        let value = &schema["definitions"][table]["properties"][key];
        assert_eq!(value["anyOf"][0]["enum"], serde_json::json!(keywords), "{key}");
    }
    let faults = &schema["properties"]["faults"]["properties"];
    let field = &faults["field"]["anyOf"][1]["properties"];
    let any = &["accept", "close", "ignore"][..];
    for (key, value, keywords) in [
        ("empty_line", &faults["empty_line"], any),
        ("other", &faults["other"], any),
        (
            "field.no_colon",
            &field["no_colon"],
            &["accept", "drop", "stop", "close", "ignore"],
        ),
    ] {
        assert_eq!(value["anyOf"][0]["enum"], serde_json::json!(keywords), "{key}");
    }
}

/// Every key that the guide names for a setting of another server exists.
#[test]
fn the_keys_of_the_guide_exist() {
    let guide = include_str!("../../../../../profiles/README.md");
    let (_, table) = guide.split_once("## Coming from another server").expect("the table");
    let rows = table
        .lines()
        .take_while(|line| !line.starts_with("## "))
        .filter(|line| line.starts_with("| "));
    let mut seen = 0;
    for row in rows {
        let keys = row.trim_end_matches(" |").rsplit("| ").next().unwrap_or_default();
        for key in keys.split('`').skip(1).step_by(2) {
            let path: Vec<&str> = key.split('.').collect();
            assert!(super::Schema::profile().kind(&path).is_some(), "{key}");
            seen += 1;
        }
    }
    assert!(seen > 60, "{seen} keys");
}
