//! The examples of the reference: an input, and what comes of it with each value of a key.
//!
//! They stand in the comments of the keys: ``Example: `bytes=5-2`: `bad` 200; `unsatisfiable` 416.`` This test asks the model
//! for each of them.

use super::generate;
use crate::model::{End, MemorySite, Script, Setting, Step};
use crate::profile::Profile;
use crate::profile::layers::{Layer, Stack};
use crate::render::RenderContext;
use serde_json::Value;

/// The tables with examples, and the names of their definitions.
const TABLES: [(&str, &str); 8] = [
    ("range", "RangePolicy"),
    ("conditions", "ConditionPolicy"),
    ("target", "Target"),
    ("parser", "Parser"),
    ("fields", "Fields"),
    ("host", "Host"),
    ("request_body", "RequestBody"),
    ("connection", "Connection"),
];

/// The profile in which the keys of a table's examples are set. Faults are refused where they are what a key is about.
fn profile(table: &str) -> String {
    let faults = match table {
        "host" | "request_body" | "connection" => "",
        _ => "faults.other = \"accept\"\n",
    };
    format!("files.etag = '\"a\"'\nmethods.POST = \"serve\"\n{faults}")
}

/// The files of the examples. The content of `a.txt` tells ranges apart; any other file says its name.
const FILES: [&str; 4] = ["sub/index.html", "sub/a.txt", "100%.txt", "a\\b.txt"];

/// Saturday, 22 July 2023 04:26:40 UTC.
const MODIFIED: i64 = 1_690_000_000;

/// One example: an input, and for each value what it leads to.
struct Example {
    table: String,
    key: String,
    input: String,
    results: Vec<(String, String)>,
}

/// The examples in the description of a key.
fn examples(table: &str, key: &str, description: &str) -> Vec<Example> {
    let each = description.split("Example: ").skip(1);
    let read = |text: &str| {
        let (input, rest) = text.strip_prefix('`')?.split_once("`: ")?;
        let results = rest.trim_end().trim_end_matches('.').split("; ");
        let result = |one: &str| {
            let (value, result) = one.strip_prefix('`')?.split_once("` ")?;
            Some((value.to_owned(), result.to_owned()))
        };
        Some(Example {
            table: table.to_owned(),
            key: key.to_owned(),
            input: input.to_owned(),
            results: results.map(result).collect::<Option<_>>()?,
        })
    };
    each.map(|text| read(text).unwrap_or_else(|| panic!("{table}.{key}: {text}")))
        .collect()
}

/// The request of an example. In `[range]`, the input is the value of a Range field, in `[target]` a target, elsewhere parts of
/// a request: a request line, fields, and what follows the head. What is left out is `GET /a.txt HTTP/1.1` and `Host: a`.
fn request(table: &str, key: &str, input: &str) -> String {
    let file = if key == "empty_file" { "/empty.txt" } else { "/a.txt" };
    let input = input
        .replace("\\r", "\r")
        .replace("\\n", "\n")
        .replace("\\t", "\t")
        .replace("\\x0b", "\u{b}");
    let (mut line, mut fields, mut body) = (format!("GET {file} HTTP/1.1"), String::new(), String::new());
    match table {
        "range" => fields = format!("Range: {input}\r\n"),
        "target" => line = format!("GET {input} HTTP/1.1"),
        _ => {
            for part in input.split(" + ") {
                match part.strip_prefix("body ") {
                    Some(text) => body = text.to_owned(),
                    None if part.contains(" /") || part.contains(" HTTP/") => line = part.to_owned(),
                    None if !part.contains(':') => line = format!("{part} {file} HTTP/1.1"),
                    None => fields += &format!("{part}\r\n"),
                }
            }
        }
    }
    let host = if fields.contains("Host:") { "" } else { "Host: a\r\n" };
    format!("{line}\r\n{host}{fields}\r\n{body}")
}

/// What a request leads to: the statuses, and what tells the values of a key apart.
fn result(profile: &Profile, table: &str, key: &str, request: &str) -> String {
    let mut site = MemorySite::new(profile)
        .dated(MODIFIED, 0)
        .with_file("a.txt", b"0123456789")
        .with_file("empty.txt", b"");
    for name in FILES {
        site = site.with_file(name, name.as_bytes());
    }
    let steps = [Step::Send(request.as_bytes().to_vec()), Step::Read { quiet: None }];
    let setting = Setting {
        render: RenderContext::at(MODIFIED + 7 * 24 * 3600),
        ..Setting::default()
    };
    let outcome = Script::new(&steps).run(profile, &site, &setting);
    let heard: Vec<u8> = outcome.heard.iter().flat_map(|heard| heard.text()).collect();
    let text = String::from_utf8_lossy(&heard).into_owned();
    let heads = text.match_indices("HTTP/1.").map(|(at, _)| &text[at..]);
    let statuses: Vec<&str> = heads.filter_map(|head| head.split(' ').nth(1)).collect();
    let ranges: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("Content-Range: bytes ")?.split('/').next())
        .collect();
    let (_, body) = text.split_once("\r\n\r\n").unwrap_or_default();
    let status = statuses.join(" and ");
    if table == "connection" {
        let lines = text.lines().filter(|line| line.starts_with("Connection: "));
        let said: String = lines
            .filter(|_| key.starts_with("announce"))
            .map(|line| format!(" with `{line}`"))
            .collect();
        let end = if outcome.end == End::Open { "open" } else { "closed" };
        return format!("{status}{said}, {end}");
    }
    match status.as_str() {
        "" if text.is_empty() => "nothing".to_owned(),
        "" => format!("`{}` alone", text.lines().next().unwrap_or_default()),
        "206" if text.contains("multipart/byteranges") => format!("206 of {}, in parts", ranges.join(" and ")),
        "206" => format!("206 of {}", ranges.join(" and ")),
        "200" if table == "target" && body != "0123456789" => format!("200 with `{body}`"),
        _ => status,
    }
}

/// Every key with an example, with what comes of it.
#[test]
fn every_example_is_what_happens() {
    let schema = generate::profile();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (table, definition) in TABLES {
        for (key, value) in schema["definitions"][definition]["properties"]
            .as_object()
            .into_iter()
            .flatten()
        {
            let description = value["description"].as_str().unwrap_or_default();
            for example in examples(table, key, description) {
                for (value, want) in &example.results {
                    let is_bare = value.parse::<u16>().is_ok() || ["true", "false"].contains(&value.as_str());
                    let written = if is_bare { value.clone() } else { format!("{value:?}") };
                    let text = format!("{}{}.{} = {written}\n", profile(table), example.table, example.key);
                    let layer = Layer::parse("an example", &text).expect(&text);
                    let profile = Stack::of("an example", layer).build().expect(&text);
                    let got = result(&profile, table, key, &request(table, key, &example.input));
                    if got != *want {
                        wrong.push(format!("{table}.{key} | {} | {value} | {want} | {got}", example.input));
                    }
                    seen += 1;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen >= 300, "{seen}");
}

/// The keys that choose among values have an example of every value. Elsewhere, some keys differ in time only.
#[test]
fn every_value_has_an_example() {
    let schema = generate::profile();
    let values = |value: &Value| -> Vec<String> {
        let reference = value["$ref"].as_str().or_else(|| value["allOf"][0]["$ref"].as_str());
        let name = reference
            .and_then(|reference| reference.strip_prefix("#/definitions/"))
            .unwrap_or_default();
        let all = schema["definitions"][name]["oneOf"].as_array().into_iter().flatten();
        all.filter_map(|one| one["const"].as_str().map(str::to_owned)).collect()
    };
    for (table, definition) in TABLES {
        let keys = schema["definitions"][definition]["properties"].as_object();
        for (key, value) in keys.into_iter().flatten() {
            let all = examples(table, key, value["description"].as_str().unwrap_or_default());
            let is_whole = ["range", "conditions"].contains(&table);
            for wanted in values(value).into_iter().filter(|_| is_whole || !all.is_empty()) {
                let is_shown = all
                    .iter()
                    .any(|example| example.results.iter().any(|(value, _)| *value == wanted));
                assert!(is_shown, "{table}.{key} has no example of {wanted}");
            }
        }
    }
}
